/** What depends on bound parameters alone runs once, at load time. */

import { expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import { evaluate } from "../../../compiler/ir/interpret.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { type Split, split } from "../../../compiler/optimise/split.ts";
import { denseOf } from "../../../dsl/evaluate.ts";
import { expandTo, reshapeTo } from "../../../dsl/ops/broadcast.ts";
import { iota } from "../../../dsl/ops/make.ts";
import { permuteTo } from "../../../dsl/ops/move.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import {
  add,
  differencesOf,
  f32,
  foldOver,
  mul,
  operandsFor,
  operationsOf,
  programOf,
  recompute,
  sin,
  valuesOf,
} from "./regions.ts";

/** The split of a program, after a comparison of load and call with the whole. */
const parted = (program: Program, ...bound: number[]): Split => {
  const places = new Set(bound);
  const { load, call } = split(program, places);
  checkProgram(load);
  checkProgram(call);
  const operands = operandsFor(program);
  const loaded = evaluate(
    load,
    operands.filter((_, i) => places.has(i)),
  );
  const found = evaluate(call, [...operands.filter((_, i) => !places.has(i)), ...loaded]);
  expect(
    differencesOf(
      valuesOf(program, operands),
      found.map((tensor) => Array.from(denseOf("test", tensor).data)),
    ),
  ).toEqual([]);
  return { load, call };
};

test("what depends on weights alone is loaded, and nothing else", () => {
  const { load, call } = parted(
    programOf([f32(2), f32(2), f32(2)], (x, w, v) => add(mul(x, sin(add(w, v))), add(w, sin(x)))),
    1,
    2,
  );
  expect(operationsOf(load)).toEqual(["map", "map"]);
  expect(operationsOf(call)).toEqual(["map", "map", "map", "map"]);
  expect(load.parameters).toHaveLength(2);
  // What was computed, and the weight that the call itself reads.
  expect(load.results).toHaveLength(2);
  expect(load.results).toContain(load.parameters[0]);
  expect(call.parameters).toHaveLength(1 + 2);
});

test("moves of weights are loaded", () => {
  const { load, call } = parted(
    programOf([f32(3, 2), f32(2, 3)], (x, w) => mul(x, permuteTo(w, [1, 0]))),
    1,
  );
  expect([operationsOf(load), operationsOf(call)]).toEqual([["permute"], ["map"]]);
});

test("what is cheap to make is made by the call, from what was loaded", () => {
  const { load, call } = parted(
    programOf([f32(4, 3), f32(3)], (x, w) => add(x, expandTo(reshapeTo(sin(w), [1, 3]), [4, 3]))),
    1,
  );
  expect([operationsOf(load), operationsOf(call)]).toEqual([
    ["map", "reshape"],
    ["expand", "map"],
  ]);
});

test("constants are on both sides, and are no reason to load", () => {
  const { load, call } = parted(
    programOf([f32(4), f32(4)], (x, w) => {
      const count = iota(4, "f32");
      return add(mul(x, sin(count)), mul(w, count));
    }),
    1,
  );
  expect([operationsOf(load), operationsOf(call)]).toEqual([
    ["iota", "map"],
    ["iota", "map", "map", "map"],
  ]);
});

test("loops that depend on weights alone are loaded whole", () => {
  const { load, call } = parted(
    programOf([f32(2), f32(2)], (x, w) => {
      const [sum] = foldOver({ steps: 3, from: [w] }, ([carry]) => [sin(carry as AnyTensor)]);
      return foldOver({ steps: 2, from: [x] }, ([carry]) => [add(carry as AnyTensor, sum as AnyTensor)]);
    }),
    1,
  );
  expect([operationsOf(load), operationsOf(call)]).toEqual([["fold"], ["fold"]]);
});

test("what depends on weights alone leaves checkpoints", () => {
  const { load, call } = parted(
    programOf([f32(2), f32(2)], (x, w) => recompute([x, w], (x, w) => [mul(x as AnyTensor, sin(w as AnyTensor))])),
    1,
  );
  expect([operationsOf(load), operationsOf(call)]).toEqual([["map"], ["checkpoint"]]);
});

test("results that depend on weights alone pass through the call", () => {
  const { load, call } = parted(
    programOf([f32(2), f32(2)], (x, w) => [sin(w), w, x]),
    1,
  );
  expect(load.results).toHaveLength(2);
  expect(call.equations).toEqual([]);
});

test("with nothing bound the call is the program itself", () => {
  const program = programOf([f32(2)], (x) => sin(x));
  const { load, call } = parted(program);
  expect(call).toBe(program);
  expect(load).toMatchObject({ parameters: [], equations: [], results: [] });
});

test("with everything bound the call computes nothing", () => {
  const { load, call } = parted(
    programOf([f32(2), f32(2)], (x, w) => mul(x, sin(w))),
    0,
    1,
  );
  expect([operationsOf(load), operationsOf(call)]).toEqual([["map", "map"], []]);
});
