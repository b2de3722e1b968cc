/** Equality by structure: equal things have equal hashes, and things that differ anywhere are not equal. */

import { expect, test } from "vitest";
import type { Atom, Equation, Operation, Program } from "../../../compiler/ir/program.ts";
import {
  hashAtom,
  hashEquation,
  hashOperation,
  sameAtom,
  sameOperation,
  sameProgram,
} from "../../../compiler/ir/same.ts";
import { reshapeTo } from "../../../dsl/ops/broadcast.ts";
import { composite } from "../../../dsl/ops/composite.ts";
import { applyExpression } from "../../../dsl/ops/elementwise.ts";
import { constantPrimitive, full } from "../../../dsl/ops/make.ts";
import { input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { add, checkpointed, f32, foldOver, map, programOf, sin } from "../optimise/regions.ts";

const operationOf = (f: (a: AnyTensor, b: AnyTensor) => AnyTensor | readonly AnyTensor[]): Operation => {
  const program = programOf([f32(2, 3), f32(2, 3)], f);
  return (program.equations.at(-1) as Equation).operation;
};
const constantData = (data: Float32Array): Operation => ({
  kind: "primitive",
  primitive: constantPrimitive as never,
  params: { shape: [data.length], dtype: "f32", data },
});
const [x, y] = [input(0), input(1)];

/** Operations that differ from each other, each made anew by each call. */
const operations = (): readonly Operation[] => [
  operationOf((a) => reshapeTo(a, [3, 2])),
  operationOf((a) => reshapeTo(a, [6])),
  operationOf(() => full([2], 0)),
  operationOf(() => full([2], -0)),
  operationOf(() => full([2], 0, "i32")),
  operationOf((a, b) => map(scalar.sub.of(x, y), a, b)),
  operationOf((a, b) => map(scalar.sub.of(y, x), a, b)),
  operationOf((a, b) => map(scalar.mul.of(scalar.sub.of(x, y), 2), a, b)),
  operationOf((a, b) => map(scalar.mul.of(scalar.sub.of(x, y), 3), a, b)),
  operationOf((a, b) => map(scalar.mul.of(scalar.add.of(x, y), scalar.sub.of(x, y)), a, b)),
  operationOf((a) => applyExpression("cast", x, "f16", [a])),
  constantData(new Float32Array(20)),
  constantData(new Float32Array(20).fill(1, 15)),
  operationOf((a) => composite("one", (a: AnyTensor) => sin(a))(a)),
  operationOf((a) => composite("two", (a: AnyTensor) => sin(a))(a)),
  operationOf((a) => composite("one", (a: AnyTensor) => add(a, a))(a)),
  operationOf((a) => composite("one", (a: AnyTensor, _: number) => sin(a))(a, 2)),
  operationOf((a) => checkpointed([a], (a) => sin(a as AnyTensor))),
  operationOf((a) => foldOver({ steps: 2, from: [a] }, ([a]) => [sin(a as AnyTensor)])),
  operationOf((a) => foldOver({ steps: 3, from: [a] }, ([a]) => [sin(a as AnyTensor)])),
  operationOf((a) => foldOver({ steps: 2, from: [a], reverse: true }, ([a]) => [sin(a as AnyTensor)])),
];

test("operations are equal to their likes, and to no other", () => {
  const [some, others] = [operations(), operations()];
  const equal = some.map((a) => others.flatMap((b, j) => (sameOperation(a, b) ? [j] : [])));
  expect(equal).toEqual(some.map((_, i) => [i]));
  expect(some.map(hashOperation)).toEqual(others.map(hashOperation));
});

test("the user's word for a map is no part of it", () => {
  const named = (op: string): Operation => operationOf((a) => applyExpression(op, scalar.sin.of(x), "f32", [a]));
  expect(sameOperation(named("sin"), named("map"))).toBe(true);
});

test("programs are equal whatever their variables are called, and differ by wiring", () => {
  const wired = (f: (a: AnyTensor, b: AnyTensor) => readonly AnyTensor[]): Program => programOf([f32(2), f32(2)], f);
  const one = wired((a, b) => [map(scalar.sub.of(x, y), sin(a), b)]);
  const renamed: Program = wired((a, b) => [map(scalar.sub.of(x, y), sin(a), b)]);
  for (const parameter of renamed.parameters) parameter.name = "other";
  expect(sameProgram(one, { ...renamed, name: "other" })).toBe(true);
  expect(
    sameProgram(
      one,
      wired((_, b) => [map(scalar.sub.of(x, y), sin(b), b)]),
    ),
  ).toBe(false);
  expect(
    sameProgram(
      one,
      wired((a, b) => [map(scalar.sub.of(x, y), b, sin(a))]),
    ),
  ).toBe(false);
  const both = wired((a, b) => [a, sin(b)]);
  expect(sameProgram(both, { ...both, results: [...both.results].reverse() })).toBe(false);
  expect(sameProgram(one, { ...one, parameters: one.parameters.slice(0, 1) })).toBe(false);
});

test("parameters of other types make other programs", () => {
  const identity = (size: number): Program => programOf([f32(size)], (a) => a);
  expect(sameProgram(identity(2), identity(2))).toBe(true);
  expect(sameProgram(identity(2), identity(3))).toBe(false);
});

test("constants are equal by type and elements, variables by identity", () => {
  const constant = (values: readonly number[], shape: readonly number[] = [values.length]): Atom => {
    const type = { shape, dtype: "f32" } as const;
    return { kind: "constant", type, value: { ...type, data: Float32Array.from(values) } };
  };
  const long = (last: number): Atom => constant([...new Array(20).fill(0), last]);
  expect(sameAtom(long(1), long(1))).toBe(true);
  expect(hashAtom(long(1))).toBe(hashAtom(long(1)));
  expect(sameAtom(long(1), long(2))).toBe(false);
  expect(sameAtom(constant([0]), constant([-0]))).toBe(false);
  expect(sameAtom(constant([1, 2]), constant([1, 2], [2, 1]))).toBe(false);
  expect(sameAtom(constant([Number.NaN]), constant([Number.NaN]))).toBe(true);
  const [a, b] = programOf([f32(2), f32(2)], (a) => a).parameters as unknown as [Atom, Atom];
  expect([sameAtom(a, a), sameAtom(a, b), sameAtom(a, constant([1]))]).toEqual([true, false, false]);
  const operation = operationOf((a) => sin(a));
  expect(hashEquation(operation, [a])).not.toBe(hashEquation(operation, [b]));
});
