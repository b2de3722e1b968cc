/** What samples are a function of beside noise, labels, weights and what a row says in words: in short. */

import { createHash } from "node:crypto";
import type { Schedule } from "../diffusion/schedule.ts";
import type { ClassifierConfig } from "../networks/config.ts";
import type { Network } from "./sampling-flags.ts";

interface Process {
  readonly schedule: Schedule;
  /** [channels, height, width] */
  readonly image: readonly [number, number, number];
  readonly config: Network["config"];
  readonly objective: Network["objective"];
  readonly guide: ClassifierConfig;
}

/** Digits that all machines agree on, whatever their cosine. */
const rounded = (column: Float64Array): number[] => Array.from(column, (value) => Number(value.toPrecision(9)));

/** The beginning of SHA-256 over what networks are told of each step, ᾱ there, and what the networks are and mean. */
export const processDigest = ({ schedule: { t, alphaBar }, image, config, objective, guide }: Process): string =>
  createHash("sha256")
    .update(JSON.stringify([rounded(t), rounded(alphaBar), image, config, objective, guide]))
    .digest("hex")
    .slice(0, 12);
