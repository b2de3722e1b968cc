/** What each step of a loop computes alike is computed before the loop. */

import { expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { algebra } from "../../../compiler/optimise/algebra.ts";
import { hoist } from "../../../compiler/optimise/hoist.ts";
import { prune } from "../../../compiler/optimise/prune.ts";
import { expandTo, reshapeTo } from "../../../dsl/ops/broadcast.ts";
import { iota } from "../../../dsl/ops/make.ts";
import { permuteTo } from "../../../dsl/ops/move.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { add, differences, f32, foldIn, foldOver, mul, operationsOf, programOf, sin } from "./regions.ts";

const hoisted = (program: Program): Program => {
  const after = checkProgram(hoist(program));
  expect(differences(program, after)).toEqual([]);
  expect(hoist(after)).toBe(after);
  return prune(after);
};
const pair = [f32(2), f32(2)];

test("equations of captures and constants leave the loop, and what depends on a carry stays", () => {
  const program = hoisted(
    programOf(pair, (a, b) => foldOver({ steps: 3, from: [a] }, ([x]) => [add(x as AnyTensor, sin(mul(b, b)))])),
  );
  expect(operationsOf(program)).toEqual(["map", "map", "fold"]);
  expect(operationsOf(foldIn(program).body)).toEqual(["map"]);
});

test("out of two loops in one run", () => {
  const program = hoisted(
    programOf(pair, (a, b) =>
      foldOver({ steps: 2, from: [a] }, ([x]) =>
        foldOver({ steps: 2, from: [x as AnyTensor] }, ([y]) => [
          add(y as AnyTensor, sin(add(sin(b), x as AnyTensor))),
        ]),
      ),
    ),
  );
  expect(operationsOf(program)).toEqual(["map", "fold"]);
  const outer = foldIn(program).body;
  expect(operationsOf(outer)).toEqual(["map", "map", "fold"]);
  expect(operationsOf(foldIn(outer).body)).toEqual(["map"]);
});

test("a loop that depends on captures alone leaves whole", () => {
  const program = hoisted(
    programOf(pair, (a, b) =>
      foldOver({ steps: 2, from: [a] }, ([x]) => {
        const [inner] = foldOver({ steps: 3, from: [b] }, ([y]) => [sin(y as AnyTensor)]);
        return [add(x as AnyTensor, inner as AnyTensor)];
      }),
    ),
  );
  expect(operationsOf(program)).toEqual(["fold", "fold"]);
});

test("what is cheap to make stays, unless what leaves depends on it", () => {
  const program = hoisted(
    programOf([f32(4), f32(1)], (a, b) =>
      foldOver({ steps: 2, from: [a] }, ([x]) => {
        const count = iota(4, "f32");
        return [add(add(x as AnyTensor, count), add(expandTo(b, [4]), add(sin(count), permuteTo(a, [0]))))];
      }),
    ),
  );
  const inside = operationsOf(foldIn(program).body);
  expect(inside).toEqual(["iota", "map", "map"]);
  expect(operationsOf(program)).toEqual(["iota", "expand", "map", "map", "map", "fold"]);
  const alone = programOf([f32(4), f32(1)], (a, b) =>
    foldOver({ steps: 2, from: [a] }, ([x]) => [add(x as AnyTensor, expandTo(b, [4]))]),
  );
  expect(hoist(alone)).toBe(alone);
});

test("a carry that no step changes is a capture, and what depends on it leaves", () => {
  const program = hoisted(
    programOf(pair, (a, b) =>
      foldOver({ steps: 3, from: [a, b] }, ([x, weight]) => [
        add(x as AnyTensor, sin(weight as AnyTensor)),
        weight as AnyTensor,
      ]),
    ),
  );
  const { carries, body } = foldIn(program);
  expect([carries, operationsOf(body)]).toEqual([1, ["map"]]);
  expect(program.results[1]).toBe(program.parameters[1]);
});

test("carries that change places are no captures", () => {
  const program = programOf(pair, (a, b) =>
    foldOver({ steps: 3, from: [a, b] }, ([x, y]) => [y as AnyTensor, x as AnyTensor]),
  );
  expect(hoist(program)).toBe(program);
});

test("a stack of one value is the value repeated, and an item of repeated values is a capture", () => {
  const program = hoisted(
    programOf(pair, (a, b) => {
      const [last, stack] = foldOver({ steps: 3, from: [a] }, ([x]) => [add(x as AnyTensor, b), b]);
      return foldOver(
        { steps: 3, from: [last as AnyTensor], over: [stack as AnyTensor], reverse: true },
        ([x], [y]) => [mul(x as AnyTensor, y as AnyTensor)],
      );
    }),
  );
  const after = prune(algebra(program));
  expect(differences(program, after)).toEqual([]);
  expect(operationsOf(after)).toEqual(["fold", "fold"]);
  expect(after.equations.map(({ operands }) => operands[1])).toEqual([after.parameters[1], after.parameters[1]]);
});

test("a loop that computes nothing goes", () => {
  const program = hoisted(
    programOf(pair, (a, b) => foldOver({ steps: 3, from: [a] }, ([x]) => [x as AnyTensor, reshapeTo(b, [1, 2])])),
  );
  expect(operationsOf(program)).not.toContain("fold");
});

test("two loops of one body each have variables of their own outside", () => {
  const program = programOf(pair, (a, b) => foldOver({ steps: 3, from: [a] }, ([x]) => [add(x as AnyTensor, sin(b))]));
  const [first] = program.equations as [Program["equations"][number]];
  const again = {
    ...first,
    outputs: first.outputs.map(({ kind, type }) => ({ kind, type })),
    operands: [...first.operands].reverse(),
  };
  const twice = { ...program, equations: [first, again], results: [...first.outputs, ...again.outputs] };
  expect(operationsOf(hoisted(checkProgram(twice)))).toEqual(["map", "fold", "map", "fold"]);
});

test("nothing leaves a loop of no steps", () => {
  const program = programOf(pair, (a, b) => foldOver({ steps: 0, from: [a] }, ([x]) => [add(x as AnyTensor, sin(b))]));
  expect(hoist(program)).toBe(program);
});
