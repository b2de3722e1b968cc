/** A row of the benchmark as it travels: beside its plan, with a sample of what it must give. */

import type { Row } from "../bench/rows.ts";

export interface PackedRow {
  readonly row: Row;
  /** Every so many elements of the result. */
  readonly expected: readonly number[];
}

const samples = 4000;

/** Prime to the usual sizes of axes, so that samples lie everywhere. */
export const sampleEvery = (size: number): number => {
  const step = Math.max(1, Math.floor(size / samples));
  return step === 1 || step % 2 === 1 ? step : step + 1;
};
