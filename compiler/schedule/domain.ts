/**
 * The loops of a region: its axes in the order of memory, neighbours merged where every access allows, and parted into a
 * grid, loops and lanes.
 */

import type { Emitter } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
  substituteIndex,
} from "../kernel/index-expression.ts";

/** Loops over merged axes, the slowest first; `places` gives those of the original axes. */
export interface MergedAxes {
  readonly axes: readonly IndexVariable[];
  readonly places: readonly Index[];
}

/**
 * Merges neighbours. `order` lists axes of `shape`, the slowest first; `indices` are all addresses and conditions, in the
 * variables that `variables` gives for each axis.
 */
export const mergeAxes = (
  variables: readonly IndexVariable[],
  order: readonly number[],
  indices: readonly Index[],
): MergedAxes => {
  const groups: number[][] = [];
  for (const axis of order) {
    const variable = variables[axis] as IndexVariable;
    if (variable.size === 1) continue;
    const group = groups.at(-1);
    const before = group && (variables[group.at(-1) as number] as IndexVariable);
    if (group !== undefined && before !== undefined && indices.every((index) => isOne(index, before, variable)))
      group.push(axis);
    else groups.push([axis]);
  }
  const places = variables.map(() => indexOf(0));
  const axes = groups.map((group) => {
    const size = group.reduce((product, axis) => product * (variables[axis] as IndexVariable).size, 1);
    const merged = indexVariable(group.map((axis) => (variables[axis] as IndexVariable).name).join(""), size);
    let rest = 1;
    for (const axis of [...group].reverse()) {
      const { size: own } = variables[axis] as IndexVariable;
      const above = quotient(indexOf(merged), rest);
      places[axis] = rest * own === size ? above : remainder(above, own);
      rest *= own;
    }
    return merged;
  });
  return { axes, places };
};

/** Whether two axes, the first the slower, are one axis as far as an index goes. */
const isOne = (index: Index, slow: IndexVariable, fast: IndexVariable): boolean => {
  const [a, b] = [coefficientOf(index, slow), coefficientOf(index, fast)];
  return a !== undefined && b !== undefined && a === b * fast.size;
};

export interface Tiling {
  /** Axes of the grid, the slowest first. */
  readonly grid: readonly IndexVariable[];
  /**
   * Writes the loops inside a grid point, and `body` inside them with the places along the merged axes. With lanes, the last
   * place is that of lane 0 plus the lane.
   */
  readonly loops: (emit: Emitter, body: (places: readonly Index[], lane: IndexVariable | undefined) => void) => void;
}

/**
 * Parts merged axes so that a grid point has about `perPoint` elements, its innermost loop in lanes of four where the last
 * axis is long enough.
 */
export const tile = (axes: readonly IndexVariable[], perPoint: number, vectors = true): Tiling => {
  if (axes.length === 0) return { grid: [], loops: (_, body) => body([], undefined) };
  const last = axes.at(-1) as IndexVariable;
  const outer = axes.slice(0, -1);
  const width = vectors && last.size >= 4 ? 4 : 1;
  const vectorCount = Math.floor(last.size / width);
  const tail = last.size - vectorCount * width;

  // Whole axes go inside while they fit; else the last one is cut into blocks.
  let inside = last.size;
  let inner = outer.length;
  while (inner > 0 && inside * (outer[inner - 1] as IndexVariable).size <= perPoint) {
    inner--;
    inside *= (outer[inner] as IndexVariable).size;
  }
  const gridAxes = outer.slice(0, inner);
  const loopAxes = outer.slice(inner);
  const block = Math.max(1, Math.floor(perPoint / width));
  const isCut = inner === outer.length && vectorCount > block;
  const blocks = isCut ? Math.ceil(vectorCount / block) : 1;
  const blockVariable = indexVariable("block", blocks);
  const lane = width === 4 ? indexVariable("lane", 4) : undefined;
  // A tail that does not fill a vector is a block of its own where blocks are cut.
  const tailBlock = isCut && tail > 0;
  const cutVariable = tailBlock ? indexVariable("block", blocks + 1) : blockVariable;

  const loops: Tiling["loops"] = (emit, body) => {
    const nest = (depth: number, places: readonly Index[]): void => {
      if (depth < loopAxes.length) {
        const { name, size } = loopAxes[depth] as IndexVariable;
        emit.loop(name, size, (index) => nest(depth + 1, [...places, index]));
        return;
      }
      const atVector = (vector: Index): void =>
        body([...places, lane === undefined ? vector : addIndices(scaleIndex(vector, 4), indexOf(lane))], lane);
      const scalars = (): void =>
        emit.loop(last.name, tail, (index) => body([...places, offsetIndex(index, vectorCount * width)], undefined));
      if (!isCut) {
        emit.loop(last.name, vectorCount, atVector);
        if (tail > 0) scalars();
        return;
      }
      const start = scaleIndex(indexOf(cutVariable), block);
      const whole = vectorCount % block === 0;
      const vectorsOf = (): void =>
        emit.loop(
          last.name,
          block,
          (index) => atVector(addIndices(start, index)),
          whole ? undefined : offsetIndex(scaleIndex(start, -1), vectorCount),
        );
      if (!tailBlock) vectorsOf();
      else emit.when([{ kind: "range", index: indexOf(cutVariable), low: 0, high: blocks }], vectorsOf, scalars);
    };
    nest(
      0,
      gridAxes.map((axis) => indexOf(axis)),
    );
  };
  const grid = isCut ? [...gridAxes, cutVariable] : gridAxes;
  return { grid: grid.filter(({ size }) => size > 1), loops };
};

/** The places of the original axes at places along the merged ones. */
export const placesAt = ({ axes, places }: MergedAxes, merged: readonly Index[]): Index[] =>
  places.map((place) =>
    substituteIndex(place, (variable) => {
      const at = axes.indexOf(variable);
      return at < 0 ? undefined : merged[at];
    }),
  );
