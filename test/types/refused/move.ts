/** Movements that the types refuse, and run time too. */

import {
  concat,
  expand,
  flip,
  ones,
  pad,
  permute,
  rearrange,
  reshape,
  slice,
  split,
  stack,
  type Tensor,
  unstack,
} from "../../../dsl/index.ts";

const x: Tensor<[2, 64, 4, 8]> = ones([2, 64, 4, 8]);
const batch4: Tensor<[4, 64, 4, 8]> = ones([4, 64, 4, 8]);

export const reshapeToOtherSize = () =>
  // @ts-expect-error 4096 elements into 4000
  reshape(x, [2, 2000]);

export const permuteTooFew = () =>
  // @ts-expect-error 3 axes of 4
  permute(x, [0, 2, 3]);

export const permuteTwice = () =>
  // @ts-expect-error axis 1 twice
  permute(x, [0, 1, 1, 3]);

export const permuteMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  permute(x, [0, 1, 2, 4]);

export const concatAlongOtherAxis = () =>
  // @ts-expect-error batches of 2 and 4
  concat([x, batch4], 1);

export const concatAlongMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  concat([x, x], 4);

export const stackOfOtherShapes = () =>
  // @ts-expect-error batches of 2 and 4
  stack([x, batch4], 0);

export const splitIntoOtherSum = () =>
  // @ts-expect-error 48 of 64
  split(x, [16, 32], 1);

export const splitAlongMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  split(x, [1, 1], 4);

export const expandOfLongerAxis = () =>
  // @ts-expect-error 64 is not 1
  expand(x, [2, 128, 4, 8]);

export const sliceAlongMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  slice(x, 4, 0, 1);

export const sliceBeyondTheEnd = () =>
  // @ts-expect-error 4 has no 3 to 6
  slice(x, 2, 3, 6);

export const flipOfMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  flip(x, 4);

export const padOfTooManyAxes = () =>
  // @ts-expect-error five pairs for four axes
  pad(x, [
    [0, 0],
    [0, 0],
    [1, 1],
    [1, 1],
    [1, 1],
  ]);

export const rearrangeOfOtherRank = () =>
  // @ts-expect-error three labels for rank 4
  rearrange(x, "b c h -> b h c");

export const rearrangeIntoUnknownLabel = () =>
  // @ts-expect-error no t on the left
  rearrange(x, "b c h w -> b c t");

export const unstackOfMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  unstack(x, 4);

export const stackAtMissingPlace = () =>
  // @ts-expect-error places are 0 to 4
  stack([x, x], 5);

export const concatOfNothing = () =>
  // @ts-expect-error one tensor at least
  concat([], 0);

export const concatOfOtherDType = () =>
  // @ts-expect-error i32 beside f32
  concat([x, ones([2, 64, 4, 8], "i32")], 1);
