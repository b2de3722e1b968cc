/** Named functions that nobody knows become their bodies. */

import { expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import type { Equation, Program } from "../../../compiler/ir/program.ts";
import { inline } from "../../../compiler/optimise/inline.ts";
import { composite } from "../../../dsl/ops/composite.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import {
  add,
  checkpointed,
  differences,
  f32,
  foldIn,
  foldOver,
  operationsOf,
  programOf,
  recompute,
  sin,
} from "./regions.ts";

const keep = (name: string): boolean => name === "known";
const inlined = (program: Program): Program => {
  const after = checkProgram(inline(program, keep));
  expect(differences(program, after)).toEqual([]);
  expect(inline(after, keep)).toBe(after);
  return after;
};
const pair = [f32(2), f32(2)];

test("a known name stays, another goes, and inside a known one too", () => {
  const unknown = composite("unknown", (a: AnyTensor) => sin(a));
  const program = inlined(programOf(pair, (a, b) => [composite("known", (a: AnyTensor) => unknown(a))(a), unknown(b)]));
  expect(operationsOf(program)).toEqual(["composite", "map"]);
  const [{ operation }] = program.equations as [Equation];
  expect(operation.kind === "composite" && operationsOf(operation.body)).toEqual(["map"]);
});

test("names inside names, and inside loops", () => {
  const inner = composite("inner", (a: AnyTensor) => sin(sin(a)));
  const outer = composite("outer", (a: AnyTensor, b: AnyTensor) => add(inner(a), inner(b)));
  const program = inlined(
    programOf(pair, (a, b) => foldOver({ steps: 2, from: [a] }, ([x]) => [outer(x as AnyTensor, b)])),
  );
  expect(operationsOf(foldIn(program).body)).toEqual(["map", "map", "map", "map", "map"]);
});

test("one body inlined twice has variables of its own each time", () => {
  const program = programOf(pair, (a, b) => composite("unknown", (a: AnyTensor, b: AnyTensor) => add(sin(a), b))(a, b));
  const [first] = program.equations as [Equation];
  const again = {
    ...first,
    outputs: first.outputs.map(({ kind, type }) => ({ kind, type })),
    operands: [...first.operands].reverse(),
  };
  const twice = { ...program, equations: [first, again], results: [...first.outputs, ...again.outputs] };
  expect(operationsOf(inlined(checkProgram(twice)))).toEqual(["map", "map", "map", "map"]);
});

test("results that are parameters, or one value twice", () => {
  const both = composite("unknown", (a: AnyTensor, b: AnyTensor) => {
    const sum = add(a, b);
    return [b, sum, sum] as const;
  });
  const program = inlined(programOf(pair, (a, b) => [...both(a, b), ...both(b, b)]));
  expect(program.results[0]).toBe(program.parameters[1]);
  expect(program.results[1]).toBe(program.results[2]);
});

test("the names of outputs, and the places of the equations inside, stay", () => {
  const program = programOf([f32(2)], (a) => composite("unknown", (a: AnyTensor) => sin(a))(a));
  const [first] = program.equations as [Equation];
  const [output] = first.outputs as [Equation["outputs"][number]];
  output.name = "h";
  const place = { file: "model.ts", line: 3, column: 1 };
  const placed = { ...program, equations: [{ ...first, origin: { place, path: ["block"] } }] };
  const [equation] = inlined(placed).equations as [Equation];
  expect(equation.outputs[0]).toBe(output);
  expect(equation.origin).toEqual({ place, path: ["block"] });
});

test("checkpoints go, but for those that compute again on the way back", () => {
  const body = (a: AnyTensor): AnyTensor => sin(a);
  const program = inlined(
    programOf([f32(2)], (a) => [...checkpointed([a], body as never), ...recompute([a], body as never)]),
  );
  expect(operationsOf(program)).toEqual(["map", "checkpoint"]);
});

test("a function with a pullback of its own goes, pullback and all", () => {
  const body = programOf([f32(2)], (a) => sin(a));
  const pullback = programOf([f32(2), f32(2), f32(2)], (ct, out) => add(ct, out));
  const program = programOf([f32(2)], (a) => sin(a));
  const [equation] = program.equations as [Equation];
  const operation = { kind: "customVjp", body, pullback, cotangents: [0] } as const;
  const after = inlined(checkProgram({ ...program, equations: [{ ...equation, operation }] }));
  expect(operationsOf(after)).toEqual(["map"]);
});
