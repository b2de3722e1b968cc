/** Gradients of programs, case by case, against the tape of the direct run: folds, and functions that say something of their own gradient. */

import { describe, expect, test } from "vitest";
import { inPrecision } from "../../dsl/evaluate.ts";
import { tensor } from "../../dsl/index.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { openModules, tensorsIn } from "../support/compiled.ts";
import { stagesOf } from "../support/stages.ts";
import { elementsOf } from "../support/tensors.ts";

/** Each is a function of x: f32[3] and m: f32[3, 3]. */
const programs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "of a fold": {
    "by its first carry": "grad((h) => sum(fold(m, h, (h, row) => tanh(add(h, row)))))(x)",
    "by its items": "grad((m) => sum(fold(m, x, (h, row) => sin(mul(h, row)))))(m)",
    "by what its step captures": "grad((w) => sum(fold(m, x, (h, row) => add(mul(h, w), row))))(x)",
    "by one tensor in all three places": "grad((x) => sum(fold(stack([x, x]), x, (h, y) => add(mul(h, x), y))))(x)",
    "whose step is of its index":
      'grad((x) => sum(fold(m, x, (h, row, i) => mul(add(h, row), add(cast(i, "f32"), 0.5)))))(x)',
    "with a carry of integers":
      'grad((x) => sum(fold(m, { h: x, n: iota(3) }, ({ h, n }) => ({ h: mul(h, cast(n, "f32")), n: add(n, 1) })).h))(x)',
    "with a carry that the result does not read":
      "grad((x) => sum(fold(m, [x, x] as const, ([a, b], row) => [add(mul(a, b), row), sin(b)] as const)[0]))(x)",
    "whose carries change places":
      "grad((x) => sum(fold(m, [x, sin(x)] as const, ([a, b], row) => [b, mul(a, row)] as const)[0]))(x)",
    "of no steps": "grad((x) => sum(fold(slice(m, 0, 0, 0), x, (h, row) => mul(h, row))))(x)",
    "in a fold": "grad((x) => sum(fold(m, x, (h, row) => fold(m, h, (h, other) => sin(add(mul(h, row), other))))))(x)",
    "whose step is a gradient":
      "grad((x) => sum(fold(m, x, (h, row) => grad((h) => sum(mul(sin(h), mul(h, row))))(h))))(x)",
    "of a gradient of a fold":
      "grad((x) => sum(square(grad((x) => sum(fold(m, x, (h, row) => sin(mul(h, add(row, x))))))(x))))(x)",
    "pushed along a tangent": "jvp((x) => fold(m, x, (h, row) => sin(mul(h, row))))(x, unstack(m)[0])[1]",
  },
  "of a function with a pullback of its own": {
    "that gives its operand": "vjp((x) => [own(x), x] as const)(x)[1]([sin(x), cos(x)])",
    "that gives one value twice": "vjp(twice)(x)[1]([sin(x), cos(x)])",
    "that is used twice": "grad((x) => sum(mul(own(x), own(sin(x)))))(x)",
    "twice differentiated": "grad((x) => sum(square(grad((x) => sum(square(own(x))))(x))))(x)",
    "whose pullback reads its output, twice differentiated":
      "grad((x) => sum(square(grad((x) => sum(square(byOutput(x))))(x))))(x)",
    "in a fold, twice differentiated":
      "grad((x) => sum(square(grad((x) => sum(fold(m, x, (h, row) => byOutput(add(h, row)))))(x))))(x)",
    "of which an argument has none": "grad((x) => sum(partial(x, x)))(x)",
  },
  "of a checkpoint": {
    "that gives its operand": "vjp((x) => [checkpoint((x) => x)(x), x] as const)(x)[1]([sin(x), cos(x)])",
    "that gives one value twice":
      "vjp(checkpoint((x) => { const y = sin(x); return [y, y] as const; }))(x)[1]([sin(x), cos(x)])",
    "that captures": "grad((x) => sum(checkpoint((y) => mul(sin(y), x))(square(x))))(x)",
    "twice differentiated": "grad((x) => sum(square(grad((x) => sum(checkpoint((x) => mul(sin(x), x))(x)))(x))))(x)",
    "in a fold": "grad((x) => sum(fold(m, x, (h, row) => checkpoint((h) => sin(mul(h, row)))(h))))(x)",
  },
  "of a composite": {
    "that captures": 'grad((x) => sum(composite("named", (y) => mul(sin(y), x))(square(x))))(x)',
    "that gives a record":
      'grad((x) => { const { a, b } = composite("named", (x, k) => ({ a: mul(x, k), b: x }))(x, 2); return sum(mul(a, b)); })(x)',
  },
};

const header = `import { add, cast, checkpoint, composite, cos, customVjp, fold, grad, iota, jvp, mul, sin, slice, square, stack, stopGradient, sum, type Tensor, tanh, unstack, vjp } from "typegrad";
const own = customVjp((x: Tensor<[3]>) => x, (ct, out, x) => [mul(ct, sin(x))]);
const byOutput = customVjp((x: Tensor<[3]>) => cos(x), (ct, out) => [mul(ct, out)]);
const twice = customVjp((x: Tensor<[3]>) => { const y = sin(x); return [y, y] as const; }, ([a, b], out, x) => [add(mul(a, x), mul(b, 3))]);
const partial = customVjp((x: Tensor<[3]>, y: Tensor<[3]>) => mul(x, y), (ct, out, x, y) => [mul(ct, y), null]);
`;

const cases = Object.entries(programs).flatMap(([of, group]) =>
  Object.entries(group).map(([what, text]) => ({ of, what, text })),
);
const modules = openModules({
  "gradients.ts":
    header +
    cases.map(({ text }, i) => `export const p${i} = (x: Tensor<[3]>, m: Tensor<[3, 3]>) => ${text};\n`).join(""),
});
const operands = (): AnyTensor[] => [
  tensor([0.3, -1.2, 0.8]),
  tensor([
    [0.5, 1.1, -0.7],
    [-0.4, 0.9, 1.3],
    [0.2, -0.6, 1.7],
  ]),
];

describe.each(Object.keys(programs))("the gradient %s", (group) => {
  test.each(cases.filter(({ of }) => of === group))("$what", ({ text }) => {
    const name = `p${cases.findIndex((one) => one.text === text)}`;
    inPrecision("f64", () => {
      const due = tensorsIn(modules.run("gradients.ts")[name]?.(...operands())).map(elementsOf);
      expect(due.flat().some((value) => value !== 0)).toBe(true);
      for (const { run } of stagesOf(modules.read("gradients.ts", name).program)) {
        const found = run(operands()).map(elementsOf);
        expect(found.length).toBe(due.length);
        found.forEach((values, i) => {
          const wanted = due[i] as readonly number[];
          expect(values.length).toBe(wanted.length);
          for (const [k, value] of values.entries()) expect(value).toBeCloseTo(wanted[k] as number, 12);
        });
      }
    });
  });
});
