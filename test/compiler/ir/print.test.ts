/** The text of programs. */

import { describe, expect, test } from "vitest";
import { printProgram } from "../../../compiler/ir/print.ts";
import { printExpression } from "../../../compiler/ir/print-expression.ts";
import type { Equation, Program } from "../../../compiler/ir/program.ts";
import { tensor } from "../../../dsl/host.ts";
import { reshapeTo } from "../../../dsl/ops/broadcast.ts";
import { composite } from "../../../dsl/ops/composite.ts";
import { applyExpression } from "../../../dsl/ops/elementwise.ts";
import { type Expression, input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { add, f32, foldOver, map, programOf, sin } from "../optimise/regions.ts";

const [x, y, z] = [input(0), input(1), input(2)];

describe("programs", () => {
  test("equations, bodies and results, with names from the source", () => {
    const program = programOf([f32(2), f32(3, 2)], (a, xs) => {
      const normal = composite("normal", (a: AnyTensor, _: number) => sin(a))(a, 0.5);
      return foldOver({ steps: 3, from: [normal], over: [xs] }, ([carry], [item]) => [
        add(add(carry as AnyTensor, item as AnyTensor), a),
      ]);
    });
    expect(printProgram(program)).toBe(`\
test(a: f32[2], b: f32[3, 2]) {
  %0: f32[2] = composite normal{0.5} a
    normal(%1: f32[2]) {
      %2: f32[2] = map %1 { sin(%1) }
      return %2
    }
  %3: f32[2] = fold 3 steps from %0 over b with a
    step(%4: f32[2], %5: f32[2], i: i32[], a': f32[2]) {
      %6: f32[2] = map %4 %5 { %4 + %5 }
      %7: f32[2] = map %6 a' { %6 + a }
      return %7
    }
  return %3
}
`);
  });

  test("params, and constants in short", () => {
    const program = programOf([f32(2, 3)], (a) => [
      reshapeTo(a, [6]),
      tensor([0.1, 2, 3, 4, 5]) as AnyTensor,
      tensor(0.5) as AnyTensor,
    ]);
    expect(printProgram(program)).toContain("a': f32[6] = reshape{shape [6]} a");
    expect(printProgram(program)).toMatch(/return a', .*, .*/);
  });

  test("the last parts of names inside a map, where they part the operands", () => {
    const program = programOf([f32(2), f32(2), f32(2)], (a, b, c) => [add(a, b), add(a, c)]);
    const [a, b, c] = program.parameters as [Variable, Variable, Variable];
    a.name = "in.weight";
    b.name = "out.weight";
    c.name = "out.bias";
    expect(printProgram(program)).toContain("map in.weight out.weight { in.weight + out.weight }");
    expect(printProgram(program)).toContain("map in.weight out.bias { weight + bias }");
  });

  test("places and the calls that led there", () => {
    const program = programOf([f32(2)], (a) => sin(a));
    const origin = { place: { file: "unet.ts", line: 41, column: 3 }, path: ["unet", "block"] };
    const placed: Program = { ...program, equations: program.equations.map((equation) => ({ ...equation, origin })) };
    expect(printProgram(placed, { places: true })).toContain("{ sin(a) }  // unet / block / unet.ts:41");
    expect(printProgram(placed)).not.toContain("unet.ts");
  });
});

type Variable = Program["parameters"][number];

describe("expressions", () => {
  const shown: readonly (readonly [Expression, string])[] = [
    [scalar.sub.of(x, scalar.sub.of(y, z)), "a - (b - c)"],
    [scalar.sub.of(scalar.sub.of(x, y), z), "a - b - c"],
    [scalar.mul.of(scalar.add.of(x, y), z), "(a + b) * c"],
    [scalar.div.of(x, scalar.mul.of(y, z)), "a / (b * c)"],
    [scalar.neg.of(scalar.add.of(x, y)), "-(a + b)"],
    [scalar.mul.of(x, -2), "a * (-2)"],
    [scalar.select.of(scalar.less.of(x, y), x, scalar.neg.of(y)), "a < b ? a : -b"],
    [scalar.add.of(scalar.select.of(scalar.less.of(x, y), x, y), z), "(a < b ? a : b) + c"],
    [
      scalar.and.of(scalar.less.of(x, y), scalar.or.of(scalar.less.of(y, z), scalar.equal.of(x, z))),
      "a < b && (b < c || a === c)",
    ],
    [scalar.pow.of(scalar.add.of(x, 1), 0.1), "pow(a + 1, 0.1)"],
  ];

  test.each(shown)("%#", (expression, text) => {
    expect(printExpression(expression, ["a", "b", "c"])).toBe(text);
  });

  test("what is used twice is named", () => {
    const part = scalar.exp.of(x);
    expect(printExpression(scalar.div.of(part, scalar.add.of(part, y)), ["a", "b"])).toBe("t0 = exp(a); t0 / (t0 + b)");
  });

  test("a map by a function alone says so", () => {
    const program = programOf([f32(2)], (a) => applyExpression("map", scalar.sin.of(x), "f32", [a]));
    const [equation] = program.equations as [Equation];
    if (equation.operation.kind !== "primitive") throw new Error("no map");
    const params = { ...(equation.operation.params as object), body: { evaluate: Math.sin } };
    const black = { ...program, equations: [{ ...equation, operation: { ...equation.operation, params } }] };
    expect(printProgram(black)).toContain("map a by a function");
    expect(printProgram(programOf([f32(2)], (a) => map(scalar.sin.of(x), a)))).toContain("map a { sin(a) }");
  });
});
