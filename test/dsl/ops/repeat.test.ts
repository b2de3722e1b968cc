import { expect, test } from "vitest";
import { repeat, ShapeError, type Tensor, tensor, tile } from "../../../dsl/index.ts";
import { elementsOf } from "../../support/tensors.ts";

const x: Tensor<[2, 2]> = tensor([
  [1, 2],
  [3, 4],
]);

test("repeat puts copies beside each element", () => {
  const wide: Tensor<[2, 6]> = repeat(x, 3, -1);
  expect(elementsOf(wide)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
  const tall: Tensor<[4, 2]> = repeat(x, 2, 0);
  expect(elementsOf(tall)).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  // @ts-expect-error no axis 2
  expect(() => repeat(x, 2, 2)).toThrow(new ShapeError("repeat: 2 is not an axis of [2, 2]; its axes are 0 to 1"));
  // @ts-expect-error from 1 up
  expect(() => repeat(x, 0, 0)).toThrow(
    new ShapeError("repeat: the number of times is 0, and must be a whole number from 1 up"),
  );
});

test("tile puts all of them side by side", () => {
  const tiled: Tensor<[4, 4]> = tile(x, [2, 2]);
  expect(elementsOf(tiled)).toEqual([1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4]);
  const mask: Tensor<[4], "bool"> = tile(tensor([true, false]), [2]);
  expect(elementsOf(mask)).toEqual([1, 0, 1, 0]);
  // @ts-expect-error one number for two axes
  expect(() => tile(x, [2])).toThrow(new ShapeError("tile: [2] for [2, 2]; say of each of its 2 axes how many times"));
  // @ts-expect-error from 1 up
  expect(() => tile(x, [1, 0])).toThrow(
    new ShapeError("tile: a number of times is 0, and must be a whole number from 1 up"),
  );
});
