/** Each way in which a kernel can be broken, and what is said of it. */

import { describe, expect, test } from "vitest";
import { checkKernel } from "../../../compiler/kernel/check.ts";
import { within } from "../../../compiler/kernel/emit.ts";
import { indexOf, indexVariable, offsetIndex, scaleIndex } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel, Statement, Value } from "../../../compiler/kernel/kernel.ts";
import { constantValue, load, local, operation, splat, typeOf } from "../../../compiler/kernel/values.ts";
import { tileProduct } from "../../support/tile-product.ts";

const buffer = (name: string, fields: Partial<Buffer> = {}): Buffer => ({
  name,
  storage: "f32",
  space: "global",
  access: "readwrite",
  size: 8,
  ...fields,
});
const [x, out] = [buffer("x", { access: "read" }), buffer("out", { access: "write" })];
const i = indexVariable("i", 8);
const f32 = typeOf("f32");
const one = constantValue(1, f32);
const flag = constantValue(true, typeOf("bool"));
const t = local("t", f32);
const kernelOf = (body: readonly Statement[], fields: Partial<Kernel> = {}): Kernel => ({
  name: "sample",
  buffers: [x, out],
  grid: [i],
  body,
  cost: { flops: 0, bytes: 0 },
  notes: [],
  ...fields,
});
const store = (value: Value, index = indexOf(i), to = out): Statement => ({ kind: "store", buffer: to, index, value });
const bound: Statement = { kind: "let", local: t, value: one };

const cases: readonly (readonly [says: string, kernel: Kernel])[] = [
  ["the local t is used out of its scope", kernelOf([store(t), bound])],
  ["the local t is used out of its scope", kernelOf([{ kind: "if", when: [], body: [bound] }, store(t)])],
  ["the local t is bound twice", kernelOf([bound, bound])],
  ["the local t is assigned, and is no var", kernelOf([bound, { kind: "assign", local: t, value: one }])],
  ["the value of t is f32x4, and f32 is due", kernelOf([{ kind: "var", local: t, value: splat(one) }])],
  ["the index variable j is used out of its scope", kernelOf([store(one, indexOf(indexVariable("j", 8)))])],
  ["the index variable i is bound twice", kernelOf([{ kind: "loop", variable: i, body: [] }])],
  ["the index variable j takes 0 values", kernelOf([{ kind: "loop", variable: indexVariable("j", 0), body: [] }])],
  ["the value of j is f32, and i32 is due", kernelOf([{ kind: "bind", variable: indexVariable("j", 2), value: one }])],
  ["out[2 * i] of an element is at 0 to 14, and the buffer has 8", kernelOf([store(one, scaleIndex(indexOf(i), 2))])],
  ["out[i] of 4 elements is at 0 to 7, and the buffer has 8", kernelOf([store(splat(one))])],
  ["x[i + -1] of an element is at -1 to 6", kernelOf([store(load(x, offsetIndex(indexOf(i), -1)))])],
  ["has a part that is no integer", kernelOf([store(one, indexOf(0.5))])],
  ["the buffer x is written, and is for reading", kernelOf([store(one, indexOf(i), x)])],
  ["the buffer out is read, and is for writing", kernelOf([store(load(out, indexOf(i)))])],
  ["the buffer y is accessed, and is no argument", kernelOf([store(one, indexOf(i), buffer("y"))])],
  ["out stores f32, and is accessed as bool", kernelOf([store(flag)])],
  ["add does not take f32, bool", kernelOf([store({ kind: "op", type: f32, op: "add", args: [one, flag] })])],
  ["add does not take f32", kernelOf([store({ kind: "op", type: f32, op: "add", args: [one] })])],
  ["lanes differ", kernelOf([store({ kind: "op", type: f32, op: "add", args: [one, splat(one)] })])],
  ["less gives bool, and f32 is due", kernelOf([store({ kind: "op", type: f32, op: "less", args: [one, one] })])],
  ["the constant true is no f32", kernelOf([store(constantValue(true, f32))])],
  [
    "what a lane is taken of is f32, and f32x4 is due",
    kernelOf([store({ kind: "lane", type: f32, value: one, lane: 0 })]),
  ],
  [
    "a value in a vector is bool, and f32 is due",
    kernelOf([store({ kind: "vector", type: typeOf("f32", 4), values: [one, one, one, flag] }, indexOf(0))]),
  ],
  ["a condition is f32, and bool is due", kernelOf([{ kind: "if", when: [{ kind: "value", value: one }], body: [] }])],
  ["it has a barrier and no threads", kernelOf([{ kind: "barrier" }])],
  ["shared by threads, and there are none", kernelOf([store(one, indexOf(0), buffer("tile", { space: "workgroup" }))])],
  ["a buffer is an argument twice", kernelOf([], { buffers: [x, x] })],
  ["the scratch buffer own is an argument", kernelOf([], { buffers: [buffer("own", { space: "scratch" })] })],
];

describe("the checker of kernels", () => {
  test.each(cases)("%s", (says, kernel) => {
    expect(() => checkKernel(kernel)).toThrow(/^internal: kernel sample is broken: /);
    expect(() => checkKernel(kernel)).toThrow(says);
  });

  test("takes what is right, and gives it back", () => {
    const { kernel } = tileProduct({ rows: 8, columns: 16, depth: 4, tile: 4, unroll: 2 });
    expect(checkKernel(kernel)).toBe(kernel);
    const threads = kernelOf([{ kind: "barrier" }], { threads: indexVariable("thread", 4) });
    expect(checkKernel(threads)).toBe(threads);
    expect(() => checkKernel(kernelOf([store(operation("add", one, one))]))).not.toThrow();
  });

  test("leaves bounds to the conditions around an access", () => {
    const before = offsetIndex(indexOf(i), -1);
    const guarded = kernelOf([{ kind: "if", when: [within(before, 0, 8)], body: [store(load(x, before))] }]);
    expect(() => checkKernel(guarded)).not.toThrow();
  });
});
