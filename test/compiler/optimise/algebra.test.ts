/** Each rule of the algebra of tensors: a program that it alone makes smaller, with the same values. */

import { describe, expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { algebra, algebraOf, algebraRules } from "../../../compiler/optimise/algebra.ts";
import { prune } from "../../../compiler/optimise/prune.ts";
import { apply } from "../../../dsl/interpreter.ts";
import { expandPrimitive, expandTo, reshapePrimitive, reshapeTo, sumOver } from "../../../dsl/ops/broadcast.ts";
import { applyExpression } from "../../../dsl/ops/elementwise.ts";
import { concatPrimitive } from "../../../dsl/ops/join.ts";
import { full } from "../../../dsl/ops/make.ts";
import { flipOver, permutePrimitive, permuteTo } from "../../../dsl/ops/move.ts";
import { max, min, prod } from "../../../dsl/ops/reduce.ts";
import { stopGradient } from "../../../dsl/ops/stop-gradient.ts";
import { padPrimitive, padTo, slicePrimitive, sliceTo } from "../../../dsl/ops/window.ts";
import { type Expression, input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { differences, f32, map, operationsOf, programOf } from "./regions.ts";

const [x, y] = [input(0), input(1)];
const pad = (a: AnyTensor, low: number[], high: number[], value = 0): AnyTensor =>
  padTo(a, { low, high, interior: low.map(() => 0), value });
const slice = (a: AnyTensor, start: number[], size: number[], step = start.map(() => 1)): AnyTensor =>
  sliceTo(a, { start, size, step });
const zeros2 = { low: [0, 0], high: [0, 0], interior: [0, 0], value: 0 };
const matrix = [f32(2, 3)];
const matrices = [f32(2, 3), f32(2, 3)];

interface Case {
  readonly program: Program;
  /** The operations that are left when what nobody reads is pruned. */
  readonly left: readonly string[];
}

const of = (types: Parameters<typeof programOf>[0], f: Parameters<typeof programOf>[1], ...left: string[]): Case => ({
  program: programOf(types, f),
  left,
});

const cases: Readonly<Record<string, Case | readonly Case[]>> = {
  "stopGradient is its operand": of(matrix, (a) => stopGradient(a)),
  "kind move of one value everywhere is full": [
    of([], () => flipOver(permuteTo(full([2, 3], 2), [1, 0]), [0]), "full"),
    of([], () => pad(full([2], 2), [1], [1], 2), "full"),
    of([], () => pad(full([2], 2), [1], [1], 1), "full", "pad"),
    of([], () => apply(concatPrimitive, { axis: 0 }, [full([2], 2), full([3], 2)]), "full"),
    of([], () => apply(concatPrimitive, { axis: 0 }, [full([2], 2), full([3], 1)]), "full", "full", "concat"),
  ],
  "reshape to the same shape": of(matrix, (a) => apply(reshapePrimitive, { shape: [2, 3] }, [a])),
  "reshape of a reshape": of(matrix, (a) => reshapeTo(reshapeTo(a, [3, 2]), [6, 1]), "reshape"),
  "expand to the same shape": of(matrix, (a) => apply(expandPrimitive, { shape: [2, 3] }, [a])),
  "expand of an expand": of([f32(1, 3, 1)], (a) => expandTo(expandTo(a, [2, 3, 1]), [2, 3, 4]), "expand"),
  "permute in the old order": of(matrix, (a) => apply(permutePrimitive, { axes: [0, 1] }, [a])),
  "permute of a permute": of([f32(2, 3, 4)], (a) => permuteTo(permuteTo(a, [1, 2, 0]), [1, 0, 2]), "permute"),
  "permute of axes of one element is a reshape": [
    of([f32(1, 2, 3)], (a) => permuteTo(a, [1, 0, 2]), "reshape"),
    of([f32(1, 2, 3)], (a) => permuteTo(a, [1, 2, 0]), "reshape"),
    of([f32(1, 2, 3)], (a) => permuteTo(a, [0, 2, 1]), "permute"),
  ],
  "permute of a reshape that adds or drops axes of one element": [
    of([f32(2, 3, 1)], (a) => permuteTo(reshapeTo(a, [1, 2, 3, 1]), [0, 2, 1, 3]), "permute", "reshape"),
    of([f32(2, 1, 3, 4)], (a) => permuteTo(reshapeTo(a, [2, 3, 1, 4]), [3, 2, 0, 1]), "permute", "reshape"),
    of([f32(2, 3)], (a) => permuteTo(reshapeTo(a, [3, 2]), [1, 0]), "reshape", "permute"),
  ],
  "flip over axes of one element": [
    of([f32(1, 3)], (a) => flipOver(a, [0])),
    of([f32(1, 3)], (a) => flipOver(a, [0, 1]), "flip"),
  ],
  "flip of a flip": of([f32(2, 3, 2)], (a) => flipOver(flipOver(a, [0, 1]), [1, 2]), "flip"),
  "slice of everything": of(matrix, (a) => apply(slicePrimitive, { start: [0, 0], size: [2, 3], step: [1, 1] }, [a])),
  "slice of a slice": of([f32(9)], (a) => slice(slice(a, [1], [4], [2]), [1], [2], [2]), "slice"),
  "slice inside what was padded": [
    of(matrix, (a) => slice(pad(a, [1, 0], [0, 2]), [1, 1], [2, 2]), "slice"),
    of(matrix, (a) => slice(pad(a, [1, 0], [0, 2]), [0, 1], [2, 2]), "pad", "slice"),
    of(matrix, (a) => slice(pad(a, [1, 0], [0, 2]), [1, 2], [2, 2]), "pad", "slice"),
  ],
  "slice of one part of a concat": [
    of(matrices, (a, b) => slice(apply(concatPrimitive, { axis: 1 }, [a, b]), [0, 4], [2, 2]), "slice"),
    of(matrices, (a, b) => slice(apply(concatPrimitive, { axis: 1 }, [a, b]), [0, 2], [2, 2]), "concat", "slice"),
  ],
  "pad by nothing": of(matrix, (a) => apply(padPrimitive, zeros2, [a])),
  "pad of a pad with the same value": [
    of(matrix, (a) => pad(pad(a, [1, 0], [0, 1]), [0, 2], [1, 0]), "pad"),
    of(matrix, (a) => pad(pad(a, [1, 0], [0, 1]), [0, 2], [1, 0], 1), "pad", "pad"),
  ],
  "concat of one operand": of(matrix, (a) => apply(concatPrimitive, { axis: 1 }, [a])),
  "concat of a concat along the same axis": of(
    matrices,
    (a, b) => apply(concatPrimitive, { axis: 0 }, [a, apply(concatPrimitive, { axis: 0 }, [b, a])]),
    "concat",
  ),
  "concat with operands of no elements": of(
    [f32(2, 3), f32(2, 0), f32(2, 1)],
    (a, b, c) => apply(concatPrimitive, { axis: 1 }, [a, b, c]),
    "concat",
  ),
  "sum over axes of one element is its operand": of([f32(2, 1)], (a) => sumOver(a, [1])),
  "max over axes of one element is its operand": of([f32(2, 1)], (a) => max(a, [1], { keepDims: true })),
  "min over axes of one element is its operand": of([f32(2, 1)], (a) => min(a, [1], { keepDims: true })),
  "prod over axes of one element is its operand": of([f32(2, 1)], (a) => prod(a, [1], { keepDims: true })),
  "sum of a sum": of([f32(2, 3, 2)], (a) => sumOver(sumOver(a, [0]), [2, 0]), "sum"),
  "sum of negatives is a negative": of(
    matrices,
    (a, b) => sumOver(map(scalar.neg.of(scalar.mul.of(x, y)), a, b), [1]),
    "map",
    "sum",
    "map",
  ),
  "sum of repeated values is a multiple": [
    of([f32(1, 3)], (a) => sumOver(expandTo(a, [4, 3]), [0]), "map"),
    of([f32(1, 3, 1)], (a) => sumOver(expandTo(a, [4, 3, 2]), [0, 1]), "sum", "map", "expand"),
    of([f32(1, 3)], (a) => sumOver(expandTo(a, [4, 3]), [1]), "expand", "sum"),
    of([f32(1, 3)], (a) => sumOver(expandTo(a, [0, 3]), [0]), "expand", "sum"),
  ],
  "map of a simpler expression": of(matrices, (a, b) => map(scalar.add.of(scalar.mul.of(x, 1), y), a, b), "map"),
  "map that gives an operand as it is": [
    of(matrices, (a, b) => apply(mapOf(y).primitive, mapOf(y).params, [a, b])),
    of(matrix, (a) => applyExpression("cast", x, "f16", [a]), "map"),
  ],
  "map that gives one number is full": of(matrix, (a) => map(scalar.mul.of(2, 3), a), "full"),
  "map takes each operand once, if it reads it": of(matrix, (a) => map(scalar.add.of(x, y), a, a), "map"),
  "map that adds padded neighbours is their concat": [
    of(
      [f32(2, 1), f32(2, 2)],
      (a, b) => map(scalar.add.of(x, y), pad(b, [0, 1], [0, 0]), pad(a, [0, 0], [0, 2])),
      "concat",
      "pad",
    ),
    of(
      [f32(2, 1), f32(2, 2)],
      (a, b) => map(scalar.add.of(x, y), pad(b, [0, 1], [0, 1]), pad(a, [0, 0], [0, 3])),
      "concat",
      "pad",
    ),
    // They overlap, or leave a gap.
    of([f32(2), f32(2)], (a, b) => map(scalar.add.of(x, y), pad(a, [0], [1]), pad(b, [1], [0])), "pad", "pad", "map"),
    of([f32(2), f32(2)], (a, b) => map(scalar.add.of(x, y), pad(a, [0], [3]), pad(b, [3], [0])), "pad", "pad", "map"),
  ],
  "map of repeated values is repeated": of(
    [f32(1, 3), f32(1, 3)],
    (a, b) => map(scalar.mul.of(x, y), expandTo(a, [4, 3]), expandTo(b, [4, 3])),
    "map",
    "expand",
  ),
};

/** The map of an expression with operands that it does not read. */
function mapOf(expression: Expression) {
  const { operation } = programOf(matrices, (a, b) => map(scalar.add.of(x, y), a, b))
    .equations[0] as Program["equations"][number];
  if (operation.kind !== "primitive") throw new Error("no map");
  return {
    primitive: operation.primitive,
    params: { ...(operation.params as object), body: { evaluate: (_: number, b: number) => b, expression } },
  };
}

describe("algebra of tensors", () => {
  test("each rule has a case", () => {
    expect(Object.keys(cases).sort()).toEqual(algebraRules.map(({ name }) => name).sort());
  });

  test.each(algebraRules.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
    const own = [cases[name] as Case | readonly Case[]].flat();
    const run = algebraOf([rule]);
    expect(own.some(({ program }) => run(program) !== program)).toBe(true);
    for (const { program, left } of own) {
      const after = prune(checkProgram(run(program)));
      expect(operationsOf(after)).toEqual(left);
      expect(differences(program, after)).toEqual([]);
      expect(run(after)).toBe(after);
    }
  });

  test("rules work together: three parts of a tensor are one concat", () => {
    const program = programOf([f32(2), f32(1), f32(3)], (a, b, c) =>
      map(scalar.add.of(x, y), map(scalar.add.of(x, y), pad(c, [3], [0]), pad(b, [2], [3])), pad(a, [0], [4])),
    );
    const after = prune(algebra(program));
    expect(operationsOf(after)).toEqual(["concat"]);
    expect(differences(program, after)).toEqual([]);
  });

  test("an infinity times zero stays", () => {
    const program = programOf(matrix, (a) => map(scalar.mul.of(x, 0), a));
    expect(algebra(program)).toBe(program);
  });

  test("bodies of regions are simplified, and shared ones once", () => {
    const program = programOf(matrix, (a) => map(scalar.add.of(x, y), stopGradient(a), a));
    const [equation] = program.equations as [Program["equations"][number]];
    const body = { ...program, name: "body" };
    const region = (operand: typeof equation.operands) => ({
      outputs: [{ kind: "variable", type: f32(2, 3) }] as const,
      operation: { kind: "composite", name: "twice", statics: [], body } as const,
      operands: operand,
      origin: equation.origin,
    });
    const first = region(program.parameters);
    const whole = { ...program, equations: [first, region(first.outputs)], results: first.outputs };
    const after = checkProgram(algebra(whole));
    const bodies = after.equations.map(({ operation }) => operation.kind === "composite" && operation.body);
    expect(bodies[0]).toBe(bodies[1]);
    expect(bodies[0] && operationsOf(bodies[0])).toEqual(["map"]);
  });
});
