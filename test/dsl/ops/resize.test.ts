import { describe, expect, test } from "vitest";
import { DTypeError } from "../../../dsl/dtype.ts";
import { resize, ShapeError, type Tensor, tensor } from "../../../dsl/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import { elementsOf } from "../../support/tensors.ts";

const row: Tensor<[1, 1, 4]> = tensor([[[0, 10, 20, 40]]]);
const image: Tensor<[1, 1, 2, 2]> = tensor([
  [
    [
      [0, 2],
      [4, 6],
    ],
  ],
]);

describe("nearest", () => {
  test.each([
    [8, [0, 0, 10, 10, 20, 20, 40, 40]],
    [2, [0, 20]],
    [3, [0, 10, 20]],
    [6, [0, 0, 10, 20, 20, 40]],
    [1, [0]],
    [4, [0, 10, 20, 40]],
  ])("to %i", (size, expected) => {
    expect(elementsOf(resize(row, size, "nearest"))).toEqual(expected);
  });

  test("moves what is no float", () => {
    const mask: Tensor<[1, 1, 3], "bool"> = resize(tensor([[[true, false]]]), 3, "nearest");
    expect(elementsOf(mask)).toEqual([1, 1, 0]);
    expect(elementsOf(resize(tensor([[[7, -2]]], "i32"), 4, "nearest"))).toEqual([7, 7, -2, -2]);
  });
});

describe("bilinear", () => {
  test("takes elements for cells, and repeats the ends", () => {
    const up: Tensor<[1, 1, 8]> = resize(row, 8, "bilinear");
    expectClose(up, [[[0, 2.5, 7.5, 12.5, 17.5, 25, 35, 40]]], { relative: 1e-6 });
    expectClose(resize(row, 2, "bilinear"), [[[5, 30]]], { relative: 1e-6 });
  });

  test("takes elements for points, as TensorFlow 1 does", () => {
    const up: Tensor<[1, 1, 4, 3]> = resize(image, [4, 3], "bilinear", { coordinates: "asymmetric" });
    expectClose(
      up,
      [
        [
          [
            [0, 4 / 3, 2],
            [2, 10 / 3, 4],
            [4, 16 / 3, 6],
            [4, 16 / 3, 6],
          ],
        ],
      ],
      { relative: 1e-6 },
    );
  });

  test("keeps the corners, where they are aligned", () => {
    const up = resize(row, 7, "bilinear", { coordinates: "alignCorners" });
    expectClose(up, [[[0, 5, 10, 15, 20, 30, 40]]], { relative: 1e-6 });
    expect(elementsOf(resize(row, 1, "bilinear", { coordinates: "alignCorners" }))).toEqual([0]);
  });

  test("of a larger image reads the elements at multiples of in / out", () => {
    const ramp = tensor([[[0, 1, 2, 3, 4, 5, 6, 7]]]);
    expect(elementsOf(resize(ramp, 4, "bilinear", { coordinates: "asymmetric" }))).toEqual([0, 2, 4, 6]);
  });

  test("keeps what is linear, away from the ends", () => {
    const ramp = tensor([[Array.from({ length: 64 }, (_, i) => i)]]);
    const wide = elementsOf(resize(ramp, 299, "bilinear", { coordinates: "asymmetric" }));
    wide.forEach((value, i) => {
      expect(value).toBeCloseTo(Math.min((i * 64) / 299, 63), 4);
    });
  });
});

describe("area", () => {
  test("averages blocks, and parts that overlap", () => {
    const halved: Tensor<[1, 1, 2]> = resize(row, 2, "area");
    expect(elementsOf(halved)).toEqual([5, 30]);
    expectClose(resize(row, 3, "area"), [[[5, 15, 30]]], { relative: 1e-6 });
    expect(elementsOf(resize(image, 1, "area"))).toEqual([3]);
  });

  test("repeats where it enlarges", () => {
    expect(elementsOf(resize(row, 8, "area"))).toEqual([0, 0, 10, 10, 20, 20, 40, 40]);
  });
});

test("what does not fit is refused", () => {
  // @ts-expect-error means of integers
  expect(() => resize(tensor([[[1, 2]]], "i32"), 4, "bilinear")).toThrow(
    new DTypeError("resize: bilinear is of floats, and x of i32; cast it, or take nearest"),
  );
  // @ts-expect-error no such mode
  expect(() => resize(row, 4, "cubic")).toThrow(
    new ShapeError("resize: cubic is no mode; they are nearest, bilinear, area"),
  );
  // @ts-expect-error no such rule
  expect(() => resize(row, 4, "bilinear", { coordinates: "corner" })).toThrow(
    new ShapeError("resize: coordinates are corner, and must be one of halfPixel, asymmetric, alignCorners"),
  );
  // @ts-expect-error one axis, two sizes
  expect(() => resize(row, [4, 4], "area")).toThrow(
    "resize: the size [4,4] has 2 entries, and x has 1 spatial axes; give one number, or one entry for each",
  );
  // @ts-expect-error from 1 up
  expect(() => resize(row, 0, "area")).toThrow(
    new ShapeError("resize: the size is 0, and must be a whole number from 1 up"),
  );
  const empty = tensor({ dtype: "f32", shape: [1, 1, 0], data: new Float32Array(0) }) as AnyTensor;
  expect(() => resize(empty as Tensor<[1, 1, 0]>, 2, "nearest")).toThrow(
    new ShapeError("resize: [1, 1, 0] has a spatial axis of length 0, which has no elements"),
  );
});
