/**
 * A scalar function: one record with its name, meaning, derivative and expansion.
 *
 * The exported value is the meaning itself, so `scalar.erf(0.5)` is a number and stands in the lambda of a `map`; `of`
 * builds expressions; `record` is read by passes, printers and tests.
 */

import { type Constant, constant, type Expression, isConstant, type ScalarType } from "./expression.ts";

type Value = number | boolean;
/** The partial derivative with respect to one argument. */
export type Partial = (args: readonly Expression[], out: Expression) => Expression | number;

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
  /** The formula, for people. */
  readonly formula: string;
  /** One partial derivative an argument, with the rule at kinks; `"zero"` for steps and integer functions. */
  readonly derivative: readonly Partial[] | "zero";
  /** Where each argument is sampled by tests, ends included. */
  readonly domain: readonly (readonly [number, number])[];
  /** Places along the first argument where the derivative jumps or the value does; tests of derivatives keep off. */
  readonly kinks?: readonly number[];
  /** `"base"` for what every target computes itself; else an expression over base operations. */
  readonly expansion: "base" | ((...args: Expression[]) => Expression);
  /** Worst error of the expansion in f32 steps against the meaning, over the domain, in ulp of the result. */
  readonly ulp: number;
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
const typed = (arg: Expression | Value, like: ScalarType): Expression =>
  typeof arg === "object"
    ? arg
    : typeof arg === "boolean"
      ? constant(arg)
      : constant(arg, like === "bool" ? "f32" : like);

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
    const type = record.signature(types);
    if (type === undefined) throw new TypeError(`internal: scalar ${record.name} of ${types.join(", ")}`);
    if (typedArgs.every((arg): arg is Constant => isConstant(arg))) {
      return constant(meaningFor(types)(...typedArgs.map(({ value }) => value)), type);
    }
    return { kind: "call", fn, args: typedArgs, type };
  };
  const fn: ScalarFunction = { ...record, of, meaningFor };
  return Object.assign((...args: Parameters<Signature>) => record.evaluate(...args), {
    record: fn,
    of,
  }) as unknown as ScalarOp<Signature>;
};

/** Signatures. */
export const floats =
  (arity: number) =>
  (types: readonly ScalarType[]): ScalarType | undefined =>
    types.length === arity && types.every((type) => type === "f32") ? "f32" : undefined;
export const numerics =
  (arity: number) =>
  (types: readonly ScalarType[]): ScalarType | undefined =>
    types.length === arity && types[0] !== "bool" && types.every((type) => type === types[0]) ? types[0] : undefined;
export const compares = (types: readonly ScalarType[]): ScalarType | undefined =>
  types.length === 2 && types[0] === types[1] ? "bool" : undefined;
