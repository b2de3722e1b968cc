import { describe, expect, test } from "vitest";
import { tensor } from "../../../dsl/host.ts";
import { broadcast, expand, flip, flipOver, permute, permuteTo } from "../../../dsl/ops/move.ts";
import { ShapeError } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf } from "../../support/tensors.ts";

const x: Tensor<[2, 3]> = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const cube: Tensor<[2, 2, 2]> = tensor([
  [
    [0, 1],
    [2, 3],
  ],
  [
    [4, 5],
    [6, 7],
  ],
]);
/** Tensors of a shape that the checker does not know, whose misfits show only when the program runs. */
const loose = x as AnyTensor;

const parts = (y: AnyTensor): readonly [shape: readonly number[], elements: readonly number[]] => [
  y.shape,
  elementsOf(y),
];

describe("permute", () => {
  test("puts axes[i] at place i", () => {
    expect(parts(permute(x, [1, 0]))).toEqual([
      [3, 2],
      [1, 4, 2, 5, 3, 6],
    ]);
    expect(elementsOf(permute(cube, [2, 0, 1]))).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
    expect(elementsOf(permute(cube, [-1, 0, -2]))).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
  });

  test("of the own order is the operand itself", () => {
    expect(permute(x, [0, 1])).toBe(x);
  });

  test("pulls back in the opposite order", () => {
    const [, pullback] = vjp((x: Tensor<[2, 2, 2]>) => permute(x, [2, 0, 1]))(cube);
    expect(elementsOf(pullback(permute(cube, [2, 0, 1])))).toEqual(elementsOf(cube));
  });

  test.each([[[0, 0]], [[0]], [[0, 2]], [[0, -3]], [[0, 1, 1]], [[0, 0.5]]])("refuses %j", (axes) => {
    expect(() => permute(loose, axes)).toThrow(
      new ShapeError(
        `permute: [${axes.join(", ")}] is no order of the axes of [2, 3]; name each axis once, counted from 0 or from the end`,
      ),
    );
  });
});

describe("expand", () => {
  test("repeats along axes of 1", () => {
    expect(parts(expand(tensor([[1], [2]]), [2, 3]))).toEqual([
      [2, 3],
      [1, 1, 1, 2, 2, 2],
    ]);
    expect(elementsOf(expand(tensor([[1, 2]]), [2, 2]))).toEqual([1, 2, 1, 2]);
  });

  test("takes rank 0 to any shape", () => {
    expect(parts(expand(tensor(7), [2, 1]))).toEqual([
      [2, 1],
      [7, 7],
    ]);
  });

  test("goes to no elements", () => {
    expect(parts(expand(tensor([[1, 2]]), [0, 2]))).toEqual([[0, 2], []]);
  });

  test("pulls back the sum over what was repeated", () => {
    const [, pullback] = vjp((x: Tensor<[2, 1]>) => expand(x, [2, 3]))(tensor([[0], [0]]));
    expect(elementsOf(pullback(x))).toEqual([6, 15]);
  });

  test.each([
    [[2, 4], "axis 1 has 3, and must have 4 or 1"],
    [[1, 3], "axis 0 has 2, and must have 1"],
    [[1, 2, 3], "its rank is 2, and must be 3 or 0; reshape it first"],
  ])("refuses %j", (shape, why) => {
    expect(() => expand(loose, shape)).toThrow(
      new ShapeError(`expand: [2, 3] does not expand to [${shape.join(", ")}]: ${why}`),
    );
  });

  test("refuses what is no shape", () => {
    expect(() => expand(tensor([1]) as AnyTensor, [-2] as number[])).toThrow(
      new ShapeError("expand: [-2] is not a shape; dims are whole numbers from 0 up"),
    );
  });
});

describe("broadcast", () => {
  test("repeats each to the other", () => {
    const [a, b] = broadcast(tensor([[1], [2]]), tensor([[10, 20]]));
    expect(parts(a)).toEqual([
      [2, 2],
      [1, 1, 2, 2],
    ]);
    expect(parts(b)).toEqual([
      [2, 2],
      [10, 20, 10, 20],
    ]);
  });

  test("gives rank 0 the other's shape, on either side", () => {
    const [a, b] = broadcast(tensor(5), x);
    expect([elementsOf(a), b]).toEqual([[5, 5, 5, 5, 5, 5], x]);
    const [c, d] = broadcast(x, tensor(5));
    expect([c, elementsOf(d)]).toEqual([x, [5, 5, 5, 5, 5, 5]]);
    expect(broadcast(tensor(1), tensor(2)).map(elementsOf)).toEqual([[1], [2]]);
  });

  test("keeps each dtype", () => {
    const [a, b] = broadcast(tensor([1]), tensor([true, false]));
    expect([a.dtype, b.dtype]).toEqual(["f32", "bool"]);
  });

  test("refuses dims that differ, and ranks", () => {
    expect(() => broadcast(loose, tensor([[1, 2]]) as AnyTensor)).toThrow(
      new ShapeError(
        "broadcast: [2, 3] and [1, 2] do not broadcast together: axis 1 has 3 and 2, which must be equal, or one of them 1",
      ),
    );
    expect(() => broadcast(loose, tensor([1, 2, 3]) as AnyTensor)).toThrow(
      new ShapeError(
        "broadcast: [2, 3] and [3] do not broadcast together: their ranks must be equal, or one of them 0; reshape one of them",
      ),
    );
  });
});

describe("flip", () => {
  test("reverses axes, all by default", () => {
    expect(elementsOf(flip(x, 1))).toEqual([3, 2, 1, 6, 5, 4]);
    expect(elementsOf(flip(x, -2))).toEqual([4, 5, 6, 1, 2, 3]);
    expect(elementsOf(flip(x, [0, 1]))).toEqual([6, 5, 4, 3, 2, 1]);
    expect(elementsOf(flip(x))).toEqual([6, 5, 4, 3, 2, 1]);
    expect(flip(x, [])).toBe(x);
  });

  test("pulls back what it flips", () => {
    const [, pullback] = vjp((x: Tensor<[2, 3]>) => flip(x, 1))(x);
    expect(elementsOf(pullback(x))).toEqual([3, 2, 1, 6, 5, 4]);
  });

  test("refuses an axis that is not there", () => {
    expect(() => flip(loose, 2)).toThrow(new ShapeError("flip: 2 is not an axis of [2, 3]; its axes are 0 to 1"));
    expect(() => flip(loose, [0, -2])).toThrow(new ShapeError("flip: axis -2 is named twice"));
  });
});

test("what is no tensor is refused by the name of the op", () => {
  expect(() => permute(null as unknown as AnyTensor, [0])).toThrow(
    new TypeError("permute: an operand is null, and must be a tensor"),
  );
  expect(() => broadcast(x, 2 as unknown as AnyTensor)).toThrow(
    new TypeError("broadcast: an operand is number, and must be a tensor"),
  );
});

test("the primitives serve rules without checks", () => {
  expect(elementsOf(permuteTo(x, [1, 0]))).toEqual([1, 4, 2, 5, 3, 6]);
  expect(elementsOf(flipOver(x, [0]))).toEqual([4, 5, 6, 1, 2, 3]);
});
