import { describe, expect, test } from "vitest";
import { add, concat, fold, grad, iota, map, mul, stack, sum, type Tensor, tensor } from "../../../dsl/index.ts";
import { checkGrads, expectClose } from "../../../dsl/testing/index.ts";

describe("fold", () => {
  const xs = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);

  test("carries from step to step, and counts them", () => {
    expectClose(
      fold(xs, tensor([0, 0]), (carry, x) => add(carry, x)),
      [9, 12],
    );
    expectClose(
      fold(xs, tensor(0, "i32"), (carry, _, i) => map(carry, i, (c, i) => (c * 10 + i) | 0)),
      12,
    );
  });

  test("takes and carries trees", () => {
    const items = { a: xs, b: iota(3) };
    const carried = fold(items, { total: tensor([0, 0]), steps: tensor(0, "i32") }, ({ total, steps }, { a, b }) => ({
      total: add(total, a),
      steps: add(steps, b),
    }));
    expectClose(carried.total, [9, 12]);
    expectClose(carried.steps, 3);
  });

  test("of no steps is what it began with", () => {
    expectClose(
      fold(iota(0), tensor(7), (carry) => add(carry, 1)),
      7,
    );
  });

  test("has gradients to items, carry and captured tensors", () => {
    const f = (xs: Tensor<[3, 2]>, init: Tensor<[2]>, w: Tensor<[2]>): Tensor<[]> =>
      sum(fold(xs, init, (carry, x) => add(mul(carry, w), mul(x, carry))));
    checkGrads(f, [xs, tensor([0.5, -1]), tensor([1.5, 0.25])]);
  });

  test("has gradients of gradients", () => {
    const power = (x: Tensor<[]>): Tensor<[]> => fold(iota(3), tensor(1), (carry) => mul(carry, x));
    expectClose(grad(grad(power))(tensor(2)), 12);
  });

  test("refuses a carry that changes, and items of different lengths", () => {
    expect(() =>
      // @ts-expect-error the carry grows
      fold(xs, tensor([0]), (carry) => concat([carry, carry], 0)),
    ).toThrow("fold: the carry changes at (root) from f32[1] to f32[2]; a step returns what it takes");
    expect(() =>
      // @ts-expect-error 3 and 2 items
      fold({ a: xs, b: iota(2) }, tensor(0), (carry) => carry),
    ).toThrow("fold: the leading axes of xs differ; each step takes one item of every tensor");
    expect(() => fold([] as readonly Tensor<[2]>[], tensor(0), (carry) => carry)).toThrow("fold: xs has no tensors");
  });
});

describe("stack beside fold", () => {
  test("an unrolled loop is the same", () => {
    const steps = [tensor([1, 2]), tensor([3, 4])] as const;
    const unrolled = steps.reduce((carry, x) => mul(add(carry, x), x), tensor([1, 1]));
    expectClose(
      fold(stack([...steps]), tensor([1, 1]), (carry, x) => mul(add(carry, x), x)),
      unrolled,
    );
  });
});
