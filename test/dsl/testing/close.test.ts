import { describe, expect, it } from "vitest";
import { expectClose } from "../../../dsl/testing/index.ts";
import { half, scalarTensor, vector } from "../../support/tensors.ts";

describe("expectClose", () => {
  it("takes tensors, host data, typed and nested arrays, numbers and trees of these", () => {
    expectClose(vector(1, 2), [1, 2]);
    expectClose(vector(1, 2), vector(1, 2));
    expectClose(scalarTensor(3), 3);
    expectClose({ shape: [2, 1], data: BigInt64Array.of(1n, 2n), dtype: "i64" }, [[1], [2]]);
    expectClose(half(1.5), { shape: [], data: Uint16Array.of(0x3e00), dtype: "f16" });
    expectClose({ shape: [1], data: Uint16Array.of(0x3fc0), dtype: "bf16" }, [1.5]);
    expectClose(Float64Array.of(1, 2), [1, 2]);
    expectClose({ a: [vector(1), scalarTensor(2)], b: vector(3, 4) }, { b: [3, 4], a: [[1], 2] });
    expectClose([true, false], [1, 0]);
    expectClose([], []);
  });

  it("asks for equal numbers where no tolerance is given", () => {
    expectClose([0, -0, Infinity, Number.NaN], [-0, 0, Infinity, Number.NaN]);
    expect(() => expectClose([1], [1 + 2 ** -52])).toThrow("tolerance none: equal numbers; 1 of 1 entries differ");
  });

  it("names the worst place, both values, both errors and the tolerance", () => {
    const actual = {
      layers: [
        {
          w: [
            [1, 2.5],
            [3, 4.001],
          ],
        },
      ],
    };
    const expected = {
      layers: [
        {
          w: [
            [1, 2],
            [3, 4],
          ],
        },
      ],
    };
    expect(() => expectClose(actual, expected, { absolute: 1e-6, relative: 1e-5 })).toThrow(
      new Error(
        "not close at layers.0.w[0, 1]: got 2.5, expected 2; absolute error 0.500, relative error 0.250, tolerance absolute 0.000001 or relative 0.00001; 2 of 4 entries differ",
      ),
    );
  });

  it("takes the place that exceeds its bound by most for the worst", () => {
    expect(() => expectClose([1000.1, 0.02], [1000, 0.01], { relative: 1e-5 })).toThrow("not close at [1]: got 0.02");
  });

  it("accepts an entry that keeps any one bound", () => {
    expectClose([1e-9, 1000.001], [0, 1000], { absolute: 1e-8, relative: 1e-5 });
    expect(() => expectClose([1e-7], [0], { absolute: 1e-8, relative: 1e-5 })).toThrow("not close at [0]");
  });

  it("measures ulp in steps of f32, and of f16 for f16 tensors", () => {
    const step = 2 ** -23;
    expectClose([1 + 2 * step], [1], { ulp: 2 });
    expect(() => expectClose([1 + 3 * step], [1], { ulp: 2 })).toThrow("2 ulp");
    expectClose([1024 * (1 + 2 * step)], [1024], { ulp: 2 });
    expectClose([2 ** -149], [0], { ulp: 1 });
    expectClose(half(1 + 2 ** -10), 1, { ulp: 1 });
    expect(() => expectClose(half(1 + 2 ** -9), 1, { ulp: 1 })).toThrow("1 ulp");
  });

  it("holds NaN close to NaN alone", () => {
    expect(() => expectClose([Number.NaN], [0], { absolute: 1 })).toThrow(
      "got NaN, expected 0; absolute error Infinity",
    );
    expect(() => expectClose([0], [Number.NaN], { absolute: 1 })).toThrow("got 0, expected NaN");
    expect(() => expectClose([0], [Infinity], { relative: 1 })).toThrow("got 0, expected Infinity");
    expect(() => expectClose([-Infinity], [Infinity], { relative: 1 })).toThrow("got -Infinity, expected Infinity");
  });

  it("leaves out undefined entries and counts them, where asked to", () => {
    const report = expectClose([5, 1.5], [Number.NaN, 1], { undefinedEntries: "skip", absolute: 1 });
    expect(report).toEqual({ entries: 2, undefinedEntries: 1, largestError: 0.5 });
    expect(() => expectClose([5], [Number.NaN], { undefinedEntries: "skip" })).toThrow(
      "nothing to compare: all 1 expected entries are NaN",
    );
  });

  it.each([
    [[1, 2], [1], "the shape at (root) is [2], expected [1]"],
    [{ a: 1 }, { a: [1] }, "the shape at a is [], expected [1]"],
    [{ a: 1, b: 2 }, { a: 1 }, "nothing is expected at b"],
    [{ a: 1 }, { a: 1, b: 2 }, "nothing stands at b, where something is expected"],
    [{ a: { b: 1 } }, { a: 1 }, "numbers stand at a on one side, a tree on the other"],
    [[[1, 2], [3]], [[1, 2], [3]], "ragged array: a row of [2] beside one of [1]"],
    [{ a: "1" }, { a: "1" }, "string at a, where there must be numbers or a tree of them"],
    [undefined, undefined, "undefined at (root), where there must be numbers or a tree of them"],
    [{ shape: [3], data: Float32Array.of(1), dtype: "f32" }, [1], "host data at (root): [3] with 1 elements"],
  ])("refuses %j beside %j", (actual, expected, message) => {
    expect(() => expectClose(actual, expected)).toThrow(new Error(message));
  });
});
