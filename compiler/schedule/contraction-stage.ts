/**
 * Staged operands: copies in scratch of what a grid point reads in one block of the sum, where each step of the sum would
 * otherwise take another cache line, as in gradients of weights. Each element is copied once and read many times.
 */

import type { Emitter } from "../kernel/emit.ts";
import { addIndices, coefficientOf, type Index, offsetIndex, scaleIndex } from "../kernel/index-expression.ts";
import { type Buffer, scratchBuffer, type Value } from "../kernel/kernel.ts";
import { constantValue, load, typeOf, vectorOf } from "../kernel/values.ts";
import type { Blocks } from "./contraction-blocks.ts";
import { type AxisPlaces, type ContractionForm, placeAt } from "./contraction-form.ts";
import type { VectorOperand } from "./contraction-pack.ts";
import { type PanelAt, panelLoop, type RowsAt, rowsLoop } from "./contraction-walk.ts";
import { blockSteps, emitSumLoops, type SumLevels } from "./sum-levels.ts";

export interface Stage {
  /** [tile of rows][step][row], of four rows. */
  readonly a: Buffer;
  /** [panel][step][column] */
  readonly b: Buffer;
  readonly row: (at: RowsAt, step: Index, row: number) => Value;
  readonly vector: (at: PanelAt, step: Index, vector: number) => Value;
  /** Copies one block of the sum. */
  readonly fill: (emit: Emitter, part: Index, block: Index, rowBlock: Index, panelBlock: Index) => void;
}

const stagedRows = 4;

/** Four rows of one step, with zeros past the last. */
const rowsVector = (form: ContractionForm, { rows }: RowsAt, steps: AxisPlaces): Value => {
  const { a } = form;
  const last = form.rows.at(-1);
  const places = rows.map((row) => placeAt(a, row, steps));
  const beside = last !== undefined && coefficientOf(a.index, last) === 1 && last.size % stagedRows === 0;
  if (beside && rows.length === stagedRows) return load(a.buffer, places[0] as Index, 4);
  const element = (i: number): Value =>
    i < rows.length ? load(a.buffer, places[i] as Index) : constantValue(0, typeOf("f32"));
  return vectorOf([element(0), element(1), element(2), element(3)]);
};

export const stageOf = (form: ContractionForm, blocks: Blocks, b: VectorOperand): Stage => {
  const { tile, rowTilesEach, panelsEach } = blocks;
  const [sums] = blocks.sums as readonly [SumLevels];
  const steps = blockSteps(sums);
  const width = 4 * tile.vectors;
  const stagedA = scratchBuffer("a", rowTilesEach * steps * stagedRows);
  const stagedB = scratchBuffer("b", panelsEach * steps * width);
  const placeA = (at: RowsAt, step: Index): Index =>
    addIndices(scaleIndex(at.inBlock, steps * stagedRows), scaleIndex(step, stagedRows));
  const placeB = (at: PanelAt, step: Index): Index =>
    addIndices(scaleIndex(at.inBlock, steps * width), scaleIndex(step, width));
  return {
    a: stagedA,
    b: stagedB,
    row: (at, step, row) => load(stagedA, offsetIndex(placeA(at, step), row)),
    vector: (at, step, vector) => load(stagedB, offsetIndex(placeB(at, step), 4 * vector), 4),
    fill: (emit, part, block, rowBlock, panelBlock) => {
      panelLoop(emit, form, blocks, panelBlock, (at) =>
        emitSumLoops(emit, sums, part, block, (places, step) => {
          for (const [j, vector] of at.vectors.entries()) {
            const value = load(b.buffer, b.place(new Map([...vector.places, ...places])), 4);
            emit.store(stagedB, offsetIndex(placeB(at, step), 4 * j), value);
          }
        }),
      );
      rowsLoop(emit, form, blocks, rowBlock, (at) =>
        emitSumLoops(emit, sums, part, block, (places, step) =>
          emit.store(stagedA, placeA(at, step), rowsVector(form, at, places)),
        ),
      );
    },
  };
};
