/** Numbers beside those that are stored. */

import { type Host, isTensor, type Tensor, tensor, toHost } from "typegrad";
import { type Finding, failed } from "./row.ts";

/** Numbers in any form. */
export type Numbers = ArrayLike<number>;

export interface Difference {
  readonly absolute: number;
  readonly relative: number;
}

/** The largest difference, NaN where one of two is NaN and the other is not, and its share of the largest magnitude expected. */
export const differenceOf = (found: Numbers, expected: Numbers): Difference => {
  let [absolute, magnitude] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    // Infinities and NaNs may be what is expected.
    const difference = Object.is(a, b) || a === b ? 0 : Math.abs(a - b);
    absolute = Number.isNaN(difference) || difference > absolute ? difference : absolute;
    if (Number.isNaN(absolute)) break;
    if (Number.isFinite(b)) magnitude = Math.max(magnitude, Math.abs(b));
  }
  return { absolute, relative: absolute === 0 ? 0 : absolute / magnitude };
};

/** Passes where no two numbers differ by more than a bound. */
export const within = (quantity: string, found: Numbers, expected: Numbers, bound: number): Finding => {
  if (found.length !== expected.length)
    return failed(quantity, `${found.length} numbers, and ${expected.length} are stored`);
  const difference = differenceOf(found, expected);
  return {
    quantity,
    ...difference,
    tolerance: bound.toExponential(1),
    verdict: difference.absolute <= bound ? "pass" : "FAIL",
  };
};

/** Passes where each number is within a share of the expected one, or within an absolute bound of it. */
export const relativelyWithin = (
  quantity: string,
  found: Numbers,
  expected: Numbers,
  share: number,
  bound = 0,
): Finding => {
  if (found.length !== expected.length)
    return failed(quantity, `${found.length} numbers, and ${expected.length} are stored`);
  let isNear = true;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    if (a !== b && !(Math.abs(a - b) <= Math.max(bound, share * Math.abs(b)))) isNear = false;
  }
  const tolerance = `${share.toExponential(1)} of each${bound > 0 ? ` or ${bound.toExponential(1)}` : ""}`;
  return { quantity, ...differenceOf(found, expected), tolerance, verdict: isNear ? "pass" : "FAIL" };
};

/** Passes where no more than a share of the numbers differs by more than a bound, and none by more than a wider one. */
export const mostlyWithin = (
  quantity: string,
  found: Numbers,
  expected: Numbers,
  { bound, share, most = Infinity }: { readonly bound: number; readonly share: number; readonly most?: number },
): Finding => {
  if (found.length !== expected.length)
    return failed(quantity, `${found.length} numbers, and ${expected.length} are stored`);
  let beyond = 0;
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs((found[i] as number) - (expected[i] as number)) <= bound)) beyond++;
  const difference = differenceOf(found, expected);
  const isNear = beyond <= share * expected.length && difference.absolute <= most;
  return {
    quantity,
    ...difference,
    tolerance: `${bound === 0 ? "equal" : bound.toExponential(1)}, but for ${100 * share} %`,
    verdict: isNear ? "pass" : "FAIL",
    ...(!isNear && { note: `${beyond} of ${expected.length} are beyond` }),
  };
};

/** Passes where two values, of any form that JSON has, are the same. */
export const same = (quantity: string, found: unknown, expected: unknown): Finding => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a === b) return { quantity, absolute: 0, relative: 0, tolerance: "equal", verdict: "pass" };
  const short = (text: string | undefined): string => (text ?? "nothing").slice(0, 60);
  return { ...failed(quantity, `${short(a)} where ${short(b)} is stored`), tolerance: "equal" };
};

/** The elements of a tensor, or of stored data, as numbers. */
export const numbersOf = (x: Tensor | Host): Numbers => {
  const given: Host = isTensor(x) ? (toHost(x as Tensor) as Host) : (x as Host);
  const isHalf = given.dtype === "f16" || given.dtype === "bf16";
  const { dtype, data } = isHalf ? (toHost(tensor(given, "f32") as Tensor) as Host) : given;
  return dtype === "i64" || dtype === "u64" ? Array.from(data as ArrayLike<bigint>, Number) : (data as Numbers);
};

/** Passes where two tensors have one shape and are within a bound. */
export const tensorWithin = (quantity: string, found: Tensor, expected: Tensor | Host, bound: number): Finding => {
  const [a, b] = [found.shape.join(", "), expected.shape.join(", ")];
  if (a !== b) return failed(quantity, `of shape [${a}], and [${b}] is stored`);
  return within(quantity, numbersOf(found), numbersOf(expected), bound);
};

/** Passes where each number is within a bound of its own; `tolerance` says what the bounds are. */
export const withinEach = (
  quantity: string,
  found: Numbers,
  expected: Numbers,
  bounds: readonly number[],
  tolerance: string,
): Finding => {
  if (found.length !== expected.length)
    return failed(quantity, `${found.length} numbers, and ${expected.length} are stored`);
  const isNear = bounds.every((bound, i) => Math.abs((found[i] as number) - (expected[i] as number)) <= bound);
  return { quantity, ...differenceOf(found, expected), tolerance, verdict: isNear ? "pass" : "FAIL" };
};
