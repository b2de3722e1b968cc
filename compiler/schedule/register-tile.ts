/** Sums of products in registers: rows by vectors, one splat for each row and one load for each vector a step. */

import type { Emitter } from "../kernel/emit.ts";
import type { Local, Value } from "../kernel/kernel.ts";
import { constantValue, laneOf, operation, splat, typeOf } from "../kernel/values.ts";

export interface TileSteps<Step> {
  readonly rows: number;
  readonly vectors: number;
  /** Loops over the sum. Not unrolled: engines spill the registers of a longer body. */
  readonly loops: (body: (step: Step) => void) => void;
  readonly row: (row: number, step: Step) => Value;
  readonly vector: (vector: number, step: Step) => Value;
}

const count = (length: number): number[] => Array.from({ length }, (_, i) => i);

const zeroSums = (emit: Emitter, rows: number, vectors: number): Local[][] => {
  const zeros = constantValue(0, typeOf("f32", 4));
  return count(rows).map((i) => count(vectors).map((j) => emit.variable(`c${i}${j}`, zeros)));
};

/** The sums by row and vector. They may be assigned to. */
export const emitTileSums = <Step>(emit: Emitter, tile: TileSteps<Step>): readonly (readonly Local[])[] => {
  const sums = zeroSums(emit, tile.rows, tile.vectors);
  tile.loops((step) => {
    const vectors = count(tile.vectors).map((j) => emit.name(`b${j}`, tile.vector(j, step)));
    for (const [i, row] of sums.entries()) {
      const element = emit.name(`a${i}`, splat(tile.row(i, step)));
      for (const [j, sum] of row.entries()) emit.assign(sum, operation("fma", element, vectors[j] as Value, sum));
    }
  });
  return sums;
};

export interface TileQuads<Step> {
  readonly rows: number;
  readonly vectors: number;
  /** Loops over the sum, four steps a turn. */
  readonly loops: (body: (steps: readonly [Step, Step, Step, Step]) => void) => void;
  /** Four steps of a row, from the given one on. */
  readonly row: (row: number, first: Step) => Value;
  readonly vector: (vector: number, step: Step) => Value;
}

/** The same for devices where each address costs: one load of a row serves four steps. */
export const emitTileQuads = <Step>(emit: Emitter, tile: TileQuads<Step>): readonly (readonly Local[])[] => {
  const sums = zeroSums(emit, tile.rows, tile.vectors);
  tile.loops((steps) => {
    const rows = sums.map((_, i) => emit.name(`a${i}`, tile.row(i, steps[0])));
    for (const lane of [0, 1, 2, 3] as const) {
      const vectors = count(tile.vectors).map((j) => emit.name(`b${lane}${j}`, tile.vector(j, steps[lane])));
      for (const [i, row] of sums.entries())
        for (const [j, sum] of row.entries())
          emit.assign(sum, operation("fma", splat(laneOf(rows[i] as Value, lane)), vectors[j] as Value, sum));
    }
  });
  return sums;
};
