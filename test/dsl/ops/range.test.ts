import { describe, expect, test } from "vitest";
import { DTypeError } from "../../../dsl/dtype.ts";
import { arange, linspace, ShapeError, type Tensor } from "../../../dsl/index.ts";
import { elementsOf } from "../../support/tensors.ts";

describe("arange", () => {
  test("counts up and down, without the end", () => {
    const even: Tensor<[3], "i32"> = arange(2, 8, 2);
    expect(elementsOf(even)).toEqual([2, 4, 6]);
    const down: Tensor<[3], "i32"> = arange(3, 0, -1);
    expect(elementsOf(down)).toEqual([3, 2, 1]);
    const through: Tensor<[4], "f32"> = arange(-5, 5, 3, "f32");
    expect(elementsOf(through)).toEqual([-5, -2, 1, 4]);
    const fromBelow: Tensor<[2], "i32"> = arange(-5, -3);
    expect(elementsOf(fromBelow)).toEqual([-5, -4]);
    const none: Tensor<[0], "i32"> = arange(4, 4);
    expect(elementsOf(none)).toEqual([]);
    expect(elementsOf(arange(10, 3, -3, "u32"))).toEqual([10, 7, 4]);
    const open: Tensor<[number], "i32"> = arange(0, even.shape[0] as number);
    expect(open.shape).toEqual([3]);
  });

  test("refuses what does not lead to the end", () => {
    // @ts-expect-error up from 0 to 3
    expect(() => arange(0, 3, -1)).toThrow(
      new ShapeError("arange: steps of -1 do not lead from 0 to 3; give the step the other sign"),
    );
    // @ts-expect-error no step
    expect(() => arange(0, 3, 0)).toThrow(new ShapeError("arange: the step is 0, and leads nowhere"));
    // @ts-expect-error fractions
    expect(() => arange(0, 3, 0.5)).toThrow(new ShapeError("arange: the step is 0.5, and must be a whole number"));
    expect(() => arange(-1, 3, 1, "u32")).toThrow(DTypeError);
    expect(() => arange(2040, 2060, 1, "f16")).toThrow(
      new DTypeError("arange: f16 counts to 2048, and 2059 is asked for; take i32 or u32"),
    );
  });
});

describe("linspace", () => {
  test("has both ends exactly", () => {
    const unit: Tensor<[5]> = linspace(0, 1, 5);
    expect(elementsOf(unit)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    for (const n of [2, 3, 7, 1000]) {
      const found = elementsOf(linspace(1e-4, 0.02, n));
      expect([found[0], found.at(-1)]).toEqual([Math.fround(1e-4), Math.fround(0.02)]);
    }
    expect(elementsOf(linspace(3, -1, 3))).toEqual([3, 1, -1]);
    expect(elementsOf(linspace(3, -1, 1))).toEqual([3]);
  });

  test("refuses no numbers at all, and integers", () => {
    // @ts-expect-error from 1 up
    expect(() => linspace(0, 1, 0)).toThrow(new ShapeError("linspace: n is 0, and must be a whole number from 1 up"));
    // @ts-expect-error no float
    expect(() => linspace(0, 1, 3, "i32")).toThrow(
      new DTypeError("linspace: i32 is no float; take arange, or cast the result"),
    );
  });
});
