/** What a check compares, read as plain numbers: tensors, host data, nested arrays, numbers, and trees of these. */

import { denseOf } from "../evaluate.ts";
import { bfloatToNumber, halfToNumber } from "../half.ts";
import { isHost } from "../host.ts";
import { type Shape, sameShape, show, sizeOf } from "../shape.ts";
import { isTensor } from "../tensor.ts";

/** Numbers at one place of a tree. */
export interface Numbers {
  /** `params.0.weight`, or "" for a tree that is one leaf. */
  readonly path: string;
  readonly shape: Shape;
  readonly values: readonly number[];
  /** Spacing at 1 of the numbers that the values were rounded to. */
  readonly epsilon: number;
}

type TypedArray = ArrayLike<number | bigint> & ArrayBufferView;

const isTypedArray = (value: unknown): value is TypedArray => ArrayBuffer.isView(value) && !(value instanceof DataView);

/** Host data of dtypes that are kept as their bits. */
const bits: Readonly<Record<string, (bits: number) => number>> = { f16: halfToNumber, bf16: bfloatToNumber };

/** Spacing at 1 of the numbers of a dtype; whatever is finer is compared as f32. */
const epsilonOf = (dtype: string): number => (dtype === "f16" ? 2 ** -10 : dtype === "bf16" ? 2 ** -7 : 2 ** -23);

const isNumber = (value: unknown): value is number | bigint | boolean =>
  typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";

/** The numbers of a nested array with their shape; `undefined` where it holds anything else, and is a tuple of a tree. */
const nested = (value: unknown): { readonly shape: Shape; readonly values: readonly number[] } | undefined => {
  if (isNumber(value)) return { shape: [], values: [Number(value)] };
  if (isTypedArray(value)) return { shape: [value.length], values: Array.from(value, Number) };
  if (!Array.isArray(value)) return undefined;
  const rows = value.map(nested);
  const inner = rows[0]?.shape ?? [];
  const values: number[] = [];
  for (const row of rows) {
    if (row === undefined) return undefined;
    if (!sameShape(row.shape, inner))
      throw new Error(`ragged array: a row of ${show(inner)} beside one of ${show(row.shape)}`);
    values.push(...row.values);
  }
  return { shape: [value.length, ...inner], values };
};

/** The numbers of a value that is no tree. */
const leafOf = (value: unknown, path: string): Numbers | undefined => {
  if (isTensor(value)) {
    const { shape, data, dtype } = denseOf("typegrad/testing", value);
    return { path, shape, values: Array.from(data), epsilon: epsilonOf(dtype) };
  }
  if (isHost(value)) {
    const { shape, data, dtype } = value;
    if (sizeOf(shape) !== data.length)
      throw new Error(`host data at ${path || "(root)"}: ${show(shape)} with ${data.length} elements`);
    const numbers = Array.from<number | bigint, number>(data, Number);
    const decode = bits[dtype];
    return { path, shape, values: decode ? numbers.map(decode) : numbers, epsilon: epsilonOf(dtype) };
  }
  const rows = nested(value);
  return rows && { path, ...rows, epsilon: epsilonOf("f32") };
};

const childrenOf = (value: unknown, path: string): ReadonlyMap<string, unknown> => {
  if (typeof value !== "object" || value === null)
    throw new Error(
      `${value === null ? "null" : typeof value} at ${path || "(root)"}, where there must be numbers or a tree of them`,
    );
  return new Map(Object.entries(value));
};

/** Whether a value is numbers whatever stands beside it: an array may also be a tuple of a tree. */
const isWhole = (value: unknown): boolean => isTensor(value) || isHost(value) || isTypedArray(value) || isNumber(value);

/**
 * The numbers of two values in pairs of one place and shape. An array beside a tensor is its elements; beside a tuple of
 * tensors it is a tuple.
 */
export const pairsOf = (actual: unknown, expected: unknown, path = ""): (readonly [Numbers, Numbers])[] => {
  const place = path || "(root)";
  const bothArrays = Array.isArray(actual) && Array.isArray(expected);
  if (isWhole(actual) || isWhole(expected) || (bothArrays && nested(actual) && nested(expected))) {
    const [a, b] = [leafOf(actual, path), leafOf(expected, path)];
    if (a === undefined || b === undefined)
      throw new Error(`numbers stand at ${place} on one side, a tree on the other`);
    if (!sameShape(a.shape, b.shape))
      throw new Error(`the shape at ${place} is ${show(a.shape)}, expected ${show(b.shape)}`);
    return [[a, b]];
  }
  const [a, b] = [childrenOf(actual, path), childrenOf(expected, path)];
  const pathOf = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const stray = [...a.keys()].find((key) => !b.has(key));
  if (stray !== undefined) throw new Error(`nothing is expected at ${pathOf(stray)}`);
  return [...b].flatMap(([key, child]) => {
    if (!a.has(key)) throw new Error(`nothing stands at ${pathOf(key)}, where something is expected`);
    return pairsOf(a.get(key), child, pathOf(key));
  });
};

/** `params.weight[0, 2]`: the place of one entry, counted in row-major order. */
export const placeOf = (path: string, shape: Shape, entry: number): string => {
  let rest = entry;
  const index = [...shape]
    .reverse()
    .map((dim) => {
      const place = rest % dim;
      rest = Math.floor(rest / dim);
      return place;
    })
    .reverse();
  return `${path}${index.length > 0 ? show(index) : ""}` || "(root)";
};
