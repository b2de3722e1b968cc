/** Nested arrays as tensors: `[[1, 2], [3, 4]]` has the shape [2, 2]. Rows of unequal lengths are refused with their place. */

import type { Held } from "./dim.ts";
import { type DType, DTypeError } from "./dtype.ts";
import { misfit, type Shape, type ShapeError, stridesOf } from "./shape.ts";

export type Nested<Leaf> = Leaf | readonly Nested<Leaf>[];

/** The shape, read off the first row of each depth. Yes is true (`Held`): values may be of a type parameter. */
export type NestedShape<V, Yes> = V extends readonly [infer First, ...unknown[]]
  ? [V["length"], ...RowShape<First, Yes>]
  : V extends readonly []
    ? [0]
    : V extends readonly (infer Item)[]
      ? [number, ...RowShape<Item, Yes>]
      : [];
type RowShape<V, Yes> = Held<IsRow<V>> extends Held<Yes> ? NestedShape<V, Yes> : [];
/** Whether V is an array; false for a type parameter, which stands for a number. */
type IsRow<V> = [0] extends [1 & V] ? false : [V] extends [readonly unknown[]] ? true : false;

/** bool for booleans, else f32. */
export type NestedDType<V, Yes> = V extends boolean
  ? "bool"
  : V extends readonly (infer Item)[]
    ? RowDType<Item, Yes>
    : "f32";
type RowDType<V, Yes> = Held<HasLeaves<V, boolean>> extends Held<Yes> ? "bool" : "f32";

/** Whether there are values and all are of a kind; false for a type parameter. */
type HasLeaves<V, Kind> = [0] extends [1 & V]
  ? false
  : [V] extends [never]
    ? false
    : [V] extends [readonly (infer Item)[]]
      ? HasLeaves<Item, Kind>
      : [V] extends [Kind]
        ? true
        : false;

/** Refuses a dtype of booleans for numbers, and the reverse. */
export type LeavesFit<V, D extends DType> = D extends "bool"
  ? HasLeaves<V, number> extends true
    ? DTypeError<NoElements<"numbers", D>>
    : unknown
  : HasLeaves<V, boolean> extends true
    ? DTypeError<NoElements<"booleans", D>>
    : unknown;
type NoElements<
  Kind extends string,
  D extends DType,
> = `tensor: ${Kind} are no ${D}; bool is made of true and false, the other dtypes of numbers`;
export const checkLeaves = (values: readonly (number | boolean)[], dtype: DType): void => {
  const [first] = values;
  if (first === undefined || (typeof first === "boolean") === (dtype === "bool")) return;
  throw new DTypeError(
    `tensor: ${typeof first}s are no ${dtype}; bool is made of true and false, the other dtypes of numbers`,
  );
};

/** Refuses ragged rows with the text of run time. */
export type RowsFit<V> =
  IsRagged<V> extends true ? (RowMisfit<V, V> extends infer Text extends string ? ShapeError<Text> : unknown) : unknown;

/** Whether rows beside each other differ, without a walk through all of them; false for a type parameter (`IsLiteral`). */
type IsRagged<V> = [0] extends [1 & V]
  ? false
  : [V] extends [readonly unknown[]]
    ? IsUnion<V["length"]> extends true
      ? true
      : [V[number]] extends [never]
        ? false
        : IsRagged<V[number]>
    : [V] extends [number | boolean]
      ? false
      : true;
type IsUnion<A, B = A> = true extends (A extends unknown ? ([B] extends [A] ? false : true) : never) ? true : false;

type Ragged<
  V,
  First,
  Place extends string,
  FirstPlace extends string,
> = `tensor: ragged rows: ${Place} ${Extent<V>} where ${FirstPlace} ${Extent<First>}; rows beside each other must be of one shape`;
const ragged = (value: unknown, first: unknown, place: string, firstPlace: string): string =>
  `tensor: ragged rows: ${place} ${extent(value)} where ${firstPlace} ${extent(first)}; rows beside each other must be of one shape`;

type Extent<V> = V extends readonly unknown[] ? `has length ${V["length"]}` : "is one value";
const extent = (value: unknown): string => (Array.isArray(value) ? `has length ${value.length}` : "is one value");

/** The text about the first row, in reading order, that differs from the first row of its depth; `undefined` if none does. */
type RowMisfit<V, First, Place extends string = "", FirstPlace extends string = ""> =
  Extent<V> extends Extent<First>
    ? V extends readonly unknown[]
      ? RowsMisfit<V, First extends readonly [infer Head, ...unknown[]] ? Head : never, Place, `${FirstPlace}[0]`>
      : undefined
    : Ragged<V, First, Place, FirstPlace>;
type RowsMisfit<
  Rows extends readonly unknown[],
  First,
  Place extends string,
  FirstPlace extends string,
  Seen extends 0[] = [],
> = Rows extends readonly [infer Row, ...infer Rest]
  ? RowMisfit<Row, First, `${Place}[${Seen["length"]}]`, FirstPlace> extends infer Text extends string
    ? Text
    : RowsMisfit<Rest, First, Place, FirstPlace, [...Seen, 0]>
  : undefined;

const checkRows = (value: unknown, first: unknown, place: string, firstPlace: string): void => {
  if (extent(value) !== extent(first)) misfit(ragged(value, first, place, firstPlace));
  if (Array.isArray(value)) {
    const [head] = first as readonly unknown[];
    Array.from(value).forEach((row, i) => {
      checkRows(row, head, `${place}[${i}]`, `${firstPlace}[0]`);
    });
  }
};

const shapeOf = (value: unknown): number[] =>
  Array.isArray(value) ? [value.length, ...(value.length === 0 ? [] : shapeOf(value[0]))] : [];

/** The values in reading order. A hole, which `flat` would pass over, is `undefined`. */
const valuesOf = (value: unknown): unknown[] => (Array.isArray(value) ? Array.from(value).flatMap(valuesOf) : [value]);

/** `element [0][2]`, for messages about a value. */
export const placeIn = (shape: Shape, index: number): string => {
  if (shape.length === 0) return "the value";
  const strides = stridesOf(shape);
  return `element ${shape.map((dim, axis) => `[${Math.floor(index / (strides[axis] as number)) % dim}]`).join("")}`;
};

/** Shape and values of nested arrays. @throws ShapeError for ragged rows; DTypeError for values of two kinds or of none */
export const readNested = (
  value: unknown,
): { readonly shape: readonly number[]; readonly values: readonly (number | boolean)[] } => {
  checkRows(value, value, "", "");
  const shape = shapeOf(value);
  const values = valuesOf(value);
  const kind = typeof values[0] === "boolean" ? "boolean" : "number";
  values.forEach((leaf, i) => {
    if (typeof leaf === kind) return;
    const what = leaf === null ? "null" : typeof leaf;
    throw new DTypeError(
      typeof leaf === "boolean" || typeof leaf === "number"
        ? `tensor: ${placeIn(shape, i)} is a ${what} among ${kind}s; a tensor holds one kind`
        : `tensor: ${placeIn(shape, i)} is ${what}; a tensor is made of numbers, of booleans, or of { dtype, shape, data }`,
    );
  });
  return { shape, values: values as (number | boolean)[] };
};
