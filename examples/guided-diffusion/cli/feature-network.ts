/** The network in whose features samples are compared, as flags name it. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { openDevice } from "typegrad/runtime";
import { openDigitsOn } from "../evaluation/digits-on-engine.ts";
import { type Extract, openInception } from "../evaluation/extract.ts";
import { openCheckpoint } from "../files/checkpoint.ts";
import { openFile } from "../files/file.ts";
import type { Engine } from "../sampling/engine.ts";
import type { DeviceFlags } from "./engine-of-flags.ts";
import { UsageError } from "./faults.ts";
import { inColor } from "./samples.ts";
import { shippedFeatures } from "./shipped-weights.ts";

export interface FeatureFlags extends DeviceFlags {
  /** The data set that samples are compared with. */
  readonly data_dir: string;
  readonly features?: string;
  readonly inception_path?: string;
}

/** SHA-256 of files, one after the other, as far as it takes to tell them apart. */
export const digestOf = (...files: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
};

/** A network of features that is opened when it is first asked for. */
export interface FeatureNetwork {
  /** What rows call it: a name, and the digest of its file. */
  readonly name: string;
  /** Whether its classes are those of the samples' labels. */
  readonly knowsClasses: boolean;
  readonly open: () => Promise<Extract>;
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

export const featureNetwork = (
  { inception_path, features, data_dir, device, threads }: FeatureFlags,
  engine: Engine,
  image: readonly [number, number, number],
): FeatureNetwork => {
  if (inception_path === undefined) {
    const file = features ?? shippedFeatures(data_dir);
    const open = async (): Promise<Extract> => {
      const source = await openFile(file);
      try {
        return await openDigitsOn(engine, await openCheckpoint(source));
      } finally {
        await source.close();
      }
    };
    return { name: `digits ${digestOf(file)}`, knowsClasses: true, open: once(open) };
  }
  if (device === "direct") throw new UsageError("--inception_path: Inception runs compiled alone; take --device wasm");
  const open = async (): Promise<Extract> => {
    const opened = await openDevice({
      ...(device === "software" ? { kind: "webgpu", software: true } : device !== undefined && { kind: device }),
      ...(threads !== undefined && { threads }),
    });
    const [, height, width] = image;
    const source = await openFile(inception_path);
    try {
      const extract = await openInception([height, width], { device: opened, weights: await openCheckpoint(source) });
      return (images) => extract(inColor(images));
    } finally {
      await source.close();
    }
  };
  return { name: `inception ${digestOf(inception_path)}`, knowsClasses: false, open: once(open) };
};
