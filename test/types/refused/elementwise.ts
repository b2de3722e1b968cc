/** Maps that the types refuse, and run time too. */

import {
  abs,
  add,
  cast,
  clamp,
  equal,
  exp,
  log,
  map,
  maximum,
  mul,
  ones,
  sub,
  type Tensor,
  where,
} from "../../../dsl/index.ts";

const x: Tensor<[2, 64, 4, 4]> = ones([2, 64, 4, 4]);
const image: Tensor<[4, 4]> = ones([4, 4]);
const gates: Tensor<[2, 32, 1, 1]> = ones([2, 32, 1, 1]);
const integers: Tensor<[2, 64], "i32"> = ones([2, 64], "i32");
const mask: Tensor<[2, 64], "bool"> = equal(integers, integers);
const floats: Tensor<[2, 64]> = ones([2, 64]);

export const channelsDiffer = () =>
  // @ts-expect-error 32 does not broadcast into 64
  add(x, gates);

export const rankDiffers = () =>
  // @ts-expect-error no trailing alignment
  mul(x, image);

export const secondIsLarger = () =>
  // @ts-expect-error the first gives the shape
  mul(gates, x);

export const dtypesDiffer = () =>
  // @ts-expect-error i32 beside f32
  add(floats, integers);

export const numberFirst = () =>
  // @ts-expect-error the first operand is a tensor
  sub(1, floats);

export const textOperand = () =>
  // @ts-expect-error neither a tensor nor a number
  add(floats, "1");

export const exponentialOfIntegers = () =>
  // @ts-expect-error floats only
  exp(integers);

export const logarithmOfIntegers = () =>
  // @ts-expect-error floats only
  log(integers);

export const absoluteOfBooleans = () =>
  // @ts-expect-error numbers only
  abs(mask);

export const maximumOfBooleans = () =>
  // @ts-expect-error numbers only
  maximum(mask, mask);

export const clampOfBooleans = () =>
  // @ts-expect-error numbers only
  clamp(mask, 0, 1);

export const conditionOfFloats = () =>
  // @ts-expect-error the condition is bool
  where(floats, floats, floats);

export const castToNothing = () =>
  // @ts-expect-error not a dtype
  cast(floats, "f128");

export const mapOperandsDiffer = () =>
  // @ts-expect-error [2, 32, 1, 1] and [2, 64, 4, 4]
  map(x, gates, (x, gate) => x * gate);

export const mapDtypesDiffer = () =>
  // @ts-expect-error i32 beside f32
  map(floats, integers, (x, i) => x + i);

export const mapWithoutFunction = () =>
  // @ts-expect-error the function is missing
  map(floats, floats);

export const mapToText = () =>
  // @ts-expect-error a number or a boolean is due
  map(floats, (x) => `${x}`);

export const javaScriptOperator = () =>
  // @ts-expect-error operators do not work on tensors
  floats + 1;
