/** Text of scalar expressions, as a formula of named inputs; what is used twice gets a name. */

import { type Expression, nodesOf } from "../../dsl/scalar/expression.ts";

const infix: Readonly<Record<string, readonly [text: string, precedence: number]>> = {
  or: ["||", 1],
  and: ["&&", 2],
  equal: ["===", 3],
  less: ["<", 4],
  lessEqual: ["<=", 4],
  greater: [">", 4],
  greaterEqual: [">=", 4],
  add: ["+", 5],
  sub: ["-", 5],
  mul: ["*", 6],
  div: ["/", 6],
  rem: ["%", 6],
};

const showNumber = (value: number | boolean): string =>
  typeof value === "number" && !Number.isInteger(value) && Number.isFinite(value)
    ? `${Number(value.toPrecision(9))}`
    : `${value}`;

/** One line, `const` parts first: `t0 = …; x * t0 + t0`. */
export const printExpression = (root: Expression, inputs: readonly string[]): string => {
  const nodes = nodesOf(root);
  const uses = new Map<Expression, number>();
  for (const node of nodes)
    if (node.kind === "call") for (const arg of node.args) uses.set(arg, (uses.get(arg) ?? 0) + 1);
  const text = new Map<Expression, readonly [text: string, precedence: number]>();
  const lines: string[] = [];
  for (const node of nodes) {
    let shown: readonly [string, number];
    if (node.kind === "input") shown = [inputs[node.index] ?? `x${node.index}`, 9];
    else if (node.kind === "constant")
      shown = [showNumber(node.value), typeof node.value === "number" && node.value < 0 ? 5 : 9];
    else
      shown = printCall(
        node.fn.name,
        node.args.map((arg) => text.get(arg) as readonly [string, number]),
      );
    if (node.kind === "call" && node !== root && (uses.get(node) ?? 0) > 1) {
      const name = `t${lines.length}`;
      lines.push(`${name} = ${shown[0]}`);
      shown = [name, 9];
    }
    text.set(node, shown);
  }
  return [...lines, (text.get(root) as readonly [string, number])[0]].join("; ");
};

const printCall = (name: string, args: readonly (readonly [string, number])[]): readonly [string, number] => {
  const operator = infix[name];
  const [a, b, c] = args as [readonly [string, number], readonly [string, number], readonly [string, number]];
  const inside = ([text, precedence]: readonly [string, number], least: number): string =>
    precedence < least ? `(${text})` : text;
  if (operator !== undefined && args.length === 2) {
    const [symbol, precedence] = operator;
    return [`${inside(a, precedence)} ${symbol} ${inside(b, precedence + 1)}`, precedence];
  }
  if (name === "neg") return [`-${inside(a, 7)}`, 6];
  if (name === "select") return [`${inside(a, 1)} ? ${inside(b, 1)} : ${inside(c, 0)}`, 0];
  return [`${name}(${args.map(([text]) => text).join(", ")})`, 9];
};
