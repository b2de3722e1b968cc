/** The base operations in WGSL: one table from operation to text. */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import type { Scalar, ValueType } from "../kernel/kernel.ts";
import { wgslTypeOf } from "./wgsl-constants.ts";
import type { Range } from "./wgsl-ranges.ts";
import { bitwise, call, comparison, infix, prefix, product, sum, type WgslText, word } from "./wgsl-text.ts";

export interface Operand {
  readonly text: WgslText;
  readonly type: ValueType;
  /** The number that each lane is, where it is known. */
  readonly known: number | boolean | undefined;
  /** Between which numbers it lies. */
  readonly range: () => Range;
}

export interface OperationContext {
  /** The name of a function of the module's own. */
  readonly helper: (name: HelperName, lanes: ValueType["lanes"]) => string;
}

type Operation = (args: readonly Operand[], context: OperationContext) => WgslText;

const texts = (args: readonly Operand[]): WgslText[] => args.map(({ text }) => text);
const typeOfFirst = (args: readonly Operand[]): ValueType => (args[0] as Operand).type;
const scalarOfFirst = (args: readonly Operand[]): Scalar => typeOfFirst(args).scalar;

const between =
  (operator: string, level: number): Operation =>
  (args) => {
    const [a, b] = texts(args) as [WgslText, WgslText];
    return infix(operator, level, a, b);
  };
const named =
  (name: string): Operation =>
  (args) =>
    call(name, ...texts(args));
const first: Operation = ([x]) => (x as Operand).text;

/** Shifts are by the low five bits, which WGSL wants as a u32. */
const shift =
  (operator: string): Operation =>
  ([x, by]) => {
    const { text, type, known } = by as Operand;
    const unsigned: ValueType = { scalar: "u32", lanes: type.lanes };
    const name = wgslTypeOf(unsigned);
    const wrap = (count: WgslText): WgslText => (type.lanes === 4 ? call(name, count) : count);
    const count =
      known !== undefined
        ? wrap(word(`${Number(known) & 31}u`))
        : infix("&", bitwise, type.scalar === "u32" ? text : call(name, text), wrap(word("31u")));
    return infix(operator, bitwise, (x as Operand).text, count);
  };

/** WGSL gives x / 0 = x. A known divisor may stand as it is, but for −1, which may overflow. */
const divide: Operation = (args, { helper }) => {
  const [a, b] = args as [Operand, Operand];
  const { scalar, lanes } = a.type;
  if (scalar === "f32" || (typeof b.known === "number" && b.known !== 0 && b.known !== -1))
    return infix("/", product, a.text, b.text);
  return call(helper(scalar === "i32" ? "divide_i32" : "divide_u32", lanes), a.text, b.text);
};

/** Far inside of what integers hold. */
const isIn = ([low, high]: Range, scalar: Scalar): boolean =>
  low >= (scalar === "i32" ? -(2 ** 30) : 0) && high <= 2 ** 30;

const convert =
  (scalar: "f32" | "i32" | "u32"): Operation =>
  (args, { helper }) => {
    const [x] = args as [Operand];
    const { lanes } = x.type;
    if (x.type.scalar === scalar) return x.text;
    if (x.type.scalar === "f32" && !isIn(x.range(), scalar))
      return call(helper(scalar === "i32" ? "saturate_i32" : "saturate_u32", lanes), x.text);
    return call(wgslTypeOf({ scalar, lanes }), x.text);
  };

const operations = {
  add: between("+", sum),
  sub: between("-", sum),
  mul: between("*", product),
  div: divide,
  neg: (args) => {
    const [x] = args as [Operand];
    const { scalar, lanes } = x.type;
    return scalar === "u32" ? infix("-", sum, word(lanes === 4 ? "vec4u()" : "0u"), x.text) : prefix("-", x.text);
  },
  abs: (args, context) => (scalarOfFirst(args) === "u32" ? first(args, context) : named("abs")(args, context)),
  fma: named("fma"),
  sqrt: named("sqrt"),
  floor: named("floor"),
  ceil: named("ceil"),
  trunc: named("trunc"),
  // WGSL's is half to even.
  nearest: named("round"),
  min: named("min"),
  max: named("max"),
  equal: between("==", comparison),
  less: between("<", comparison),
  lessEqual: between("<=", comparison),
  select: (args) => {
    const [condition, a, b] = texts(args) as [WgslText, WgslText, WgslText];
    return call("select", b, a, condition);
  },
  and: between("&", bitwise),
  or: between("|", bitwise),
  xor: (args, context) =>
    scalarOfFirst(args) === "bool" ? between("!=", comparison)(args, context) : between("^", bitwise)(args, context),
  not: (args) => {
    const [x] = args as [Operand];
    return prefix(x.type.scalar === "bool" ? "!" : "~", x.text);
  },
  shl: shift("<<"),
  shrs: shift(">>"),
  shru: shift(">>"),
  toF32: convert("f32"),
  toI32: convert("i32"),
  toU32: convert("u32"),
  bitsToF32: (args) => call(`bitcast<${wgslTypeOf({ ...typeOfFirst(args), scalar: "f32" })}>`, ...texts(args)),
  f32ToBits: (args) => call(`bitcast<${wgslTypeOf({ ...typeOfFirst(args), scalar: "i32" })}>`, ...texts(args)),
} satisfies Record<BaseOp, Operation>;

export const printOperation = (op: BaseOp, args: readonly Operand[], context: OperationContext): WgslText =>
  (operations[op] as Operation)(args, context);

/** Functions that texts call, for one lane; the same text in types of four lanes does four. */
const helpers = {
  divide_i32: `(a: i32, b: i32) -> i32 {
  return select(a / b, i32(), b == i32());
}`,
  divide_u32: `(a: u32, b: u32) -> u32 {
  return select(a / b, u32(), b == u32());
}`,
  // WGSL stops at 2147483520, the last f32 below 2³¹. NaN is told by its bits: comparisons may assume there is none.
  saturate_i32: `(x: f32) -> i32 {
  let inside = select(i32(x), i32(2147483647), x >= f32(2147483648));
  return select(inside, i32(), (bitcast<u32>(x) & u32(0x7fffffff)) > u32(0x7f800000));
}`,
  saturate_u32: `(x: f32) -> u32 {
  let inside = select(u32(max(x, f32())), u32(4294967295), x >= f32(4294967296));
  return select(inside, u32(), (bitcast<u32>(x) & u32(0x7fffffff)) > u32(0x7f800000));
}`,
  // `nothing` is 0, which no compiler can know.
  hidden: `(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ u32(nothing));
}`,
} as const;

export type HelperName = keyof typeof helpers;

export const printHelper = (helper: HelperName, lanes: ValueType["lanes"], name: string): string => {
  const text = helpers[helper];
  return `fn ${name}${lanes === 1 ? text : text.replace(/\b([fiu])32\b/g, "vec4$1")}`;
};
