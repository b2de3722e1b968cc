/** The evaluator of programs: loops and regions mean what the language means by them. */

import { expect, test } from "vitest";
import { evaluate, interpret, run } from "../../../compiler/ir/interpret.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { denseOf } from "../../../dsl/evaluate.ts";
import { tensor } from "../../../dsl/host.ts";
import { composite } from "../../../dsl/ops/composite.ts";
import { input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { add, f32, foldOver, type Loop, map, mul, programOf, recompute } from "../optimise/regions.ts";

const values = (program: Program, ...operands: readonly unknown[]): number[][] =>
  evaluate(program, operands as AnyTensor[]).map((result) => Array.from(denseOf("test", result).data));

/** A running sum over xs, times a factor; the sums before each step are stacked, and so is the index. */
const running = (loop: Partial<Loop>): Program =>
  programOf([f32(), f32(3), f32()], (a, xs, factor) =>
    foldOver({ steps: 3, from: [a], over: [xs], ...loop }, ([sum], [x], i) => [
      add(sum as AnyTensor, mul(x as AnyTensor, factor)),
      sum as AnyTensor,
      map(scalar.toF32.of(input(0, "i32")), i),
    ]),
  );

test("a fold goes from the first step to the last", () => {
  expect(values(running({}), tensor(1), tensor([1, 2, 3]), tensor(10))).toEqual([[61], [1, 11, 31], [0, 1, 2]]);
});

test("a reverse fold goes from the last to the first, and its stacks stand in the order of the items", () => {
  expect(values(running({ reverse: true }), tensor(1), tensor([1, 2, 3]), tensor(10))).toEqual([
    [61],
    [51, 31, 1],
    [0, 1, 2],
  ]);
});

test("a fold of no steps gives its first carries and empty stacks", () => {
  const program = programOf([f32(2)], (a) => foldOver({ steps: 0, from: [a] }, ([x]) => [add(x as AnyTensor, a), a]));
  const [last, stack] = evaluate(program, [tensor([1, 2]) as AnyTensor]) as [AnyTensor, AnyTensor];
  expect(Array.from(denseOf("test", last).data)).toEqual([1, 2]);
  expect(stack.shape).toEqual([0, 2]);
});

test("named functions and checkpoints are their bodies", () => {
  const twice = composite("twice", (a: AnyTensor) => add(a, a));
  const program = programOf([f32(2)], (a) => recompute([twice(a)], (a) => [mul(a as AnyTensor, a as AnyTensor)]));
  expect(values(program, tensor([1, 3]))).toEqual([[4, 36]]);
});

test("what an equation means may be said by the caller", () => {
  const program = programOf([f32(2)], (a) => add(add(a, a), a));
  let count = 0;
  const results = interpret(program, [tensor([1, 2]) as AnyTensor], (equation, operands) => {
    count++;
    return run(equation, operands);
  });
  expect(count).toBe(2);
  expect(Array.from(denseOf("test", results[0] as AnyTensor).data)).toEqual([3, 6]);
});

test("a variable that is not bound is a fault of ours", () => {
  const program = programOf([f32(2)], (a) => add(a, a));
  expect(() => evaluate({ ...program, equations: [] }, [tensor([1, 2]) as AnyTensor])).toThrow(
    "internal: a variable of f32[2] is used before it is bound",
  );
});
