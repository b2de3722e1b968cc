/** Builds values of the loop IR, simplest forms first. */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import type { Index } from "./index-expression.ts";
import type { Buffer, Lanes, Local, Scalar, Value, ValueType } from "./kernel.ts";

export const typeOf = (scalar: Scalar, lanes: Lanes = 1): ValueType => ({ scalar, lanes });

export const local = (name: string, type: ValueType): Local => ({ kind: "local", name, type });

export const constantValue = (value: number | boolean, type: ValueType): Value => ({ kind: "constant", type, value });

/** The i32 value of an index. */
export const indexValue = (index: Index): Value =>
  index.terms.length === 0
    ? constantValue(index.constant, typeOf("i32"))
    : { kind: "index", type: typeOf("i32"), index };

export const load = (buffer: Buffer, index: Index, lanes: Lanes = 1): Value => ({
  kind: "load",
  type: typeOf(buffer.storage, lanes),
  buffer,
  index,
});

export const splat = (value: Value): Value => {
  if (value.type.lanes === 4) return value;
  const type = typeOf(value.type.scalar, 4);
  return value.kind === "constant" ? { ...value, type } : { kind: "splat", type, value };
};

export const laneOf = (value: Value, lane: 0 | 1 | 2 | 3): Value => {
  const type = typeOf(value.type.scalar);
  if (value.type.lanes === 1) return value;
  if (value.kind === "constant") return { ...value, type };
  if (value.kind === "splat") return value.value;
  if (value.kind === "vector") return value.values[lane];
  return { kind: "lane", type, value, lane };
};

export const vectorOf = (values: readonly [Value, Value, Value, Value]): Value => ({
  kind: "vector",
  type: typeOf(values[0].type.scalar, 4),
  values,
});

/** Ops whose result is of another type than their operands. */
const results: Partial<Record<BaseOp, Scalar>> = {
  equal: "bool",
  less: "bool",
  lessEqual: "bool",
  toF32: "f32",
  toI32: "i32",
  toU32: "u32",
  bitsToF32: "f32",
  f32ToBits: "i32",
};

/** A base operation, lane by lane; operands of one lane are spread where another has four. */
export const operation = (op: BaseOp, ...args: readonly Value[]): Value => {
  const lanes: Lanes = args.some((arg) => arg.type.lanes === 4) ? 4 : 1;
  const spread = lanes === 4 ? args.map(splat) : args;
  // select(condition, a, b) is of a's type.
  const like = (op === "select" ? spread[1] : spread[0]) as Value;
  return { kind: "op", type: typeOf(results[op] ?? like.type.scalar, lanes), op, args: spread };
};
