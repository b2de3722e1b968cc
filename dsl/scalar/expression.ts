/**
 * Scalar expressions: what a `map` computes for one element, as data.
 *
 *   expression = input i | constant c | f(expression, …)        each with a scalar type
 *
 * An expression is differentiated symbolically, expanded to base operations, and printed by each target.
 */

import type { ScalarFunction } from "./function.ts";

/** Arithmetic types of an element: f16 is storage, and computes in f32. */
export type ScalarType = "f32" | "i32" | "u32" | "bool";

export type Expression = Input | Constant | Call;

export interface Input {
  readonly kind: "input";
  readonly index: number;
  readonly type: ScalarType;
}

export interface Constant {
  readonly kind: "constant";
  readonly value: number | boolean;
  readonly type: ScalarType;
}

export interface Call {
  readonly kind: "call";
  readonly fn: ScalarFunction;
  readonly args: readonly Expression[];
  readonly type: ScalarType;
}

export const input = (index: number, type: ScalarType = "f32"): Input => ({ kind: "input", index, type });

export const constant = (
  value: number | boolean,
  type: ScalarType = typeof value === "boolean" ? "bool" : "f32",
): Constant => ({
  kind: "constant",
  value,
  type,
});

export const isConstant = (expression: Expression, value?: number | boolean): expression is Constant =>
  expression.kind === "constant" && (value === undefined || expression.value === value);

/** Visits each distinct node once, operands before the calls that use them. */
export const nodesOf = (root: Expression): Expression[] => {
  const order: Expression[] = [];
  const seen = new Set<Expression>();
  const visit = (node: Expression): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "call") for (const arg of node.args) visit(arg);
    order.push(node);
  };
  visit(root);
  return order;
};

/** The expression with each input replaced. */
export const substitute = (root: Expression, replace: (node: Input) => Expression): Expression => {
  const done = new Map<Expression, Expression>();
  for (const node of nodesOf(root)) {
    if (node.kind === "input") done.set(node, replace(node));
    else if (node.kind === "constant") done.set(node, node);
    else {
      const args = node.args.map((arg) => done.get(arg) as Expression);
      done.set(node, args.every((arg, i) => arg === node.args[i]) ? node : node.fn.of(...args));
    }
  }
  return done.get(root) as Expression;
};

export type Value = number | boolean;

/** What one call computes. */
type Meaning = (...args: Value[]) => Value;

const meaningOf = ({ fn, args }: Call): Meaning => fn.meaningFor(args.map(({ type }) => type));

/**
 * The JavaScript function of an expression: arguments by input index, f64 throughout.
 *
 * Another meaning of calls and constants may be given: `singleFunction` rounds them to f32.
 */
export const toFunction = (
  root: Expression,
  callMeaning: (call: Call) => Meaning = meaningOf,
  constantMeaning: (constant: Constant) => Value = ({ value }) => value,
): ((...inputs: readonly Value[]) => Value) => {
  if (root.kind === "call" && root.args.every((arg, i) => arg.kind === "input" && arg.index === i))
    return callMeaning(root);
  const nodes = nodesOf(root);
  const place = new Map(nodes.map((node, i) => [node, i]));
  const values = new Array<Value>(nodes.length);
  const steps = nodes.flatMap((node, i): ((inputs: readonly Value[]) => void)[] => {
    const put = (value: Value): void => {
      values[i] = value;
    };
    if (node.kind === "input") return [(inputs) => put(inputs[node.index] as Value)];
    if (node.kind === "constant") {
      put(constantMeaning(node));
      return [];
    }
    const evaluate = callMeaning(node);
    const places = node.args.map((arg) => place.get(arg) as number);
    const at = (argument: number): Value => values[places[argument] as number] as Value;
    if (places.length === 1) return [() => put(evaluate(at(0)))];
    if (places.length === 2) return [() => put(evaluate(at(0), at(1)))];
    if (places.length === 3) return [() => put(evaluate(at(0), at(1), at(2)))];
    return [() => put(evaluate(...places.map((place) => values[place] as Value)))];
  });
  return (...inputs) => {
    for (const step of steps) step(inputs);
    return values[nodes.length - 1] as Value;
  };
};
