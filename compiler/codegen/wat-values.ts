/** Values of the loop IR as WebAssembly expressions. */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import { boundsOf, type Index } from "../kernel/index-expression.ts";
import type { Buffer, Condition, Local, Scalar, Value, ValueType } from "../kernel/kernel.ts";
import type { Addresses } from "./wat-addresses.ts";
import type { WatType } from "./wat-names.ts";
import { type OperationContext, printOperation, shiftByOne } from "./wat-operations.ts";
import { get, i32, sub } from "./wat-text.ts";

export interface ValueContext extends OperationContext {
  readonly addresses: Addresses;
  readonly nameOf: (local: Local) => string;
}

/** What a value is held in. Of a bool, one lane is the i32 0 or 1, and of four each has all bits or none. */
export const watTypeOf = ({ scalar, lanes }: ValueType): WatType =>
  lanes === 4 ? "v128" : scalar === "f32" ? "f32" : "i32";

const number = (value: number | boolean, scalar: Scalar): string => {
  if (scalar !== "f32") return String(Number(value) | 0);
  const rounded = Math.fround(Number(value));
  if (Number.isNaN(rounded)) return "nan";
  if (!Number.isFinite(rounded)) return rounded > 0 ? "inf" : "-inf";
  return Object.is(rounded, -0) ? "-0" : String(rounded);
};

const printConstant = (value: number | boolean, { scalar, lanes }: ValueType): string => {
  if (lanes === 1) return `(${scalar === "f32" ? "f32" : "i32"}.const ${number(value, scalar)})`;
  const lane = scalar === "bool" ? (value ? "-1" : "0") : number(value, scalar);
  return `(v128.const ${scalar === "f32" ? "f32x4" : "i32x4"} ${lane} ${lane} ${lane} ${lane})`;
};

/** `(instruction offset=… pointer operand)`; the lane stands before the pointer. */
const printAccess = (
  instruction: string,
  buffer: Buffer,
  index: Index,
  { addresses }: ValueContext,
  { lane = "", operand = "" } = {},
): string => {
  const { pointer, offset } = addresses.address(buffer, index);
  const immediates = `${offset === 0 ? "" : ` offset=${offset}`}${lane}`;
  return `(${instruction}${immediates} ${pointer}${operand})`;
};

type Load = Extract<Value, { readonly kind: "load" }>;

const printLoad = ({ type, buffer, index }: Load, context: ValueContext): string => {
  if (type.lanes === 1) return printAccess(`${watTypeOf(type)}.load`, buffer, index, context);
  const loaded = printAccess("v128.load", buffer, index, context);
  return type.scalar === "bool" ? `(i32x4.neg ${loaded})` : loaded;
};

const isLoad = (value: Value): value is Load => value.kind === "load";

/** One lane, as all four. */
const printSplat = (value: Value, context: ValueContext): string => {
  const { scalar } = value.type;
  const words = isLoad(value)
    ? printAccess("v128.load32_splat", value.buffer, value.index, context)
    : `(${scalar === "f32" ? "f32x4" : "i32x4"}.splat ${printValue(value, context)})`;
  return scalar === "bool" ? `(i32x4.neg ${words})` : words;
};

const printLane = (value: Value, lane: number, context: ValueContext): string => {
  const { scalar } = value.type;
  const extracted = `(${scalar === "f32" ? "f32x4" : "i32x4"}.extract_lane ${lane} ${printValue(value, context)})`;
  return scalar === "bool" ? `(i32.and ${extracted} (i32.const 1))` : extracted;
};

const printVector = (values: readonly Value[], scalar: Scalar, context: ValueContext): string => {
  const form = scalar === "f32" ? "f32x4" : "i32x4";
  const words = values.reduce((text, value, lane) => {
    if (isLoad(value)) {
      if (lane === 0) return printAccess("v128.load32_zero", value.buffer, value.index, context);
      const rest = { lane: ` ${lane}`, operand: ` ${text}` };
      return printAccess("v128.load32_lane", value.buffer, value.index, context, rest);
    }
    const printed = printValue(value, context);
    return lane === 0 ? `(${form}.splat ${printed})` : `(${form}.replace_lane ${lane} ${text} ${printed})`;
  }, "");
  return scalar === "bool" ? `(i32x4.neg ${words})` : words;
};

type Operation = Extract<Value, { readonly kind: "op" }>;

/** The number that each lane is: as one lane, if it is so made. */
const spread = (value: Value): Value | undefined => {
  if (value.kind === "splat") return value.value;
  return value.kind === "constant" ? { ...value, type: { ...value.type, lanes: 1 } } : undefined;
};

const bounds: Partial<Record<BaseOp, string>> = { min: "f32x4.pmin", max: "f32x4.pmax" };

/**
 * The smaller or the larger of four lanes and a constant: by the one instruction of processors, which keeps the first operand
 * unless the second is beyond it, and so NaN too. Only for zeros, whose signs it does not tell apart, IEEE's rule differs.
 */
const printBound = (op: BaseOp, args: readonly Value[], context: ValueContext): string | undefined => {
  const name = bounds[op];
  const [a, b] = args;
  if (name === undefined || a === undefined || b === undefined || a.type.lanes !== 4 || a.type.scalar !== "f32")
    return undefined;
  const [value, bound] = b.kind === "constant" ? [a, b] : [b, a];
  if (bound.kind !== "constant" || !Number(bound.value)) return undefined;
  return `(${name} ${printValue(value, context)} ${printValue(bound, context)})`;
};

const printCall = ({ type, op, args }: Operation, context: ValueContext): string => {
  const shift = type.lanes === 4 ? shiftByOne[op] : undefined;
  const [value, count] = args;
  const by = count && spread(count);
  if (shift !== undefined && value !== undefined && by !== undefined)
    return `(${shift} ${printValue(value, context)} ${printValue(by, context)})`;
  const bounded = printBound(op, args, context);
  if (bounded !== undefined) return bounded;
  const operand = (op === "select" ? args[1] : args[0]) as Value;
  return printOperation(
    op,
    operand.type,
    args.map((arg) => printValue(arg, context)),
    context,
  );
};

export const printValue = (value: Value, context: ValueContext): string => {
  switch (value.kind) {
    case "constant":
      return printConstant(value.value, value.type);
    case "local":
      return get(context.nameOf(value));
    case "index":
      return i32(context.addresses.index(value.index));
    case "load":
      return printLoad(value, context);
    case "op":
      return printCall(value, context);
    case "splat":
      return printSplat(value.value, context);
    case "lane":
      return printLane(value.value, value.lane, context);
    case "vector":
      return printVector(value.values, value.type.scalar, context);
  }
};

export const printStore = (buffer: Buffer, index: Index, value: Value, context: ValueContext): string => {
  const printed = printValue(value, context);
  const ones = value.type.scalar === "bool" && value.type.lanes === 4;
  const operand = ones ? ` (v128.and ${printed} (v128.const i32x4 1 1 1 1))` : ` ${printed}`;
  return printAccess(`${watTypeOf(value.type)}.store`, buffer, index, context, { operand });
};

/** An i32 that is 0 where a condition does not hold. A range is proved by the bounds of its index, wholly or in half. */
export const printCondition = (condition: Condition, context: ValueContext): string | undefined => {
  if (condition.kind === "value") return printValue(condition.value, context);
  const { index, low, high } = condition;
  const [least, most] = boundsOf(index);
  const [above, below] = [least >= low, most < high];
  if (above && below) return undefined;
  const value = context.addresses.index(index);
  if (above) return `(i32.lt_s ${i32(value)} (i32.const ${high}))`;
  if (below) return `(i32.ge_s ${i32(value)} (i32.const ${low}))`;
  // As an unsigned number, what lies below `low` lies above `high`.
  return high > low ? `(i32.lt_u ${i32(sub(value, low))} (i32.const ${high - low}))` : "(i32.const 0)";
};
