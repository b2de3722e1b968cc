/** Reductions and composites over axes that the types refuse, and run time too. */

import {
  attention,
  avgPool,
  groupNorm,
  logSoftmax,
  max,
  maxPool,
  mean,
  min,
  ones,
  softmax,
  sum,
  type Tensor,
  upsample,
  variance,
} from "../../../dsl/index.ts";

const x: Tensor<[2, 48, 4, 4]> = ones([2, 48, 4, 4]);
const integers: Tensor<[2, 3], "i32"> = ones([2, 3], "i32");
const channels: Tensor<[48]> = ones([48]);
const others: Tensor<[64]> = ones([64]);

export const sumOverMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  sum(x, 4);

export const sumOverAxisBeforeTheFirst = () =>
  // @ts-expect-error axes are -4 to -1
  sum(x, -5);

export const sumOverAxisTwice = () =>
  // @ts-expect-error -1 is 3
  sum(x, [3, -1]);

export const meanOverMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  mean(x, [1, 7]);

export const meanOfIntegers = () =>
  // @ts-expect-error floats only
  mean(integers);

export const maxOverMissingAxis = () =>
  // @ts-expect-error axes are 0 and 1
  max(integers, 2);

export const minOverMissingAxis = () =>
  // @ts-expect-error axes are 0 and 1
  min(integers, [0, 2]);

export const varianceOfIntegers = () =>
  // @ts-expect-error floats only
  variance(integers);

export const softmaxAlongMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  softmax(x, 4);

export const softmaxOfIntegers = () =>
  // @ts-expect-error floats only
  softmax(integers);

export const logSoftmaxAlongMissingAxis = () =>
  // @ts-expect-error axes are 0 to 3
  logSoftmax(x, -5);

export const groupsDoNotDivide = () =>
  // @ts-expect-error 48 channels, 32 groups
  groupNorm(x, 32, channels, channels);

export const scaleOfOtherChannels = () =>
  // @ts-expect-error a scale for 64 channels
  groupNorm(x, 16, others, channels);

export const attentionWidthsDiffer = () =>
  // @ts-expect-error queries of 4, keys of 3
  attention(ones([2, 5, 4]), ones([2, 7, 3]), ones([2, 7, 4]));

export const attentionPlacesDiffer = () =>
  // @ts-expect-error 7 keys, 6 values
  attention(ones([2, 5, 4]), ones([2, 7, 4]), ones([2, 6, 4]));

export const upsampleOfVectors = () =>
  // @ts-expect-error rank 1
  upsample(channels, 2);

export const upsampleByNothing = () =>
  // @ts-expect-error the factor is 1 or more
  upsample(x, 0);

export const windowTooLarge = () =>
  // @ts-expect-error windows of 5 on 4 places
  avgPool(x, 5);

export const windowsOfTooManyAxes = () =>
  // @ts-expect-error three sizes for two axes
  avgPool(x, [2, 2, 2]);

export const poolWithUnknownOption = () =>
  // @ts-expect-error the option is padding
  maxPool(x, 3, { pad: 1 });

export const windowOfPadding = () =>
  // @ts-expect-error a window of two zeros
  maxPool(x, 2, { padding: 2 });

export const poolOfIntegers = () =>
  // @ts-expect-error floats only
  avgPool(integers, 1);
