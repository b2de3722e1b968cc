/** The base operations in WebAssembly: one table from operation to text, for each type of the first arithmetic operand. */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import type { Scalar, ValueType } from "../kernel/kernel.ts";
import type { WatType } from "./wat-names.ts";

/** What an operation may ask of the function that it stands in. */
export interface OperationContext {
  readonly relaxed: boolean;
  /** A local variable of the caller's own. */
  readonly temporary: (type: WatType) => string;
  /** A function of the module's own: what takes more than a few instructions. */
  readonly helper: (name: HelperName) => string;
}

type Operation = string | ((args: readonly string[], context: OperationContext) => string);
type Key = Scalar | `${Scalar}x4`;
/** Types that are left out have no such operation. */
type Row = Partial<Record<Key, Operation>>;

/** Names of instructions, by the type of operands. */
const row = (single: Row, vector: Row = {}): Row => ({ ...single, ...vector });
const floats = (name: string): Row => ({ f32: `f32.${name}`, f32x4: `f32x4.${name}` });
const integers = (name: string): Row => ({
  i32: `i32.${name}`,
  u32: `i32.${name}`,
  i32x4: `i32x4.${name}`,
  u32x4: `i32x4.${name}`,
});
const wordwise = (name: string): Row => ({
  i32: `i32.${name}`,
  u32: `i32.${name}`,
  bool: `i32.${name}`,
  i32x4: `v128.${name}`,
  u32x4: `v128.${name}`,
  boolx4: `v128.${name}`,
});

const same: Operation = ([x]) => x as string;
const negated: Operation = ([x]) => `(i32.sub (i32.const 0) ${x})`;
const ones = "(v128.const i32x4 1 1 1 1)";
const helper =
  (name: HelperName): Operation =>
  (args, context) =>
    `(call $${context.helper(name)} ${args.join(" ")})`;
/** The first operand where it compares so with the second, else the second. */
const firstWhere =
  (comparison: string): Operation =>
  ([a, b], { temporary }) => {
    const [x, y] = [temporary("i32"), temporary("i32")];
    return `(select (local.tee $${x} ${a}) (local.tee $${y} ${b}) (${comparison} (local.get $${x}) (local.get $${y})))`;
  };
const magnitude: Operation = ([a], { temporary }) => {
  const x = temporary("i32");
  return `(select (local.tee $${x} ${a}) (i32.sub (i32.const 0) (local.get $${x})) (i32.ge_s (local.get $${x}) (i32.const 0)))`;
};
const chosen: Operation = ([condition, a, b]) => `(select ${a} ${b} ${condition})`;
const blended: Operation = ([condition, a, b]) => `(v128.bitselect ${a} ${b} ${condition})`;

const operations = {
  add: row(floats("add"), integers("add")),
  sub: row(floats("sub"), integers("sub")),
  mul: row(floats("mul"), integers("mul")),
  div: row(floats("div"), {
    i32: helper("i32_div"),
    u32: helper("u32_div"),
    i32x4: helper("i32x4_div"),
    u32x4: helper("u32x4_div"),
  }),
  neg: row(floats("neg"), { i32: negated, u32: negated, i32x4: "i32x4.neg", u32x4: "i32x4.neg" }),
  abs: row(floats("abs"), { i32: magnitude, u32: same, i32x4: "i32x4.abs", u32x4: same }),
  fma: {
    f32: ([a, b, c]) => `(f32.add ${c} (f32.mul ${a} ${b}))`,
    f32x4: ([a, b, c], { relaxed }) =>
      relaxed ? `(f32x4.relaxed_madd ${a} ${b} ${c})` : `(f32x4.add ${c} (f32x4.mul ${a} ${b}))`,
  },
  sqrt: floats("sqrt"),
  floor: floats("floor"),
  ceil: floats("ceil"),
  trunc: floats("trunc"),
  nearest: floats("nearest"),
  min: row(floats("min"), {
    i32: firstWhere("i32.lt_s"),
    u32: firstWhere("i32.lt_u"),
    i32x4: "i32x4.min_s",
    u32x4: "i32x4.min_u",
  }),
  max: row(floats("max"), {
    i32: firstWhere("i32.gt_s"),
    u32: firstWhere("i32.gt_u"),
    i32x4: "i32x4.max_s",
    u32x4: "i32x4.max_u",
  }),
  equal: row(floats("eq"), row(integers("eq"), { bool: "i32.eq", boolx4: "i32x4.eq" })),
  less: row(floats("lt"), { i32: "i32.lt_s", u32: "i32.lt_u", i32x4: "i32x4.lt_s", u32x4: "i32x4.lt_u" }),
  lessEqual: row(floats("le"), { i32: "i32.le_s", u32: "i32.le_u", i32x4: "i32x4.le_s", u32x4: "i32x4.le_u" }),
  select: {
    f32: chosen,
    i32: chosen,
    u32: chosen,
    bool: chosen,
    f32x4: blended,
    i32x4: blended,
    u32x4: blended,
    boolx4: blended,
  },
  and: wordwise("and"),
  or: wordwise("or"),
  xor: wordwise("xor"),
  not: {
    bool: "i32.eqz",
    i32: ([x]) => `(i32.xor ${x} (i32.const -1))`,
    u32: ([x]) => `(i32.xor ${x} (i32.const -1))`,
    boolx4: "v128.not",
    i32x4: "v128.not",
    u32x4: "v128.not",
  },
  // WebAssembly shifts by the low five bits. Four lanes are shifted by one number: `shiftByOne` below.
  shl: row(
    { i32: "i32.shl", u32: "i32.shl" },
    {
      i32x4: helper("i32x4_shl"),
      u32x4: helper("i32x4_shl"),
    },
  ),
  shrs: { i32: "i32.shr_s", i32x4: helper("i32x4_shr_s") },
  shru: { u32: "i32.shr_u", u32x4: helper("i32x4_shr_u") },
  toF32: {
    f32: same,
    i32: "f32.convert_i32_s",
    u32: "f32.convert_i32_u",
    bool: "f32.convert_i32_u",
    f32x4: same,
    i32x4: "f32x4.convert_i32x4_s",
    u32x4: "f32x4.convert_i32x4_u",
    boolx4: ([x]) => `(v128.and ${x} (v128.const f32x4 1 1 1 1))`,
  },
  toI32: {
    f32: "i32.trunc_sat_f32_s",
    i32: same,
    u32: same,
    bool: same,
    f32x4: "i32x4.trunc_sat_f32x4_s",
    i32x4: same,
    u32x4: same,
    boolx4: ([x]) => `(v128.and ${x} ${ones})`,
  },
  toU32: {
    f32: "i32.trunc_sat_f32_u",
    i32: same,
    u32: same,
    bool: same,
    f32x4: "i32x4.trunc_sat_f32x4_u",
    i32x4: same,
    u32x4: same,
    boolx4: ([x]) => `(v128.and ${x} ${ones})`,
  },
  bitsToF32: { i32: "f32.reinterpret_i32", i32x4: same },
  f32ToBits: { f32: "i32.reinterpret_f32", f32x4: same },
} satisfies Record<BaseOp, Row>;

/** Shifts of four lanes by one number. */
export const shiftByOne: Partial<Record<BaseOp, string>> = {
  shl: "i32x4.shl",
  shrs: "i32x4.shr_s",
  shru: "i32x4.shr_u",
};

/** An operation on operands of this type: of `select`, the type of what is chosen. */
export const printOperation = (
  op: BaseOp,
  { scalar, lanes }: ValueType,
  args: readonly string[],
  context: OperationContext,
): string => {
  const key: Key = lanes === 1 ? scalar : `${scalar}x4`;
  const operation = (operations[op] as Row)[key];
  if (operation === undefined) throw new Error(`internal: WebAssembly has no ${op} of ${key}`);
  return typeof operation === "string" ? `(${operation} ${args.join(" ")})` : operation(args, context);
};

const lanewise = (name: string, of: (a: string, b: string) => string): string =>
  `(func $${name} (param $a v128) (param $b v128) (result v128)
  ${[0, 1, 2, 3].reduce(
    (text, lane) =>
      `(i32x4.replace_lane ${lane} ${text} ${of(`(i32x4.extract_lane ${lane} (local.get $a))`, `(i32x4.extract_lane ${lane} (local.get $b))`)})`,
    "(local.get $a)",
  )})`;
const called =
  (name: string) =>
  (a: string, b: string): string =>
    `(call $${name} ${a} ${b})`;
const instruction =
  (name: string) =>
  (a: string, b: string): string =>
    `(${name} ${a} ${b})`;

/** Functions that others call, after those that they call. */
const helpers = {
  // A quotient by zero is 0; by −1 it is the negative, without the overflow that WebAssembly traps.
  i32_div: `(func $i32_div (param $a i32) (param $b i32) (result i32)
  (if (i32.eqz (local.get $b)) (then (return (i32.const 0))))
  (if (i32.eq (local.get $b) (i32.const -1)) (then (return (i32.sub (i32.const 0) (local.get $a)))))
  (i32.div_s (local.get $a) (local.get $b)))`,
  u32_div: `(func $u32_div (param $a i32) (param $b i32) (result i32)
  (if (i32.eqz (local.get $b)) (then (return (i32.const 0))))
  (i32.div_u (local.get $a) (local.get $b)))`,
  i32x4_div: lanewise("i32x4_div", called("i32_div")),
  u32x4_div: lanewise("u32x4_div", called("u32_div")),
  i32x4_shl: lanewise("i32x4_shl", instruction("i32.shl")),
  i32x4_shr_s: lanewise("i32x4_shr_s", instruction("i32.shr_s")),
  i32x4_shr_u: lanewise("i32x4_shr_u", instruction("i32.shr_u")),
} as const;

export type HelperName = keyof typeof helpers;

/** The text of the helpers, with those that they call. */
export const printHelpers = (used: ReadonlySet<HelperName>): string[] => {
  const all = new Set<HelperName>(used);
  if (used.has("i32x4_div")) all.add("i32_div");
  if (used.has("u32x4_div")) all.add("u32_div");
  return (Object.keys(helpers) as HelperName[]).filter((name) => all.has(name)).map((name) => helpers[name]);
};
