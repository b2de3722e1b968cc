/** Contractions and look-ups that the types refuse, and run time too. */

import { conv, einsum, embedding, gather, linear, matmul, oneHot, ones, type Tensor } from "../../../dsl/index.ts";

const x: Tensor<[2, 64, 8, 8]> = ones([2, 64, 8, 8]);
const a: Tensor<[2, 64]> = ones([2, 64]);
const b: Tensor<[32, 128]> = ones([32, 128]);
const batch: Tensor<[3, 64, 5]> = ones([3, 64, 5]);
const integers: Tensor<[2, 64], "i32"> = ones([2, 64], "i32");
const oneIndex: Tensor<[2], "i32"> = ones([2], "i32");
const wide: Tensor<[32, 128, 3, 3]> = ones([32, 128, 3, 3]);
const kernel: Tensor<[32, 64, 3, 3]> = ones([32, 64, 3, 3]);

export const matmulInner = () =>
  // @ts-expect-error 64 and 32
  matmul(a, b);

export const matmulOfVectors = () =>
  // @ts-expect-error rank 1
  matmul(ones([3]), b);

export const matmulBatch = () =>
  // @ts-expect-error batches of 2 and 3
  matmul(ones([2, 4, 64]), batch);

export const matmulOfIntegers = () =>
  // @ts-expect-error floats only
  matmul(integers, integers);

export const linearInputs = () =>
  // @ts-expect-error weight takes 128 inputs
  linear(a, b);

export const linearBias = () =>
  // @ts-expect-error 3 biases for 32 outputs
  linear(ones([2, 128]), b, ones([3]));

export const convChannels = () =>
  // @ts-expect-error weight takes 128 channels
  conv(x, wide);

export const convBias = () =>
  // @ts-expect-error 3 biases for 32 outputs
  conv(x, kernel, ones([3]));

export const convRank = () =>
  // @ts-expect-error a kernel of rank 3 for images
  conv(x, ones([32, 64, 3]));

export const convKernelTooLarge = () =>
  // @ts-expect-error 9 places of 8
  conv(x, ones([32, 64, 9, 9]));

export const einsumSizes = () =>
  // @ts-expect-error b is 2 and 32
  einsum("bchw,bc->bhw", x, b);

export const einsumRank = () =>
  // @ts-expect-error two labels for rank 4
  einsum("bchw,bc->bhw", x, x);

export const einsumUnknownLabel = () =>
  // @ts-expect-error no operand has d
  einsum("bchw,bc->bhd", x, a);

export const gatherByFloats = () =>
  // @ts-expect-error indices are integers
  gather(a, a, 0);

export const embeddingByFloats = () =>
  // @ts-expect-error indices are integers
  embedding(b, a);

export const oneHotOfFloats = () =>
  // @ts-expect-error indices are integers
  oneHot(a, 10);

export const convStride = () =>
  // @ts-expect-error the stride is 1 or more
  conv(x, kernel, undefined, { stride: 0 });

export const convGroups = () =>
  // @ts-expect-error 64 channels in each of 2 groups are 128
  conv(x, kernel, undefined, { groups: 2 });

export const convOption = () =>
  // @ts-expect-error it is called padding
  conv(x, kernel, undefined, { pad: 1 });

export const gatherOfOtherRank = () =>
  // @ts-expect-error indices of rank 1 for rank 2
  gather(a, oneIndex, 0);
