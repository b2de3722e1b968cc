/** Lambdas of `map` as text: random expressions of one element. */

import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import * as scalar from "../../dsl/scalar/index.ts";
import type { Choices } from "./programs-choices.ts";

type Type = "f32" | "i32" | "u32" | "bool";

interface Variable {
  readonly name: string;
  readonly type: Type;
  readonly bound: number;
}

interface Formula {
  readonly text: string;
  readonly bound: number;
}

interface Context {
  readonly choices: Choices;
  readonly variables: readonly Variable[];
  readonly type: Exclude<Type, "bool">;
}

/** A function of floats, as it is written in a lambda. */
interface Callable {
  readonly text: string;
  readonly record: ScalarFunction;
  /** The largest result on the domain, about. */
  readonly bound: number;
}

const boundOf = ({ domain, evaluate }: ScalarFunction): number => {
  let corners: number[][] = [[]];
  for (const [low, high] of domain)
    corners = corners.flatMap((corner) => [low, (low + high) / 2, high].map((x) => [...corner, x]));
  return Math.max(...corners.map((corner) => Math.abs(evaluate(...corner) as number)));
};

/** Functions of a number to a number, by Math's name where it has one. `fround` has steps all along its graph. */
export const floatFunctions: readonly Callable[] = Object.entries(
  scalar as unknown as Readonly<Record<string, { readonly record: ScalarFunction }>>,
).flatMap(([name, { record }]) =>
  name !== "fround" && record.signature(new Array(record.arity).fill("f32")) === "f32"
    ? [{ text: name in Math ? `Math.${name}` : `scalar.${name}`, record, bound: boundOf(record) }]
    : [],
);

const constants = [0.5, 2, -1.25, 0.75, 3, -0.5, 1, 0] as const;

const leaf = ({ choices, variables }: Context): Formula => {
  const floats = variables.filter(({ type }) => type === "f32");
  const constant = floats.length === 0 || choices.chance(5);
  if (!constant) {
    const { name, bound } = choices.oneOf(floats);
    return { text: name, bound };
  }
  const value = choices.oneOf([...constants, "table[1]", "config.scale"] as const);
  return { text: typeof value === "number" && value < 0 ? `(${value})` : `${value}`, bound: 3 };
};

const call = (context: Context, depth: number): Formula => {
  const { text, record, bound } = context.choices.oneOf(floatFunctions);
  const args = record.domain.map(([low, high]) => {
    const arg = float(context, depth);
    return low <= -arg.bound && arg.bound <= high ? arg.text : `within(${arg.text}, ${low}, ${high})`;
  });
  return { text: `${text}(${args.join(", ")})`, bound };
};

/** An expression of floats. */
const float = (context: Context, depth: number): Formula => {
  const { choices } = context;
  if (depth === 0) return leaf(context);
  const part = (): Formula => float(context, depth - 1);
  const kind = choices.below(14);
  if (kind === 0) return leaf(context);
  if (kind <= 3) return call(context, depth - 1);
  const [a, b] = [part(), part()];
  switch (kind) {
    case 4:
      return { text: `(${a.text} + ${b.text})`, bound: a.bound + b.bound };
    case 5:
      return { text: `(${a.text} - ${b.text})`, bound: a.bound + b.bound };
    case 6:
    case 7:
      return { text: `${a.text} * ${b.text}`, bound: a.bound * b.bound };
    case 8:
      return { text: `${a.text} / (1.5 + (${b.text}) ** 2)`, bound: a.bound };
    case 9:
      return { text: `(${condition(context, depth - 1)} ? ${a.text} : ${b.text})`, bound: Math.max(a.bound, b.bound) };
    case 10:
      return { text: `(-${a.text})`, bound: a.bound };
    case 11: {
      const name = choices.oneOf(["Math.max", "Math.min", "Math.hypot"]);
      const third = choices.chance(2) ? `, ${part().text}` : "";
      // The square root of a sum of squares has no derivative at 0.
      return name === "Math.hypot"
        ? { text: `Math.hypot(1, ${a.text}, ${b.text})`, bound: 1 + a.bound + b.bound }
        : { text: `${name}(${a.text}, ${b.text}${third})`, bound: Math.max(a.bound, b.bound, 8) };
    }
    case 12:
      return choices.oneOf([
        { text: `(within(${a.text}, 0.5, 2) ** ${choices.oneOf([1.5, -1, 3])})`, bound: 8 },
        { text: `(2 ** within(${a.text}, -2, 2))`, bound: 4 },
        { text: `(${a.text}) % 2.25`, bound: 2.25 },
      ]);
    default:
      // A polynomial by Horner's scheme, over a static list.
      return { text: `table.reduce((sum, k) => sum * within(${a.text}, -1, 1) + k, 0)`, bound: 4 };
  }
};

/** An expression of booleans. */
const condition = (context: Context, depth: number): string => {
  const { choices, variables, type } = context;
  const booleans = variables.filter((variable) => variable.type === "bool");
  if (booleans.length > 0 && choices.chance(2)) {
    const { name } = choices.oneOf(booleans);
    return choices.oneOf([name, `!${name}`]);
  }
  if (depth > 0 && choices.chance(4)) {
    const [a, b] = [condition(context, depth - 1), condition(context, depth - 1)];
    return choices.oneOf([`(${a} && ${b})`, `(${a} || ${b})`, `!(${a})`]);
  }
  const part = (): string => (type === "f32" ? float(context, 0).text : integer(context, 0));
  return `${part()} ${choices.oneOf(["<", ">", "<=", ">=", "===", "!=="])} ${part()}`;
};

/** An expression of integers, closed: its value is one of the type. */
const integer = (context: Context, depth: number): string => {
  const { choices, variables, type } = context;
  const integers = variables.filter((variable) => variable.type === type);
  if (depth === 0 || integers.length === 0)
    return integers.length === 0 || choices.chance(4) ? choices.oneOf(["3", "1", "250"]) : choices.oneOf(integers).name;
  const part = (): string => integer(context, depth - 1);
  const closed = (text: string): string => (type === "u32" ? `((${text}) >>> 0)` : `((${text}) | 0)`);
  const [a, b] = [part(), part()];
  const shift = choices.integer(1, 20);
  return choices.oneOf([
    closed(`${a} + ${b}`),
    closed(`${a} - ${b}`),
    closed(`Math.imul(${a}, ${b})`),
    closed(`${a} ^ ${b}`),
    closed(`${a} & ${b}`),
    closed(`${a} | ${b}`),
    closed(`~${a}`),
    closed(`${a} << ${shift}`),
    type === "u32" ? `(${a} >>> ${shift})` : `(${a} >> ${shift})`,
    closed(`(${a} << ${shift}) | (${a} >>> ${32 - shift})`),
    closed(`Math.trunc(${a} / ${b})`),
    `(${a} % ${choices.oneOf([7, 3, 10])})`,
    closed(`${a} + ${b} - ${part()}`),
    `Math.max(${a}, ${b})`,
    `Math.min(${a}, ${b})`,
    `(${condition(context, depth - 1)} ? ${a} : ${b})`,
    `Math.clz32(${a})`,
    closed(type === "u32" ? `${a} + 1` : `-${a}`),
  ]);
};

/** Floats that grew are brought back. */
const bounded = ({ text, bound }: Formula): Formula =>
  bound <= 8 ? { text, bound } : { text: `Math.${bound < 40 ? "sin" : "tanh"}(${text})`, bound: 1 };

export interface Lambda {
  readonly text: string;
  readonly bound: number;
}

const letters = "abcdefgh";

/**
 * A lambda of operands of these types and bounds; the first says what the others are, but for booleans. `gives: "bool"` is
 * a comparison.
 */
export const lambdaOf = (
  choices: Choices,
  operands: readonly { readonly type: Type; readonly bound: number }[],
  gives: "same" | "bool",
): Lambda => {
  const type = operands[0]?.type as Exclude<Type, "bool">;
  const variables = operands.map(({ type, bound }, i): Variable => ({ name: letters[i] as string, type, bound }));
  const head = `(${variables.map(({ name }) => name).join(", ")}) =>`;
  const depth = choices.integer(1, 3);
  const context: Context = { choices, variables, type };
  const result = (inside: Context): Formula =>
    gives === "bool"
      ? { text: condition(inside, 2), bound: 1 }
      : type === "f32"
        ? bounded(float(inside, depth))
        : { text: integer(inside, depth), bound: 2 ** 31 };
  if (!choices.chance(3)) {
    const { text, bound } = result(context);
    return { text: `${head} ${text}`, bound };
  }
  const local = type === "f32" ? bounded(float(context, 1)) : { text: integer(context, 1), bound: 2 ** 31 };
  const { text, bound } = result({
    ...context,
    variables: [...variables, { name: "t", type, bound: local.bound + (type === "f32" ? 1 : 0) }],
  });
  const [first] = variables as [Variable];
  const lines = choices.oneOf([
    `const t = ${local.text};`,
    type === "f32"
      ? `let t = ${local.text}; t += 0.5;`
      : `let t = ${local.text}; t = ${type === "u32" ? `(t ^ ${first.name}) >>> 0` : `t ^ ${first.name}`};`,
  ]);
  return { text: `${head} { ${lines} return ${text}; }`, bound };
};
