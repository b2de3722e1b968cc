import { describe, expect, test } from "vitest";
import { toHost } from "../../../dsl/host.ts";
import { DTypeError, inPrecision, ShapeError } from "../../../dsl/index.ts";
import { full, iota, ones, zeros } from "../../../dsl/ops/make.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";

const read = (x: AnyTensor): unknown[] => [x.dtype, x.shape, Array.from(toHost(x).data)];

test("zeros and ones, of every dtype", () => {
  expect(read(zeros([2, 2]))).toEqual(["f32", [2, 2], [0, 0, 0, 0]]);
  expect(read(zeros([], "i32"))).toEqual(["i32", [], [0]]);
  expect(read(zeros([1], "bool"))).toEqual(["bool", [1], [0]]);
  expect(read(ones([2], "bool"))).toEqual(["bool", [2], [1, 1]]);
  expect(read(ones([1], "f16"))).toEqual(["f16", [1], [0x3c00]]);
  expect(read(ones([0, 3], "u32"))).toEqual(["u32", [0, 3], []]);
});

test("full", () => {
  expect(read(full([2], 0.1))).toEqual(["f32", [2], [Math.fround(0.1), Math.fround(0.1)]]);
  expect(read(full([2], true))).toEqual(["bool", [2], [1, 1]]);
  expect(read(full([1], -3, "i32"))).toEqual(["i32", [1], [-3]]);
  expect(read(full([1], 4294967295, "u32"))).toEqual(["u32", [1], [4294967295]]);
  expect(read(full([1], -Infinity))).toEqual(["f32", [1], [-Infinity]]);
  inPrecision("f64", () => expect(toHost(full([1], 0.1)).data).toEqual(Float64Array.of(0.1)));
});

test("iota", () => {
  expect(read(iota(4))).toEqual(["i32", [4], [0, 1, 2, 3]]);
  expect(read(iota(0))).toEqual(["i32", [0], []]);
  expect(read(iota(3, "f32"))).toEqual(["f32", [3], [0, 1, 2]]);
  expect(Array.from(toHost(iota(2049, "f16")).data).at(-1)).toBe(0x6800);
});

test("a shape that changes afterwards changes no tensor", () => {
  const shape = [2];
  const made = zeros(shape);
  shape[0] = 5;
  expect(made.shape).toEqual([2]);
});

describe("refusals", () => {
  const untyped = { full, iota, ones, zeros } as unknown as Record<string, (...args: unknown[]) => unknown>;

  test.each([
    ["zeros", [[2, -1]], "zeros: [2, -1] is not a shape; dims are whole numbers from 0 up"],
    ["ones", [[0.5]], "ones: [0.5] is not a shape"],
    ["full", [[NaN], 1], "full: [NaN] is not a shape"],
    ["iota", [-1], "iota: n is -1, and must be a whole number from 0 up"],
    ["iota", [1.5], "iota: n is 1.5, and must be a whole number from 0 up"],
  ])("%s of %j", (name, args, text) => {
    expect(() => untyped[name]?.(...args)).toThrow(ShapeError);
    expect(() => untyped[name]?.(...args)).toThrow(text);
  });

  test.each([
    ["zeros", [[2], "f64"], "zeros: f64 is no dtype; they are f32, f16, i32, u32, bool"],
    ["full", [[2], 0.5, "i32"], "full: the value is 0.5, which is no i32; i32 holds whole numbers from"],
    ["full", [[2], -1, "u32"], "full: the value is -1, which is no u32"],
    ["full", [[2], 1e39], "full: the value is 1e+39, which is no f32"],
    ["full", [[2], 65520, "f16"], "full: the value is 65520, which is no f16; the largest f16 is 65504"],
    ["full", [[2], 1, "bool"], "full: the value is the number 1, which is no bool"],
    ["full", [[2], true, "f32"], "full: the value is the boolean true, which is no f32"],
    ["full", [[2], "1"], "full: the value is the string 1, which is no f32"],
    ["iota", [2050, "f16"], "iota: f16 counts to 2048, and 2049 is asked for; take i32 or u32"],
    ["iota", [2 ** 31 + 1], "iota: i32 counts to 2147483647, and 2147483648 is asked for"],
    ["iota", [2, "bool"], "iota: bool does not count"],
  ])("%s of %j", (name, args, text) => {
    expect(() => untyped[name]?.(...args)).toThrow(DTypeError);
    expect(() => untyped[name]?.(...args)).toThrow(text);
  });
});
