import { expect, test } from "vitest";
import { oneHot } from "../../../dsl/ops/one-hot.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { elementsOf, filled, indices, integers } from "../../support/tensors.ts";

test("puts 1 at the index", () => {
  const hot = oneHot(indices([2, 2], [2, 0, 1, 1]), 3);
  expect([hot.shape, hot.dtype]).toEqual([[2, 2, 3], "f32"]);
  expect(elementsOf(hot)).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0]);
});

test.each(["f16", "i32", "u32", "bool"] as const)("in %s", (dtype) => {
  const hot = oneHot(integers(1), 2, dtype);
  expect(hot.dtype).toBe(dtype);
  expect(elementsOf(hot)).toEqual([0, 1]);
});

test("of an index of rank 0 is a vector", () => {
  expect(elementsOf(oneHot(indices([], [1]), 3))).toEqual([0, 1, 0]);
});

test("refuses what does not fit", () => {
  expect(() => oneHot(indices([1, 2], [0, 3]), 3)).toThrow(
    "oneHot: index 3 at [0, 1] of the indices is out of range; it must be from 0 to 2",
  );
  expect(() => oneHot(integers(0), 0 as number)).toThrow("oneHot: n is 0, and must be a whole number from 1 up");
  expect(() => oneHot(filled([2]) as unknown as AnyTensor, 3)).toThrow(
    "oneHot: the indices are f32[2], and must be i32 or u32; cast them",
  );
  expect(() => oneHot(integers(0), 2, "f64" as "f32")).toThrow("oneHot");
});
