/**
 * Staging: the part of an operand that a workgroup works on comes into workgroup memory as [step][row], whichever way it
 * lies. A thread moves blocks of 4 steps × 4 rows: four vectors into registers, which are transposed where they lie along
 * the sum, and from there to workgroup memory.
 */

import { type Emitter, within } from "../kernel/emit.ts";
import {
  addIndices,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  isMultiple,
  offsetIndex,
  quotient,
  remainder,
  sameIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Local, Value } from "../kernel/kernel.ts";
import { constantValue, indexValue, laneOf, load, operation, typeOf, vectorOf } from "../kernel/values.ts";
import type { ContractionOperand } from "./contraction.ts";
import { placeAt, sizeOf } from "./contraction-form.ts";
import { placesAtNumber } from "./gpu-form.ts";

const four = [0, 1, 2, 3] as const;

/** An operand in one term of the sum. */
export interface StagedTerm {
  readonly operand: ContractionOperand;
  readonly sums: readonly IndexVariable[];
}

export interface StageRequest {
  readonly name: string;
  readonly terms: readonly StagedTerm[];
  /** Axes of the rows (or columns), and the number of the tile among them. */
  readonly axes: readonly IndexVariable[];
  readonly tile: Index;
  /** Rows and steps in workgroup memory. */
  readonly size: number;
  readonly steps: number;
}

export interface Stage {
  readonly memory: Buffer;
  /** Blocks of 4 × 4 to move for each round. */
  readonly blocks: number;
  /** What moves one block: `load` fills the registers, `store` empties them. */
  readonly block: (emit: Emitter, number: Index) => BlockMover;
  /** Place in memory of four rows, of `quad` times four on, at the step `4 * steps + step`. */
  readonly place: (quad: Index, steps: Index, step: number) => Index;
}

export interface BlockMover {
  /** `round` counts those of the term. */
  readonly load: (emit: Emitter, registers: readonly Local[], term: number, round: Index) => void;
  readonly store: (emit: Emitter, registers: readonly Local[]) => void;
}

/** The numbers of four neighbouring rows. Past the last row, the last ones are read again, and nobody looks at the results. */
const fourRows = (emit: Emitter, { axes, tile, size }: StageRequest, quad: Index): Index[] => {
  const all = sizeOf(axes);
  const first = addIndices(scaleIndex(tile, size), scaleIndex(quad, 4));
  if (all % size === 0) return four.map((i) => offsetIndex(first, i));
  const least = (index: Index, count: number): Index =>
    emit.bind("row", count, operation("min", indexValue(index), constantValue(count - 1, typeOf("i32"))));
  if (all % 4 !== 0) return four.map((i) => least(offsetIndex(first, i), all));
  const clamped = scaleIndex(least(quotient(first, 4), all / 4), 4);
  return four.map((i) => offsetIndex(clamped, i));
};

const follow = (places: readonly Index[]): boolean =>
  places.every((place, i) => sameIndex(place, offsetIndex(places[0] as Index, i)));

const isVector = (places: readonly Index[]): boolean => follow(places) && isMultiple(places[0] as Index, 4);

/** How blocks lie: whether four steps of a row, or four rows of a step, are a vector. */
type Way = "steps" | "rows" | "elements";

export const stageOf = (request: StageRequest): Stage => {
  const { name, terms, axes, size, steps } = request;
  const [quads, stepQuads] = [size / 4, steps / 4];
  const addressesAt = ({ operand, sums }: StagedTerm, rows: readonly Index[], firstStep: Index): Index[][] =>
    rows.map((row) =>
      four.map((j) => placeAt(operand, placesAtNumber(axes, row), placesAtNumber(sums, offsetIndex(firstStep, j)))),
    );
  const wayOf = ({ sums }: StagedTerm, addresses: readonly (readonly Index[])[]): Way => {
    if (sizeOf(sums) % 4 === 0 && addresses.every(isVector)) return "steps";
    const byStep = four.map((j) => addresses.map((row) => row[j] as Index));
    return byStep.every(follow) ? "rows" : "elements";
  };
  // Neighbouring threads read neighbours: along the sum where vectors lie so, else along the rows.
  const rowsToAsk = (): Index[] => {
    const quad = indexOf(indexVariable("quad", Math.max(1, Math.floor(sizeOf(axes) / 4))));
    return four.map((i) => offsetIndex(scaleIndex(quad, 4), i));
  };
  const isAlongSteps = (term: StagedTerm): boolean => {
    const quad = indexOf(indexVariable("steps", Math.max(1, Math.floor(sizeOf(term.sums) / 4))));
    return wayOf(term, addressesAt(term, rowsToAsk(), scaleIndex(quad, 4))) === "steps";
  };
  const alongSteps = terms.every(isAlongSteps);
  const memory: Buffer = { name, storage: "f32", space: "workgroup", access: "readwrite", size: size * steps };
  // Stores of a transposed block would meet in one bank of the memory, so each four steps are turned by two quads.
  const turn = alongSteps ? 2 : 0;
  const place = (quad: Index, at: Index, step: number): Index => {
    const turned = turn === 0 ? quad : remainder(addIndices(quad, scaleIndex(at, turn)), quads);
    return addIndices(scaleIndex(at, 4 * size), indexOf(step * size), scaleIndex(turned, 4));
  };

  const block = (emit: Emitter, number: Index): BlockMover => {
    const [quad, stepQuad] = alongSteps
      ? [quotient(number, stepQuads), remainder(number, stepQuads)]
      : [remainder(number, quads), quotient(number, quads)];
    const rows = fourRows(emit, request, quad);
    const read = (own: Emitter, registers: readonly Local[], number: number, round: Index): void => {
      const term = terms[number] as StagedTerm;
      const { operand } = term;
      const all = sizeOf(term.sums);
      const firstStep = addIndices(scaleIndex(round, steps), scaleIndex(stepQuad, 4));
      const addresses = addressesAt(term, rows, firstStep);
      const at = (i: number, j: number): Index => (addresses[i] as Index[])[j] as Index;
      const way = wayOf(term, addresses);
      const value = (j: 0 | 1 | 2 | 3): Value => {
        if (alongSteps && way === "steps") return load(operand.buffer, at(j, 0), 4);
        if (alongSteps)
          return vectorOf(four.map((i) => load(operand.buffer, at(j, i))) as [Value, Value, Value, Value]);
        if (way === "rows") return load(operand.buffer, at(0, j), 4);
        return vectorOf(four.map((i) => load(operand.buffer, at(i, j))) as [Value, Value, Value, Value]);
      };
      const fill = (j: 0 | 1 | 2 | 3): void => own.assign(registers[j] as Local, value(j));
      const clear = (j: 0 | 1 | 2 | 3): void => own.assign(registers[j] as Local, constantValue(0, typeOf("f32", 4)));
      // Past the end of the sum there are zeros.
      if (all % steps === 0) four.forEach(fill);
      else if (all % 4 === 0)
        own.when(
          [within(firstStep, 0, all)],
          () => four.forEach(fill),
          () => four.forEach(clear),
        );
      else
        for (const j of four)
          own.when(
            [within(offsetIndex(firstStep, j), 0, all)],
            () => fill(j),
            () => clear(j),
          );
    };
    const store = (own: Emitter, registers: readonly Local[]): void => {
      for (const j of four) {
        const value = alongSteps
          ? vectorOf(four.map((i) => laneOf(registers[i] as Local, j)) as [Value, Value, Value, Value])
          : (registers[j] as Local);
        own.store(memory, place(quad, stepQuad, j), value);
      }
    };
    return { load: read, store };
  };
  return { memory, blocks: quads * stepQuads, block, place };
};
