/** Values of the loop IR as WGSL expressions, accesses to memory and conditions. */

import { baseRecordOf } from "../kernel/base-record.ts";
import { boundsOf, type Index, offsetIndex, quotient, remainder } from "../kernel/index-expression.ts";
import type { Buffer, Condition, Local, Value, ValueType } from "../kernel/kernel.ts";
import { constantValue, laneOf, splat, vectorOf } from "../kernel/values.ts";
import { printConstant, wgslTypeOf } from "./wgsl-constants.ts";
import { type Block, type IndexContext, nameIndex, printIndex } from "./wgsl-index.ts";
import { type OperationContext, printOperation } from "./wgsl-operations.ts";
import { type Range, rangeOf } from "./wgsl-ranges.ts";
import { sumsTakenApart } from "./wgsl-sums.ts";
import { call, comparison, element, infix, member, primary, sum, type WgslText, word } from "./wgsl-text.ts";

export interface ValueContext extends IndexContext, OperationContext {
  readonly nameOfLocal: (local: Local) => string;
  readonly nameOfBuffer: (buffer: Buffer) => string;
  readonly isVector: (buffer: Buffer) => boolean;
  /** Between which numbers locals lie, where it is known. */
  readonly ranges: Map<Local, Range>;
  /** What f32 locals that do not change are bound to. */
  readonly definitions: Map<Local, Value>;
  /** An f32 by its bits. */
  readonly bits: (pattern: number) => WgslText;
}

const lanes = ["x", "y", "z", "w"] as const;

/** Longer and deeper expressions are parted: people read lines, and compilers have limits. */
const longest = 100;
const deepest = 24;

/** The value as one word, bound before the current line. */
export const nameValue = (wanted: string, text: WgslText, block: Block, context: IndexContext): WgslText => {
  const name = context.fresh(wanted);
  block.lines.push(`let ${name} = ${text.text};`);
  return word(name);
};

/** Operations on constants are done here: WGSL refuses those whose result is no number or overflows. */
const folded = (value: Value): Value => {
  switch (value.kind) {
    case "op": {
      const args = value.args.map(folded);
      const numbers = args.flatMap((arg) => (arg.kind === "constant" ? [arg.value] : []));
      if (numbers.length < args.length) return { ...value, args };
      const result = baseRecordOf(value.op).meaningFor(args.map(({ type }) => type.scalar))(...numbers);
      return constantValue(value.type.scalar === "f32" ? Math.fround(Number(result)) : result, value.type);
    }
    case "splat":
      return splat(folded(value.value));
    case "lane":
      return laneOf(folded(value.value), value.lane);
    case "vector": {
      const [a, b, c, d] = value.values;
      return vectorOf([folded(a), folded(b), folded(c), folded(d)]);
    }
    default:
      return value;
  }
};

/** The number that each lane is. */
const knownOf = (value: Value): number | boolean | undefined => (value.kind === "constant" ? value.value : undefined);

const zeroOf = ({ lanes }: ValueType): WgslText => word(lanes === 4 ? "vec4u()" : "0u");

/** The element or the vector at an index: a place to read and to write. */
export const printPlace = (
  buffer: Buffer,
  index: Index,
  { lanes: width }: ValueType,
  block: Block,
  context: ValueContext,
): WgslText => {
  const name = context.nameOfBuffer(buffer);
  if (!context.isVector(buffer)) return element(name, printIndex(index, block, context));
  const vector = element(name, printIndex(quotient(index, 4), block, context));
  if (width === 4) return vector;
  const lane = remainder(index, 4);
  return lane.terms.length === 0
    ? member(vector, lanes[lane.constant] as string)
    : element(vector.text, printIndex(lane, block, context));
};

/** The four places of neighbours, one by one. */
export const printPlaces = (buffer: Buffer, index: Index, block: Block, context: ValueContext): WgslText[] => {
  const start = index.terms.length === 0 ? 0 : Math.min(0, index.constant);
  const first = index.constant - start;
  const at = nameIndex({ ...index, constant: start }, `${buffer.name}_at`, block, context);
  return lanes.map((_, lane) => {
    const by = word(`${first + lane}u`);
    const place = index.terms.length === 0 ? by : first + lane === 0 ? at : infix("+", sum, at, by);
    return element(context.nameOfBuffer(buffer), place);
  });
};

type Load = Extract<Value, { readonly kind: "load" }>;

const printLoad = ({ type, buffer, index }: Load, block: Block, context: ValueContext): WgslText => {
  const stored: ValueType = type.scalar === "bool" ? { ...type, scalar: "u32" } : type;
  const loaded =
    type.lanes === 4 && !context.isVector(buffer)
      ? call(wgslTypeOf(stored), ...printPlaces(buffer, index, block, context))
      : printPlace(buffer, index, type, block, context);
  return type.scalar === "bool" ? infix("!=", comparison, loaded, zeroOf(type)) : loaded;
};

const printWhole = (value: Value, block: Block, context: ValueContext): WgslText => {
  switch (value.kind) {
    case "constant":
      return printConstant(value.value, value.type, context.bits);
    case "local":
      return word(context.nameOfLocal(value));
    case "index":
      return call("i32", printIndex(value.index, block, context));
    case "load":
      return printLoad(value, block, context);
    case "op": {
      const hidden = sumsTakenApart(value, context.definitions);
      const args = value.args.map((arg, i) => ({
        text: hidden[i] ? printHidden(arg, block, context) : printValue(arg, block, context),
        type: arg.type,
        known: knownOf(arg),
        range: () => rangeOf(arg, context.ranges),
      }));
      return printOperation(value.op, args, context);
    }
    case "splat":
      return call(wgslTypeOf(value.type), printValue(value.value, block, context));
    case "lane":
      if (value.value.kind === "load") {
        const index = offsetIndex(value.value.index, value.lane);
        return printLoad({ ...value.value, type: value.type, index }, block, context);
      }
      return member(printValue(value.value, block, context), lanes[value.lane]);
    case "vector":
      return call(wgslTypeOf(value.type), ...value.values.map((each) => printValue(each, block, context)));
  }
};

/** A value of which the device does not know how it was computed. */
const printHidden = (value: Value, block: Block, context: ValueContext): WgslText =>
  call(context.helper("hidden", value.type.lanes), printValue(value, block, context));

/** A part of an expression. */
const printValue = (value: Value, block: Block, context: ValueContext): WgslText => {
  const text = printWhole(value, block, context);
  const short = text.text.length <= longest && text.depth <= deepest;
  return short || (text.level === primary && value.kind !== "op") ? text : nameValue("part", text, block, context);
};

/** A whole expression: what a statement computes. */
export const printExpression = (value: Value, block: Block, context: ValueContext): WgslText =>
  printWhole(folded(value), block, context);

/** What a store writes: a bool is a u32 in memory. */
export const printStored = (value: Value, block: Block, context: ValueContext): WgslText => {
  const text = printExpression(value, block, context);
  return value.type.scalar === "bool" ? call(wgslTypeOf({ ...value.type, scalar: "u32" }), text) : text;
};

/** Whether the condition holds; a range is proved by the bounds of its index, wholly or in half. */
export const printCondition = (condition: Condition, block: Block, context: ValueContext): WgslText | boolean => {
  if (condition.kind === "value") {
    const value = folded(condition.value);
    return value.kind === "constant" ? Boolean(value.value) : printExpression(value, block, context);
  }
  const { index, low, high } = condition;
  const [least, most] = boundsOf(index);
  if (least >= low && most < high) return true;
  if (high <= low || most < low || least >= high) return false;
  const text = (of: Index): WgslText => printIndex(of, block, context);
  if (least >= 0 && most < high) return infix(">=", comparison, text(index), word(`${low}u`));
  // As a u32, what lies below `low` lies above `high`.
  const start = least >= 0 && least >= low ? 0 : low;
  return infix("<", comparison, text(offsetIndex(index, -start)), word(`${high - start}u`));
};
