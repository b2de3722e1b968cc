/** Equal operations of equal operands are computed once. */

import { expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import type { Equation, Program } from "../../../compiler/ir/program.ts";
import { share } from "../../../compiler/optimise/share.ts";
import { reshapeTo } from "../../../dsl/ops/broadcast.ts";
import { full, iota } from "../../../dsl/ops/make.ts";
import { input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import {
  add,
  allEquations,
  differences,
  f32,
  foldIn,
  foldOver,
  map,
  mul,
  operationsOf,
  programOf,
  recompute,
  sin,
} from "./regions.ts";

const shared = (program: Program): Program => {
  const after = checkProgram(share(program));
  expect(differences(program, after)).toEqual([]);
  expect(share(after)).toBe(after);
  return after;
};
const pair = [f32(2), f32(2)];

test("equal maps are one, by what they compute and not by who made them", () => {
  const scaled = (x: AnyTensor): AnyTensor => map(scalar.mul.of(scalar.sin.of(input(0)), 2), x);
  const program = shared(programOf(pair, (a, b) => [add(scaled(a), scaled(a)), add(scaled(a), scaled(b))]));
  expect(operationsOf(program)).toEqual(["map", "map", "map", "map"]);
});

test("what follows equal values is equal too", () => {
  const program = shared(programOf(pair, (a, b) => [sin(add(a, b)), sin(add(a, b))]));
  expect(operationsOf(program)).toEqual(["map", "map"]);
  expect(program.results[0]).toBe(program.results[1]);
});

test("other parameters, dtypes and constants stay apart", () => {
  const program = programOf([f32(6)], (a) => [
    reshapeTo(a, [2, 3]),
    reshapeTo(a, [3, 2]),
    iota(2, "f32"),
    iota(2, "i32"),
    full([2], 0),
    full([2], -0),
    map(scalar.mul.of(input(0), 2), a),
    map(scalar.mul.of(input(0), 3), a),
    map(scalar.add.of(input(0), 3), a),
  ]);
  expect(share(program)).toBe(program);
});

test("a region does not share with what is around it", () => {
  const program = programOf(pair, (a, b) => [
    sin(add(a, b)),
    ...recompute([a, b], (a, b) => sin(add(a as AnyTensor, b as AnyTensor))),
  ]);
  expect(share(program)).toBe(program);
});

test("regions of equal bodies are one, and inside them equal work is too", () => {
  const loop = (a: AnyTensor, b: AnyTensor): AnyTensor =>
    foldOver({ steps: 2, from: [a] }, ([carry]) => [
      add(sin(carry as AnyTensor), mul(sin(carry as AnyTensor), b)),
    ])[0] as AnyTensor;
  const program = shared(programOf(pair, (a, b) => [loop(a, b), loop(a, b), loop(b, a)]));
  expect(operationsOf(program)).toEqual(["fold", "fold"]);
  expect(allEquations(program)).toHaveLength(2 + 2 * 3);
});

test("bodies that differ in wiring, steps or direction are not equal", () => {
  const loop = (a: AnyTensor, steps: number, reverse: boolean, swapped: boolean): AnyTensor =>
    foldOver({ steps, from: [a], reverse }, ([carry], _, i) => {
      const step = map(scalar.toF32.of(input(0, "i32")), i);
      const next = sin(carry as AnyTensor);
      const values = [
        map(scalar.sub.of(input(0), input(1)), ...(swapped ? [next, carry as AnyTensor] : [carry as AnyTensor, next])),
      ];
      return [map(scalar.add.of(input(0), input(1)), values[0] as AnyTensor, step)];
    })[0] as AnyTensor;
  const program = programOf([f32()], (a) => [
    loop(a, 2, false, false),
    loop(a, 3, false, false),
    loop(a, 2, true, false),
    loop(a, 2, false, true),
  ]);
  expect(share(program)).toBe(program);
});

test("what a loop takes or gives twice, it takes or gives once", () => {
  const program = shared(
    programOf([f32(3, 2), f32(2)], (xs, a) =>
      foldOver({ steps: 3, from: [a], over: [xs, xs] }, ([carry], [x, again]) => {
        const next = add(add(carry as AnyTensor, x as AnyTensor), mul(again as AnyTensor, a));
        return [next, next, sin(next), next];
      }),
    ),
  );
  const { items, body } = foldIn(program);
  expect(items).toBe(1);
  expect(body.results).toHaveLength(3);
  expect(program.results[1]).toBe(program.results[3]);
});

test("operands that become one make equations of the body one", () => {
  const program = shared(
    programOf([f32(2)], (a) => recompute([a, a], (x, y) => [sin(x as AnyTensor), sin(y as AnyTensor)])),
  );
  const [{ operation, operands }] = program.equations as [Equation];
  expect(operands).toHaveLength(1);
  expect(operation.kind === "checkpoint" && operationsOf(operation.body)).toEqual(["map"]);
  expect(program.results[0]).toBe(program.results[1]);
});

test("regions that become equal are one", () => {
  const program = shared(
    programOf([f32(2)], (a) => [
      ...recompute([a, a], (x, y) => add(sin(x as AnyTensor), sin(y as AnyTensor))),
      ...recompute([a, a], (x, y) => add(sin(y as AnyTensor), sin(x as AnyTensor))),
    ]),
  );
  expect(operationsOf(program)).toEqual(["checkpoint"]);
});
