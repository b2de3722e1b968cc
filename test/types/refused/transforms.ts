/** Gradients, loops and trees that the types refuse, and run time too. */

import { avgPool, fold, grad, mul, ones, sum, type Tensor, treeMap, vjp } from "../../../dsl/index.ts";

const x: Tensor<[2, 3, 4, 4]> = ones([2, 3, 4, 4]);
const steps: Tensor<[5, 4]> = ones([5, 4]);
const integers: Tensor<[3], "i32"> = ones([3], "i32");

export const gradientOfImage = () =>
  // @ts-expect-error the result has rank 4
  grad((x: Tensor<[2, 3, 4, 4]>) => mul(x, x))(x);

export const gradientOfIntegerResult = () =>
  // @ts-expect-error the result is i32
  grad((_: Tensor<[3]>, i: Tensor<[3], "i32">) => sum(i))(ones([3]), integers);

export const gradientAtOtherShape = () =>
  // @ts-expect-error [3] for [4]
  grad((y: Tensor<[4]>) => sum(mul(y, ones([4]))))(ones([3]));

export const cotangentOfOtherShape = () =>
  // @ts-expect-error [4] for [3]
  vjp((x: Tensor<[3]>) => mul(x, x))(ones([3]))[1](ones([4]));

export const carryChangesShape = () =>
  // @ts-expect-error [2, 3, 4, 4] becomes [2, 3, 2, 2]
  fold(steps, x, (carry) => avgPool(carry, 2));

export const treesDiffer = () =>
  // @ts-expect-error no b in the second
  treeMap((leaf, other) => mul(leaf, other), { a: x, b: x }, { a: x });
