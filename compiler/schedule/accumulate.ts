/** Combines the elements of one row, by loops: a partial result for each loop, and for each lane of a vector. */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import type { Emitter } from "../kernel/emit.ts";
import {
  addIndices,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Scalar, Value } from "../kernel/kernel.ts";
import { constantValue, laneOf, operation, splat, typeOf } from "../kernel/values.ts";

/** How elements are combined, and from what on. */
export interface Combination {
  readonly combine: ScalarFunction;
  readonly start: number;
  readonly scalar: Scalar;
}

/**
 * Vectors that a turn of the innermost loop combines, each into one of its own: an addition waits four cycles for the one
 * before it, and two can begin in each.
 */
const chains = 4;

/** A stretch of the outermost loop: from `start` on, `size` iterations. */
export interface Stretch {
  readonly start: Index;
  readonly size: number;
}

export const combineValues = ({ combine }: Combination, a: Value, b: Value): Value =>
  operation(combine.name as BaseOp, a, b);

export const emptyValue = ({ start, scalar }: Combination, lanes: 1 | 4): Value =>
  constantValue(start, typeOf(scalar, lanes));

/**
 * The combined value. `element` gives that at places along the loops; with `alongSums` its last place counts lanes and four
 * elements are read at a time, else `lane` (if any) is one of the results around.
 */
export const accumulate = (
  emit: Emitter,
  combination: Combination,
  axes: readonly IndexVariable[],
  alongSums: boolean,
  lane: IndexVariable | undefined,
  element: (loops: readonly Index[], lane: IndexVariable | undefined) => Value,
  stretch?: Stretch,
): Value => {
  const sumLane = alongSums ? indexVariable("lane", 4) : undefined;
  const width = lane !== undefined || alongSums ? 4 : 1;
  const add = (a: Value, b: Value): Value => combineValues(combination, a, width === 4 ? splat(b) : b);
  // A sum for each loop keeps long sums exact: errors grow with the longest loop, not with their product.
  const level = (depth: number, loops: readonly Index[]): Value => {
    const axis = axes[depth];
    const total = emit.variable(depth === 0 ? "total" : "part", emptyValue(combination, width));
    const include = (value: Value): void => emit.assign(total, add(total, value));
    if (axis === undefined) {
      include(element(loops, lane));
      return total;
    }
    const own = depth === 0 ? stretch : undefined;
    const size = own?.size ?? axis.size;
    const at = (index: Index): Index => (own === undefined ? index : addIndices(own.start, index));
    if (depth < axes.length - 1) {
      emit.loop(axis.name, size, (index) => include(level(depth + 1, [...loops, at(index)])));
      return total;
    }
    if (sumLane === undefined) {
      emit.loop(axis.name, size, (index) => include(element([...loops, at(index)], lane)));
      return total;
    }
    const vectors = Math.floor(size / 4);
    const vectorAt = (index: Index): Value =>
      element([...loops, at(addIndices(scaleIndex(index, 4), indexOf(sumLane)))], sumLane);
    const turns = Math.floor(vectors / chains);
    if (turns > 1) {
      const others = Array.from({ length: chains - 1 }, () => emit.variable("chain", emptyValue(combination, width)));
      emit.loop(axis.name, turns, (index) => {
        [total, ...others].forEach((chain, i) => {
          emit.assign(chain, add(chain, vectorAt(offsetIndex(scaleIndex(index, chains), i))));
        });
      });
      for (const chain of others) include(chain);
    }
    const done = turns > 1 ? turns * chains : 0;
    if (done < vectors) emit.loop(axis.name, vectors - done, (index) => include(vectorAt(offsetIndex(index, done))));
    const tail = size - vectors * 4;
    if (tail === 0) return total;
    // What is left is combined into the first lane of a vector of its own.
    const rest = emit.variable("rest", emptyValue(combination, 1));
    emit.loop(axis.name, tail, (index) =>
      emit.assign(
        rest,
        combineValues(combination, rest, element([...loops, at(offsetIndex(index, vectors * 4))], undefined)),
      ),
    );
    const none = emptyValue(combination, 1);
    include({ kind: "vector", type: typeOf(combination.scalar, 4), values: [rest, none, none, none] });
    return total;
  };
  const total = level(0, []);
  if (!alongSums) return total;
  const pair = (a: 0 | 1 | 2 | 3, b: 0 | 1 | 2 | 3): Value =>
    combineValues(combination, laneOf(total, a), laneOf(total, b));
  return emit.name("total", combineValues(combination, pair(0, 2), pair(1, 3)));
};
