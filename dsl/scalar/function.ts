/**
 * A scalar function: one record with its name, meaning, derivative and expansion.
 *
 * The exported value is the meaning itself, so `scalar.erf(0.5)` is a number and stands in the lambda of a `map`; `of`
 * builds expressions; `record` is read by passes, printers and tests.
 */

import { type Constant, constant, type Expression, isConstant, type ScalarType, type Value } from "./expression.ts";

/** The partial derivative with respect to one argument; a number where it is constant. */
export type Partial = (args: readonly Expression[], out: Expression) => Expression | number;

/** An interval from which an argument is sampled, ends included. */
export type Interval = readonly [low: number, high: number];

export interface ScalarRecord {
  /** Equal to the name of the export. */
  readonly name: string;
  /** Type of the result for types of arguments; `undefined` where it does not accept them. */
  readonly signature: (types: readonly ScalarType[]) => ScalarType | undefined;
  readonly arity: number;
  /** The meaning on f32 (in f64 arithmetic) and on booleans. */
  // biome-ignore lint/suspicious/noExplicitAny: arguments are numbers or booleans, as the signature says
  readonly evaluate: (...args: any[]) => Value;
  /** The meaning on integers where JavaScript's float arithmetic is not it: wrapping, signed or not. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly integer?: { readonly i32: (...args: any[]) => Value; readonly u32: (...args: any[]) => Value };
  /** The meaning as one f32 step, where rounding the f64 meaning to f32 would round twice. */
  readonly single?: (...args: number[]) => number;
  /** The formula, for people. */
  readonly formula: string;
  /** One partial derivative an argument, with the rule at kinks; `"zero"` for steps and integer functions. */
  readonly derivative: readonly Partial[] | "zero";
  /** Where each argument is sampled by tests of derivatives. */
  readonly domain: readonly Interval[];
  /** Places along the first argument where the derivative jumps or the value does; tests of derivatives keep off. */
  readonly kinks?: readonly number[];
  /** `"base"` for what every target computes itself; else an expression over other scalar functions. */
  readonly expansion: "base" | ((...args: Expression[]) => Expression);
  /** Worst error of the expansion in f32 steps against the meaning, over `range`, in ulp of the result. */
  readonly ulp: number;
  /** Where `ulp` holds, for each argument; the domain if it is not given. NaN and infinities are right everywhere. */
  readonly range?: readonly Interval[];
}

/** A scalar function as passes see it. */
export interface ScalarFunction extends ScalarRecord {
  /** A call of the function; constants are folded. */
  readonly of: (...args: readonly (Expression | Value)[]) => Expression;
  /** The meaning for arguments of these types. */
  readonly meaningFor: (types: readonly ScalarType[]) => (...args: Value[]) => Value;
}

export type ScalarOp<Signature> = Signature & { readonly record: ScalarFunction; readonly of: ScalarFunction["of"] };

/** A constant beside typed arguments takes their type. */
const typed = (arg: Expression | Value, like: ScalarType): Expression => {
  if (typeof arg === "object") return arg;
  return typeof arg === "boolean" ? constant(arg) : constant(arg, like);
};

// biome-ignore lint/suspicious/noExplicitAny: as in the record
export const scalarFunction = <Signature extends (...args: any[]) => Value>(
  record: ScalarRecord & { readonly evaluate: Signature },
): ScalarOp<Signature> => {
  const meaningFor: ScalarFunction["meaningFor"] = (types) => {
    const type = types.find((type) => type !== "bool");
    return type === "i32" || type === "u32" ? (record.integer?.[type] ?? record.evaluate) : record.evaluate;
  };
  const of: ScalarFunction["of"] = (...args) => {
    const like = args.find((arg): arg is Expression => typeof arg === "object" && arg.type !== "bool")?.type ?? "f32";
    const typedArgs = args.map((arg) => typed(arg, like));
    const types = typedArgs.map(({ type }) => type);
    const type = types.length === record.arity ? record.signature(types) : undefined;
    if (type === undefined) throw new TypeError(`internal: scalar ${record.name} of ${types.join(", ")}`);
    if (typedArgs.every((arg): arg is Constant => isConstant(arg)))
      return constant(meaningFor(types)(...typedArgs.map(({ value }) => value)), type);
    return { kind: "call", fn, args: typedArgs, type };
  };
  const fn: ScalarFunction = { ...record, of, meaningFor };
  return Object.assign((...args: Parameters<Signature>) => record.evaluate(...args), {
    record: fn,
    of,
  }) as unknown as ScalarOp<Signature>;
};

/** A meaning on integers: the exact result of f, or `Math.imul`'s, to 32 bits. */
export const wrapping = (f: (...args: number[]) => number): Required<ScalarRecord>["integer"] => ({
  i32: (...args: number[]) => f(...args) | 0,
  u32: (...args: number[]) => f(...args) >>> 0,
});
