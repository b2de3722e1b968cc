/** The scalar expression of a map as nodes of a graph, which broadcast as ONNX does. */

import type { DType } from "../../../dsl/dtype.ts";
import { type Call, type Expression, nodesOf } from "../../../dsl/scalar/expression.ts";
import type { Builder } from "./graph.ts";

/** Functions that ONNX has under another name. */
const named: Readonly<Record<string, string>> = {
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  neg: "Neg",
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  reciprocal: "Reciprocal",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  erf: "Erf",
  sin: "Sin",
  cos: "Cos",
  abs: "Abs",
  max: "Max",
  min: "Min",
  equal: "Equal",
  less: "Less",
  lessEqual: "LessOrEqual",
  select: "Where",
};

const casts: Readonly<Record<string, number>> = { toF32: 1, toI32: 6, toU32: 12, toBool: 9 };

/** The name of the result, for operands of these names. */
export const scalarNodes = (root: Expression, operands: readonly string[], { node, scalar }: Builder): string => {
  const found = new Map<Expression, string>();
  const callNodes = (call: Call): string => {
    const { fn } = call;
    const args = call.args.map((arg) => found.get(arg) as string);
    if (named[fn.name]) return node(named[fn.name] as string, args);
    if (casts[fn.name]) return node("Cast", args, { to: casts[fn.name] as number });
    const [x] = args as [string];
    if (fn.name === "square") return node("Mul", [x, x]);
    if (fn.name === "rsqrt") return node("Reciprocal", [node("Sqrt", args)]);
    // The form that ORT's optimiser knows.
    if (fn.name === "silu") return node("Mul", [x, node("Sigmoid", args)]);
    if (fn.expansion === "base") throw new Error(`no ONNX operation is known for ${fn.name}; add it to the table`);
    return visit(fn.expansion(...call.args));
  };
  const visit = (top: Expression): string => {
    for (const each of nodesOf(top)) {
      if (found.has(each)) continue;
      if (each.kind === "input") found.set(each, operands[each.index] as string);
      else if (each.kind === "constant") found.set(each, scalar(Number(each.value), each.type as DType));
      else found.set(each, callNodes(each));
    }
    return found.get(top) as string;
  };
  return visit(root);
};
