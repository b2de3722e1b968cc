/** Gradients of a batch in parts. */

import { add, concat, type Dyn, type Shape, slice, type Tensor, treeMap } from "typegrad";

/** Trees of parameters are alike: the sum, leaf by leaf. */
export const addTrees = treeMap as unknown as <P>(
  f: (a: Tensor<Shape>, b: Tensor<Shape>) => Tensor<Shape>,
  a: P,
  b: P,
) => P;

/** Examples `from` up to `to` of each tensor of a batch. */
export const examplesOf = <T>(batch: T, from: number, to: number): T =>
  (treeMap as unknown as (f: (x: Tensor<[Dyn]>) => Tensor<[Dyn]>, tree: T) => T)((x) => slice(x, 0, from, to), batch);

/** What one part of a batch gives: gradients of the parameters, and numbers for each example. */
export interface PartResult<P, M> {
  readonly gradients: P;
  readonly measured: M;
}

/**
 * The gradients of all parts of a batch of `size`, added up, and what was measured of each example. As in the original each
 * part's loss is a mean, and their sum is not divided by the number of parts.
 * @throws RangeError where the parts are not equally long
 */
export const inParts = <T, P, M>(
  batch: T,
  size: number,
  parts: number,
  gradientsOf: (part: T, index: number) => PartResult<P, M>,
): PartResult<P, M> => {
  if (size % parts !== 0) throw new RangeError(`a batch of ${size} in ${parts} parts: they must be equally long`);
  const length = size / parts;
  let all = gradientsOf(parts === 1 ? batch : examplesOf(batch, 0, length), 0);
  for (let i = 1; i < parts; i++) {
    const next = gradientsOf(examplesOf(batch, i * length, (i + 1) * length), i);
    all = {
      gradients: addTrees((a, b) => add(a, b), all.gradients, next.gradients),
      measured: joinTrees(all.measured, next.measured),
    };
  }
  return all;
};

const joinTrees = <M>(first: M, second: M): M =>
  (treeMap as unknown as (f: (a: Tensor<[Dyn]>, b: Tensor<[Dyn]>) => Tensor<[Dyn]>, a: M, b: M) => M)(
    (a, b) => concat([a, b], 0),
    first,
    second,
  );
