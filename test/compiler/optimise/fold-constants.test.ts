/** What is known when the program is compiled is computed then. */

import { describe, expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import { printProgram } from "../../../compiler/ir/print.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { foldConstants } from "../../../compiler/optimise/fold-constants.ts";
import { prune } from "../../../compiler/optimise/prune.ts";
import { tensor } from "../../../dsl/host.ts";
import { expandTo, reshapeTo, sumOver } from "../../../dsl/ops/broadcast.ts";
import { composite } from "../../../dsl/ops/composite.ts";
import { applyExpression } from "../../../dsl/ops/elementwise.ts";
import { gather } from "../../../dsl/ops/gather.ts";
import { full, iota } from "../../../dsl/ops/make.ts";
import { input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { add, differences, f32, foldIn, foldOver, map, operationsOf, programOf, recompute, typed } from "./regions.ts";

const [x, y] = [input(0), input(1)];

/** The program after the pass, with what nobody reads gone, and the same values. */
const folded = (program: Program): Program => {
  const after = prune(checkProgram(foldConstants(program)));
  expect(differences(program, after)).toEqual([]);
  return after;
};
const text = (program: Program): string => printProgram(program).split("\n").slice(1, -2).join("\n").trim();

describe("fold-constants", () => {
  test("a small chain from nothing is a constant", () => {
    const program = folded(
      programOf([], () => sumOver(map(scalar.exp.of(scalar.mul.of(x, -0.5)), reshapeTo(iota(6, "f32"), [2, 3])), [1])),
    );
    expect(program.equations).toEqual([]);
    expect(program.results[0]).toMatchObject({ kind: "constant", type: { shape: [2, 1], dtype: "f32" } });
  });

  test("a large value stays to be made", () => {
    const program = programOf([], () => map(scalar.exp.of(x), iota(5000, "f32")));
    expect(foldConstants(program)).toBe(program);
    const small = programOf([], () => sumOver(map(scalar.sin.of(x), iota(5000, "f32")), [0]));
    expect(operationsOf(folded(small))).toEqual(["iota", "map", "sum"]);
  });

  test("one value everywhere becomes a constant of the expression", () => {
    const program = programOf([f32(2, 3)], (a) => add(add(a, full([2, 3], 2)), expandTo(full([1, 1], 0.1), [2, 3])));
    expect(text(folded(program))).toBe(
      `%0: f32[2, 3] = map a { a + 2 }\n  %1: f32[2, 3] = map %0 { %0 + ${Number(Math.fround(0.1).toPrecision(9))} }\n  return %1`,
    );
  });

  test("a constant of equal elements counts as one value, one of others does not", () => {
    const equal = programOf([f32(2)], (a) => add(a, map(scalar.neg.of(x), tensor([3, 3]))));
    expect(text(folded(equal))).toContain("map a { a + (-3) }");
    const others = programOf([f32(2)], (a) => add(a, map(scalar.neg.of(x), tensor([3, 4]))));
    expect(text(folded(others))).toContain("map a f32[2]{-3, -4}");
  });

  test("booleans and integers keep their types", () => {
    const program = programOf([typed("i32", 2), f32(2)], (a, b) => {
      const sum = applyExpression("map", scalar.add.of(input(0, "i32"), input(1, "i32")), "i32", [
        a,
        full([2], 3, "i32"),
      ]);
      const chosen = applyExpression("where", scalar.select.of(input(0, "bool"), y, scalar.neg.of(y)), "f32", [
        full([2], true),
        b,
      ]);
      return [sum, chosen];
    });
    expect(text(folded(program))).toContain("map a { a + 3 }");
  });

  test("a map of numbers alone is full, however large", () => {
    const program = programOf([], () => add(full([300, 300], 2), full([300, 300], 0.5)));
    expect(text(folded(program))).toBe("%0: f32[300, 300] = full{shape [300, 300], dtype f32, value 2.5}\n  return %0");
  });

  test("what fails is left to fail when the program runs", () => {
    const program = programOf([], () =>
      gather(full([3], 1), applyExpression("cast", scalar.toI32.of(x), "i32", [full([1], 7)]), 0),
    );
    const after = foldConstants(program);
    expect(operationsOf(after)).toContain("gather");
  });

  test("constants enter loops, and go on folding there", () => {
    const program = programOf([f32(2)], (a) => {
      const scale = full([2], 3);
      const table = map(scalar.sin.of(x), iota(2, "f32"));
      return foldOver({ steps: 3, from: [a], over: [full([3, 2], 0.5)] }, ([carry], [item]) => [
        add(carry as AnyTensor, map(scalar.mul.of(x, y), add(scale, item as AnyTensor), add(scale, table))),
      ]);
    });
    const { body, items } = foldIn(folded(program));
    expect(items).toBe(0);
    expect(body.parameters).toHaveLength(2);
    expect(operationsOf(body)).toEqual(["map"]);
  });

  test("tensors made from nothing enter checkpoints, but not named functions", () => {
    const inside = programOf([f32(3)], (a) =>
      recompute([a, iota(3, "f32")], (a, b) => add(a as AnyTensor, b as AnyTensor)),
    );
    const [{ operation, operands }] = folded(inside).equations as [Program["equations"][number]];
    expect(operands).toHaveLength(1);
    expect(operation.kind === "checkpoint" && operationsOf(operation.body)).toEqual(["iota", "map"]);
    const named = programOf([f32(3)], (a) =>
      composite("known", (a: AnyTensor, b: AnyTensor) => add(a, b))(a, iota(3, "f32")),
    );
    expect(foldConstants(named)).toBe(named);
  });
});
