/** The values of a generated program, and expressions of any wanted type made of them. */

import { type DType, isFloat, isInt } from "../../dsl/dtype.ts";
import { denseOf } from "../../dsl/evaluate.ts";
import { sameShape, sizeOf } from "../../dsl/shape.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { Choices } from "./programs-choices.ts";

/** What is known of an expression: its type, and how large its elements become, about. */
export interface Sized {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly bound: number;
}

export interface Value extends Sized {
  readonly text: string;
  /** A result of the program, and nothing else. */
  readonly final?: true;
}

/** The body of a function that is being written. */
export interface Scope {
  readonly parent: Scope | undefined;
  /** Values of this body, those of its parameters included. */
  readonly values: Value[];
  readonly lines: string[];
  /** How often values of this body are differentiated. Numeric derivatives of lambdas cost a factor of 50 each time. */
  readonly order: number;
  /** Functions around this one. */
  readonly depth: number;
  readonly shared: Shared;
}

/** Of the whole program. */
export interface Shared {
  /** The next number of a name. */
  next: number;
  /** How often a lambda of a `map` is differentiated at most. */
  lambdaOrder: number;
}

/** A body inside another. `sees: "nothing"`: it captures no values. */
export const inner = (
  parent: Scope,
  { order = 0, sees = "all" }: { readonly order?: number; readonly sees?: "all" | "nothing" } = {},
): Scope => ({
  parent: sees === "all" ? parent : undefined,
  values: [],
  lines: [],
  order: parent.order + order,
  depth: parent.depth + 1,
  shared: parent.shared,
});

export const nameIn = (scope: Scope, prefix = "v"): string => `${prefix}${scope.shared.next++}`;

/** Notes that a body holds a `map` of floats, whose lambda is differentiated as often as the body. */
export const differentiatesLambda = ({ order, shared }: Scope): void => {
  shared.lambdaOrder = Math.max(shared.lambdaOrder, order);
};

/** `const v3 = …`. */
export const define = (scope: Scope, text: string, { shape, dtype, bound }: Sized, use?: "final"): Value => {
  const name = nameIn(scope);
  scope.lines.push(`const ${name} = ${text};`);
  const value: Value = { shape, dtype, bound, text: name, ...(use && { final: true }) };
  scope.values.push(value);
  return value;
};

/** A name for something of a type, as a parameter is. */
export const parameter = (scope: Scope, { shape, dtype, bound }: Sized): Value => {
  const value: Value = { shape, dtype, bound, text: nameIn(scope) };
  scope.values.push(value);
  return value;
};

/** Twice the largest finite element. */
export const sizedLike = (tensor: AnyTensor): Sized => {
  const { shape, dtype, data } = denseOf("a test", tensor);
  const bound = Math.max(0, ...Array.from(data, Math.abs).filter(Number.isFinite));
  return { shape, dtype, bound: dtype === "bool" ? 1 : 2 * bound };
};

/** Floats beyond this are squashed before they are used again. */
const comfortable = 8;

const some = ({ shape, final }: Value): boolean => sizeOf(shape) > 0 && !final;

/** A value, the newest first; mostly one of the body itself. */
export const pick = (scope: Scope, choices: Choices, fits: (value: Value) => boolean): Value | undefined => {
  const own = scope.values.filter((value) => some(value) && fits(value));
  const outer = (): Value | undefined => scope.parent && pick(scope.parent, choices, fits);
  if (own.length === 0) return outer();
  const chosen = own[own.length - 1 - choices.below(own.length)];
  return scope.parent !== undefined && choices.chance(4) ? (outer() ?? chosen) : chosen;
};

const flat = (text: string, from: readonly number[]): string =>
  from.length === 1 ? text : `reshape(${text}, [${sizeOf(from)}])`;

/** The expression in another shape, made of its elements. */
export const remade = (text: string, from: readonly number[], to: readonly number[], choices: Choices): string => {
  if (sameShape(from, to)) return text;
  const [have, need] = [sizeOf(from), sizeOf(to)];
  const shaped = (flatText: string): string =>
    to.length === 1 ? flatText : `reshape(${flatText}, [${to.join(", ")}])`;
  if (have === need) return `reshape(${text}, [${to.join(", ")}])`;
  const broadcasts = from.length === to.length && from.every((dim, axis) => dim === 1 || dim === to[axis]);
  if (broadcasts || from.length === 0) return `expand(${text}, [${to.join(", ")}])`;
  if (have > need) {
    const start = choices.below(have - need + 1);
    if (need > 0 && have >= 2 * need && choices.chance(3))
      return shaped(`slice(${flat(text, from)}, 0, 0, ${2 * need}, 2)`);
    return shaped(`slice(${flat(text, from)}, 0, ${start}, ${start + need})`);
  }
  const copies = Math.ceil(need / have);
  const long = choices.oneOf([
    `concat([${new Array(copies).fill(flat(text, from)).join(", ")}], 0)`,
    `reshape(expand(reshape(${text}, [1, ${have}]), [${copies}, ${have}]), [-1])`,
  ]);
  return shaped(copies * have === need ? long : `slice(${long}, 0, 0, ${need})`);
};

/** What an expression must be. */
export interface Wanted {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Ends of the interval of float elements. */
  readonly domain?: readonly [number, number] | undefined;
  /** Integers are 0 to `below` − 1. */
  readonly below?: number | undefined;
}

const squash = (text: string, choices: Choices): string => `${choices.oneOf(["sin", "tanh", "sin"])}(${text})`;

const inDomain = (text: string, [low, high]: readonly [number, number], scope: Scope, choices: Choices): string => {
  const [half, middle] = [(high - low) / 2, (high + low) / 2];
  if (scope.order < 2 && choices.chance(3)) {
    differentiatesLambda(scope);
    return `map(${text}, (x) => within(x, ${low}, ${high}))`;
  }
  return `add(mul(${squash(text, choices)}, ${half}), ${middle})`;
};

const integerAsFloat = ({ text, dtype, bound }: Value): string =>
  dtype === "bool" || bound <= comfortable
    ? `cast(${text}, "f32")`
    : `cast(map(${text}, (x) => ${dtype === "u32" ? "(x & 7) >>> 0" : "x & 7"}), "f32")`;

const takeFloat = (scope: Scope, choices: Choices, { shape, dtype, domain }: Wanted): string => {
  const odd = choices.chance(8) ? pick(scope, choices, () => true) : undefined;
  const value = odd ?? pick(scope, choices, (one) => one.dtype === dtype) ?? pick(scope, choices, () => true);
  if (value === undefined) throw new Error("a program without values");
  let text = value.text;
  let { bound } = value;
  if (!isFloat(value.dtype)) {
    text = integerAsFloat(value);
    bound = comfortable;
  } else if (value.dtype === "f16") text = `cast(${text}, "f32")`;
  if (bound > comfortable) {
    text = squash(text, choices);
    bound = 1;
  }
  text = remade(text, value.shape, shape, choices);
  if (domain && !(domain[0] <= -bound && bound <= domain[1])) text = inDomain(text, domain, scope, choices);
  return dtype === "f16" ? `cast(${text}, "f16")` : text;
};

const takeInteger = (scope: Scope, choices: Choices, { shape, dtype, below }: Wanted): string => {
  const value = pick(scope, choices, (one) => one.dtype === dtype) ?? pick(scope, choices, () => true);
  if (value === undefined) throw new Error("a program without values");
  if (isFloat(value.dtype)) {
    const domain = below === undefined ? ([-7.9, 7.9] as const) : ([0.01, below - 0.01] as const);
    return `cast(${takeFloat(scope, choices, { shape, dtype: "f32", domain })}, "${dtype}")`;
  }
  const text = remade(
    value.dtype === dtype ? value.text : `cast(${value.text}, "${dtype}")`,
    value.shape,
    shape,
    choices,
  );
  if (below === undefined || (value.dtype === "bool" && below > 1)) return text;
  return dtype === "u32"
    ? `map(${text}, (x) => x % ${below})`
    : `map(${text}, (x) => (((x % ${below}) + ${below}) | 0) % ${below})`;
};

const takeBool = (scope: Scope, choices: Choices, { shape }: Wanted): string => {
  const value = pick(scope, choices, (one) => one.dtype === "bool");
  if (value !== undefined && !choices.chance(3)) return remade(value.text, value.shape, shape, choices);
  const number = pick(scope, choices, ({ dtype }) => dtype !== "bool");
  if (number === undefined)
    return value === undefined ? `full([${shape}], true)` : remade(value.text, value.shape, shape, choices);
  const text = remade(number.text, number.shape, shape, choices);
  const integer = isInt(number.dtype);
  return choices.oneOf([
    `greater(${text}, ${integer ? 1 : 0.15})`,
    `map(${text}, (x) => x < ${integer ? 2 : 0.55})`,
    `notEqual(${text}, ${integer ? 1 : 0.25})`,
  ]);
};

/** An expression of the wanted type, made of values in scope. */
export const take = (scope: Scope, choices: Choices, wanted: Wanted): string =>
  isFloat(wanted.dtype)
    ? takeFloat(scope, choices, wanted)
    : wanted.dtype === "bool"
      ? takeBool(scope, choices, wanted)
      : takeInteger(scope, choices, wanted);

/** A shape of few elements: one that a value has, or another. */
export const shapeIn = (
  scope: Scope,
  choices: Choices,
  { minRank = 0, maxRank = Math.max(3, minRank) }: { readonly minRank?: number; readonly maxRank?: number } = {},
): readonly number[] => {
  const fits = ({ shape }: Value): boolean => shape.length >= minRank && shape.length <= maxRank && sizeOf(shape) <= 24;
  const value = choices.chance(3) ? undefined : pick(scope, choices, fits);
  if (value !== undefined) return value.shape;
  let size = 1;
  return Array.from({ length: choices.integer(minRank, maxRank) }, () => {
    const dim = Math.min(choices.integer(1, 3), Math.floor(24 / size));
    size *= dim;
    return dim;
  });
};
