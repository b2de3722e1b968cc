/** What nobody reads goes. */

import { expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import type { Equation, Program } from "../../../compiler/ir/program.ts";
import { prune } from "../../../compiler/optimise/prune.ts";
import { composite } from "../../../dsl/ops/composite.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { add, differences, f32, foldIn, foldOver, mul, operationsOf, programOf, recompute, sin } from "./regions.ts";

const pruned = (program: Program): Program => {
  const after = checkProgram(prune(program));
  expect(differences(program, after)).toEqual([]);
  expect(prune(after)).toBe(after);
  return after;
};
const pair = [f32(2), f32(2)];

test("dead equations, and what only they read; parameters stay", () => {
  const program = pruned(
    programOf(pair, (a, b) => {
      sin(sin(b));
      return add(a, a);
    }),
  );
  expect(operationsOf(program)).toEqual(["map"]);
  expect(program.parameters).toHaveLength(2);
});

test("a program without dead equations is the identical one", () => {
  const program = programOf(pair, (a, b) => foldOver({ steps: 2, from: [a] }, ([x]) => [add(x as AnyTensor, b)]));
  expect(prune(program)).toBe(program);
});

test("of a loop: stacks, items, captures, and carries that no other one needs", () => {
  const program = pruned(
    programOf([f32(2), f32(3, 2), f32(3, 2), f32(2)], (a, xs, ys, c) => {
      const [first] = foldOver({ steps: 3, from: [a, a, a, a], over: [xs, ys] }, ([p, q, r, s], [x, y]) => [
        // The first needs the second, the second the third; the fourth is needed by itself alone.
        add(p as AnyTensor, q as AnyTensor),
        mul(q as AnyTensor, r as AnyTensor),
        add(r as AnyTensor, x as AnyTensor),
        add(mul(s as AnyTensor, y as AnyTensor), c),
        sin(p as AnyTensor),
      ]);
      return first as AnyTensor;
    }),
  );
  const fold = foldIn(program);
  expect([fold.carries, fold.items, fold.body.results.length]).toEqual([3, 1, 3]);
  expect(fold.body.parameters).toHaveLength(5);
  expect(operationsOf(fold.body)).toEqual(["map", "map", "map"]);
});

test("a loop of which only a stack is read keeps the carries that the stack needs", () => {
  const program = pruned(
    programOf(pair, (a, b) => {
      const [, , stack] = foldOver({ steps: 3, from: [a, b] }, ([p, q]) => [
        sin(p as AnyTensor),
        sin(q as AnyTensor),
        add(p as AnyTensor, p as AnyTensor),
      ]);
      return stack as AnyTensor;
    }),
  );
  expect(foldIn(program).carries).toBe(1);
});

test("loops inside loops, in one run", () => {
  const program = pruned(
    programOf([f32(2), f32(2), f32(2)], (a, b, c) => {
      const [, last] = foldOver({ steps: 2, from: [a, b] }, ([p, q]) => {
        const [inner, unread] = foldOver({ steps: 2, from: [p as AnyTensor, q as AnyTensor] }, ([x, y]) => [
          sin(x as AnyTensor),
          mul(y as AnyTensor, c),
        ]);
        return [unread as AnyTensor, inner as AnyTensor];
      });
      return last as AnyTensor;
    }),
  );
  // The outer carries change places, so both are needed: all stays.
  expect(foldIn(program).carries).toBe(2);
  const apart = pruned(
    programOf([f32(2), f32(2), f32(2)], (a, b, c) => {
      const [last] = foldOver({ steps: 2, from: [a, b] }, ([p, q]) =>
        foldOver({ steps: 2, from: [p as AnyTensor, q as AnyTensor] }, ([x, y]) => [
          sin(x as AnyTensor),
          mul(y as AnyTensor, c),
        ]),
      );
      return last as AnyTensor;
    }),
  );
  const outer = foldIn(apart);
  expect([outer.carries, outer.body.parameters.length]).toEqual([1, 2]);
  expect(foldIn(outer.body).carries).toBe(1);
});

test("of a checkpoint: results and operands", () => {
  const program = pruned(
    programOf(pair, (a, b) => recompute([a, b], (a, b) => [sin(a as AnyTensor), sin(b as AnyTensor)])[1] as AnyTensor),
  );
  const [{ operation, operands, outputs }] = program.equations as [Equation];
  expect([operands.length, outputs.length]).toEqual([1, 1]);
  expect(operation.kind === "checkpoint" && operationsOf(operation.body)).toEqual(["map"]);
});

test("a named function keeps what its name says, and loses dead equations inside", () => {
  const program = pruned(
    programOf(pair, (a, b) => {
      const [first] = composite("known", (a: AnyTensor, b: AnyTensor) => {
        sin(sin(b));
        return [sin(a), add(a, a)] as const;
      })(a, b);
      return first;
    }),
  );
  const [{ operation, operands, outputs }] = program.equations as [Equation];
  expect([operands.length, outputs.length]).toEqual([2, 2]);
  expect(operation.kind === "composite" && operationsOf(operation.body)).toEqual(["map", "map"]);
});
