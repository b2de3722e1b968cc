/** The losses that choose which steps to train on, as tensors of a saved run, and back. */

import type { Host } from "typegrad";
import { emptyHistory, type LossHistory } from "../diffusion/schedule-sampler.ts";

/** Losses of each step, the oldest first and zeros after the last, and how many they are. */
const names = { losses: "history/losses", counts: "history/counts" } as const;

export const historyTensors = ({ losses, length }: LossHistory): Readonly<Record<string, Host>> => {
  const data = new Float32Array(losses.length * length);
  for (const [step, kept] of losses.entries()) data.set(kept, step * length);
  return {
    [names.losses]: { dtype: "f32", shape: [losses.length, length], data },
    [names.counts]: { dtype: "i32", shape: [losses.length], data: Int32Array.from(losses, (kept) => kept.length) },
  };
};

/** The history of a saved run, and what else there is of it; no losses where nothing was saved. */
export const takeHistory = <T>(
  tensors: Readonly<Record<string, T | Host>>,
  steps: number,
): { readonly history: LossHistory; readonly rest: Readonly<Record<string, T | Host>> } => {
  const { [names.losses]: losses, [names.counts]: counts, ...rest } = tensors;
  const empty = emptyHistory(steps);
  if (losses === undefined || counts === undefined) return { history: empty, rest };
  const { shape, data } = losses as Host<[number, number], "f32">;
  const kept = Array.from((counts as Host<[number], "i32">).data, (count, step) =>
    Array.from(data.subarray(step * shape[1], step * shape[1] + count)),
  );
  return { history: { ...empty, length: shape[1], losses: kept }, rest };
};
