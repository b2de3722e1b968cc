import { describe, expect, test } from "vitest";
import { cumprod, cumsum, grad, prod, sum, type Tensor, tensor, toHost } from "../../../dsl/index.ts";
import { checkGrads, expectClose } from "../../../dsl/testing/index.ts";

describe("cumsum", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 9],
  ]);

  test("along any axis, the last by default", () => {
    expectClose(cumsum(x), [
      [1, 3, 6],
      [4, 9, 18],
    ]);
    expectClose(cumsum(x, 0), [
      [1, 2, 3],
      [5, 7, 12],
    ]);
  });

  test("of rank 0, and of nothing", () => {
    expectClose(cumsum(tensor(3)), 3);
    expect(cumsum(tensor({ dtype: "f32", shape: [2, 0], data: new Float32Array(0) })).shape).toEqual([2, 0]);
  });

  test("of integers wraps", () => {
    expect([...toHost(cumsum(tensor([2147483647, 1, 1], "i32"))).data]).toEqual([2147483647, -2147483648, -2147483647]);
    expect([...toHost(cumsum(tensor([4294967295, 2], "u32"))).data]).toEqual([4294967295, 1]);
  });

  test("has sums from the end for a gradient", () => {
    expectClose(grad((x: Tensor<[3]>) => sum(cumsum(x)))(tensor([1, 2, 3])), [3, 2, 1]);
  });

  test("refuses an axis that is none", () => {
    // @ts-expect-error axis 2 of rank 2
    expect(() => cumsum(x, 2)).toThrow("cumsum: 2 is not an axis of [2, 3]; its axes are 0 to 1");
  });
});

/** With no zero, one, and two. */
const rows = [
  [2, 3, 4, 5],
  [2, 0, 4, 5],
  [0, 3, 0, 5],
] as const;

describe("cumprod and prod", () => {
  test("the last product is that of all", () => {
    expectClose(cumprod(tensor(rows)), [
      [2, 6, 24, 120],
      [2, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expectClose(prod(tensor(rows), 1), [120, 0, 0]);
  });

  test("have exact gradients where elements are zero", () => {
    expectClose(grad((x: Tensor<[3, 4]>) => sum(prod(x, 1)))(tensor(rows)), [
      [60, 40, 30, 24],
      [0, 40, 0, 0],
      [0, 0, 0, 0],
    ]);
    // 1 + x₁ + x₁x₂ + x₁x₂x₃ with the other factors before it.
    expectClose(grad((x: Tensor<[4]>) => sum(cumprod(x)))(tensor([2, 0, 4, 5])), [1, 2 * (1 + 4 + 20), 0, 0]);
    for (const row of rows) {
      checkGrads((x: Tensor<[4]>) => prod(x), [tensor(row)], { order: 2 });
      checkGrads((x: Tensor<[4]>) => cumprod(x), [tensor(row)], { order: 2 });
    }
  });

  test("over several axes", () => {
    const x = tensor([
      [
        [1, 2],
        [3, 0],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ]);
    expectClose(prod(x, [0, 2]), [60, 0]);
    checkGrads((x: Tensor<[2, 2, 2]>) => prod(x, [0, 2]), [x], { order: 2 });
    expectClose(prod(x, []), x);
  });

  test("of integers wrap", () => {
    const large = tensor([65537, 65537, 3], "i32");
    expect([...toHost(prod(large)).data]).toEqual([Math.imul(Math.imul(65537, 65537), 3)]);
    expect([...toHost(cumprod(large)).data]).toEqual([65537, 131073, 393219]);
    expect([...toHost(prod(tensor([4294967295, 4294967295], "u32"))).data]).toEqual([1]);
  });

  test("of nothing is 1", () => {
    expectClose(prod(tensor({ dtype: "f32", shape: [2, 0], data: new Float32Array(0) }), 1), [1, 1]);
  });
});
