/** Numbers from outside as the elements of a tensor: a value that the dtype cannot hold is refused, never wrapped. */

import { type DType, DTypeError, dtypes, intRange, isInt } from "./dtype.ts";
import { allocate } from "./evaluate.ts";
import { roundToHalf } from "./half.ts";
import type { Elements } from "./primitive.ts";

/** A value as users and files give it. */
export type HostValue = number | bigint | boolean;

/** @throws DTypeError unless `dtype` is one, as a program without types may fail to give. */
export const checkDType = (op: string, dtype: unknown): void => {
  if (!dtypes.includes(dtype as DType))
    throw new DTypeError(`${op}: ${dtype} is no dtype; they are ${dtypes.join(", ")}`);
};

/** @throws DTypeError for a value that is not whole, out of range, or finite and rounded to infinity. */
export const checkValue = (op: string, dtype: DType, value: HostValue, place: string): void => {
  narrow(
    op,
    dtype,
    1,
    () => value,
    () => place,
  );
};

/**
 * `size` values as elements of a dtype: integers and booleans exactly, floats rounded to the nearest.
 * `placeOf` says in a message where a value stands: `element 3`.
 * @throws DTypeError for a value that is not whole, out of range, or finite and rounded to infinity.
 */
export const narrow = (
  op: string,
  dtype: DType,
  size: number,
  valueAt: (index: number) => HostValue,
  placeOf: (index: number) => string,
): Elements => {
  const elements = allocate(dtype, size);
  const half = dtype === "f16" && elements instanceof Float32Array;
  const [low, high] = isInt(dtype) ? intRange(dtype) : [0, 1];
  const whole = isInt(dtype) || dtype === "bool";
  for (let i = 0; i < size; i++) {
    const value = valueAt(i);
    const number = Number(value);
    elements[i] = half ? roundToHalf(number) : number;
    const fits = whole
      ? Number.isInteger(number) && number >= low && number <= high
      : !Number.isFinite(number) || Number.isFinite(elements[i]);
    if (!fits) throw new DTypeError(`${op}: ${placeOf(i)} is ${value}, which is no ${dtype}; ${ruleOf(dtype)}`);
  }
  return elements;
};

const ruleOf = (dtype: DType): string => {
  if (isInt(dtype)) return `${dtype} holds whole numbers from ${intRange(dtype).join(" to ")}`;
  if (dtype === "bool") return "bool holds false and true, or 0 and 1";
  return `the largest ${dtype} is ${dtype === "f16" ? 65504 : 3.4028234663852886e38}`;
};
