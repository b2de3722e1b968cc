/** Statements that say little or nothing in many words, as programs do after gradients and inlining: what rules of algebra are about. */

import { sizeOf } from "../../dsl/shape.ts";
import type { Choices } from "./programs-choices.ts";
import type { Statement } from "./programs-statements.ts";
import { define, differentiatesLambda, shapeIn, take } from "./programs-values.ts";

/** An expression of x and y, floats of one shape, with its own shape; `undefined` where the shape allows none. */
type Identity = (x: string, y: string, shape: readonly number[], choices: Choices) => string | undefined;

/** Of the same shape as x. */
const identities: readonly Identity[] = [
  (x) => `add(${x}, 0)`,
  (x, y) => `mul(add(${x}, ${y}), 1)`,
  (x) => `sub(div(${x}, 1), 0)`,
  (x, y) => `neg(sub(neg(${x}), ${y}))`,
  (x, y) => `add(mul(${x}, 0), ${y})`,
  (x, y) => `add(sub(${x}, ${x}), ${y})`,
  (x) => `pow(${x}, 1)`,
  (x, y) => `sub(pow(${x}, 2), mul(${y}, pow(${x}, 0)))`,
  (x, y) => `sub(maximum(${x}, ${x}), ${y})`,
  (x) => `clamp(maximum(${x}, -50), -100, 100)`,
  (x, y, shape) => `where(full([${shape}], true), ${x}, ${y})`,
  (x, y) => `where(less(${x}, ${x}), ${x}, mul(${y}, 2))`,
  (x) => `cast(cast(cast(${x}, "f16"), "f32"), "f32")`,
  (x) => `cast(cast(mul(${x}, 3), "i32"), "f32")`,
  (x, _, shape) => `reshape(reshape(${x}, [${sizeOf(shape)}, 1]), [${shape}])`,
  (x, _, shape) => {
    const axes = shape.map((_, axis) => axis).reverse();
    return `permute(mul(permute(${x}, [${axes}]), 2), [${axes}])`;
  },
  (x, y) => `flip(add(flip(${x}), ${y}))`,
  (x, y, shape) =>
    shape.length === 0 ? undefined : `slice(concat([${x}, ${y}], 0), 0, ${shape[0]}, ${2 * (shape[0] as number)})`,
  (x, y) => `unstack(stack([${x}, ${y}], 0))[1]`,
  (x, y, shape) => `sum(expand(reshape(sub(${x}, ${y}), [1, ${shape}]), [3, ${shape}]), 0)`.replaceAll(", ]", "]"),
  (x, _, shape) =>
    shape.length === 0
      ? undefined
      : `concat(split(${x}, [1, ${(shape[0] as number) - 1}], 0).map((part) => neg(part)), 0)`,
  (x, _, shape) => {
    const widths = (width: number): string => `[${shape.map(() => `[${width}, ${2 * width}]`).join(", ")}]`;
    return `pad(pad(${x}, ${widths(1)}), ${widths(-1)})`;
  },
  (x, y) => `mul(mul(${x}, 2), mul(${y}, 0.5))`,
  (x) => `add(add(${x}, 1.5), -1.5)`,
  (x) => `sub(exp(log(map(${x}, (x) => within(x, 0.5, 2)))), 1)`,
  (x, y, shape) => (shape.length === 2 ? `matmul(${x}, mul(permute(permute(${y}, [1, 0]), [0, 1]), 1))` : undefined),
  (x, y, shape) => (shape.length === 2 ? `permute(matmul(${x}, permute(${y}, [1, 0])), [1, 0])` : undefined),
  (x) => `mean(${x}, [])`,
  (x, y) => `mul(sub(${x}, stopGradient(${x})), ${y})`,
  (x, y) => `fold(iota(3), ${x}, (h) => add(h, tanh(${y})))`,
  (x, y) => `fold(iota(2), ${x}, () => cos(${y}))`,
  (x, y) => `fold(iota(3), { a: ${x}, b: ${y} }, ({ a, b }, i) => ({ a: mul(a, cast(i, "f32")), b })).b`,
  (x, y) => `fold(iota(3), { a: ${x}, b: ${y} }, ({ a, b }) => ({ a: b, b: a })).a`,
  (x, y) => `fold(iota(0), ${x}, (h) => mul(h, ${y}))`,
  (x, _, shape) =>
    shape.length === 0
      ? undefined
      : `gather(${x}, expand(reshape(iota(${shape[0]}), [${[shape[0], ...shape.slice(1).map(() => 1)]}]), [${shape}]), 0)`,
  (x, y) => `map(${x}, ${y}, (a, b) => (a * 1 + 0) / 1 - (b - b) + (true ? b : a) ** 1)`,
  (x, y) => `map(${x}, ${y}, (a, b) => (a < b ? a : b) - Math.min(a, b) + Math.max(a, Math.max(a, b)))`,
  (x, y) => `map(${x}, ${y}, (a, b) => -(-a) * (2 * (0.5 * b)) + a * 0)`,
];

/** The shape of an identity of two matrices is that of their product. */
const shapeOf = (text: string, shape: readonly number[]): readonly number[] | undefined => {
  if (!text.includes("matmul(")) return shape;
  const [rows, columns] = shape as [number, number];
  return text.startsWith("permute(matmul(") ? [rows, rows] : rows === columns ? shape : undefined;
};

export const sayLittle: Statement = (scope, choices) => {
  const shape = shapeIn(scope, choices);
  const x = define(scope, take(scope, choices, { shape, dtype: "f32" }), { shape, dtype: "f32", bound: 8 }).text;
  const y = take(scope, choices, { shape, dtype: "f32" });
  const lambdas = identities.length - 3;
  // Lambdas that are differentiated twice are few and small.
  differentiatesLambda(scope);
  const text = choices.oneOf(scope.order < 2 ? identities : identities.slice(0, lambdas))(x, y, shape, choices);
  if (text === undefined) return;
  const made = shapeOf(text, shape);
  if (made !== undefined) define(scope, text, { shape: made, dtype: "f32", bound: 100 });
};

/** Expressions of infinities and NaN, which every form of a program must have in the same places. */
const limits: readonly ((x: string) => string)[] = [
  (x) => `mul(log(relu(${x})), 0)`,
  (x) => `sub(exp(mul(${x}, 1000)), exp(mul(${x}, 1000)))`,
  (x) => `div(${x}, mul(${x}, 0))`,
  (x) => `maximum(sqrt(${x}), 0)`,
  (x) => `where(greater(${x}, 0), log(${x}), log(neg(${x})))`,
  (x) => `less(sqrt(${x}), 1)`,
  (x) => `not(greaterEqual(sqrt(${x}), 1))`,
  (x) => `notEqual(sqrt(${x}), sqrt(${x}))`,
  (x) => `max(reshape(log(${x}), [-1]), 0)`,
  (x) => `cast(mul(sqrt(${x}), 1e10), "i32")`,
  (x) => `cast(mul(${x}, 1e6), "f16")`,
  (x) => `pow(log(${x}), 0)`,
  (x) => `map(${x}, (x) => (Math.log(x) < 0 ? 1 : 0))`,
  (x) => `map(${x}, (x) => (!(Math.sqrt(x) >= 1) ? x / 0 : 0 / x))`,
  (x) => `map(${x}, (x) => Math.min(Math.log(x), 3) - Math.max(Math.sqrt(x), 0) * 0)`,
];

/** Nothing is computed from what this gives. */
export const reachLimits: Statement = (scope, choices) => {
  const shape = shapeIn(scope, choices);
  const text = choices.oneOf(limits)(take(scope, choices, { shape, dtype: "f32" }));
  define(scope, text, { shape, dtype: "f32", bound: Infinity }, "final");
};
