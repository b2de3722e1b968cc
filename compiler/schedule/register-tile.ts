/** Sums of products in registers: rows by vectors, one splat for each row and one load for each vector a step. */

import type { Emitter } from "../kernel/emit.ts";
import type { Local, Value } from "../kernel/kernel.ts";
import { constantValue, operation, splat, typeOf } from "../kernel/values.ts";

export interface TileSteps<Step> {
  readonly rows: number;
  readonly vectors: number;
  /** Loops over the sum. Not unrolled: engines spill the registers of a longer body. */
  readonly loops: (body: (step: Step) => void) => void;
  readonly row: (row: number, step: Step) => Value;
  readonly vector: (vector: number, step: Step) => Value;
}

/** The sums by row and vector. They may be assigned to. */
export const emitTileSums = <Step>(emit: Emitter, tile: TileSteps<Step>): readonly (readonly Local[])[] => {
  const zeros = constantValue(0, typeOf("f32", 4));
  const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const sums = count(tile.rows).map((i) => count(tile.vectors).map((j) => emit.variable(`c${i}${j}`, zeros)));
  tile.loops((step) => {
    const vectors = count(tile.vectors).map((j) => emit.name(`b${j}`, tile.vector(j, step)));
    for (const [i, row] of sums.entries()) {
      const element = emit.name(`a${i}`, splat(tile.row(i, step)));
      for (const [j, sum] of row.entries()) emit.assign(sum, operation("fma", element, vectors[j] as Value, sum));
    }
  });
  return sums;
};
