/** Element types, and what may be said about them at both levels. */

/** The closed set of element types of a tensor. */
export const dtypes = ["f32", "f16", "i32", "u32", "bool"] as const;

export type DType = (typeof dtypes)[number];
/** Element types that carry a gradient. f16 is storage: arithmetic on it is done in f32. */
export type Float = "f32" | "f16";
export type Int = "i32" | "u32";
export type Numeric = Float | Int;

/** What one element is in JavaScript: the parameter type of a `map` lambda. */
export type Scalar<D> = D extends "bool" ? boolean : number;

/** An element type that does not fit. As a parameter type it refuses the argument and carries the text. */
export class DTypeError<Message extends string = string> extends Error {
  override readonly name = "DTypeError";
  declare readonly text: Message;
}

export const isFloat = (dtype: DType): dtype is Float => dtype === "f32" || dtype === "f16";
export const isInt = (dtype: DType): dtype is Int => dtype === "i32" || dtype === "u32";

/** Smallest and largest value of an integer element type. */
export const intRange = (dtype: Int): readonly [number, number] =>
  dtype === "i32" ? [-2147483648, 2147483647] : [0, 4294967295];
