import { describe, expect, test } from "vitest";
import {
  add,
  checkpoint,
  composite,
  customVjp,
  exp,
  grad,
  iota,
  mul,
  sin,
  square,
  stopGradient,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "../../dsl/index.ts";
import { expectClose } from "../../dsl/testing/index.ts";

type Scalar = Tensor<[]>;

describe("customVjp", () => {
  test("replaces the gradient, and differentiates the pullback for the second", () => {
    const f = customVjp(
      (x: Scalar): Scalar => exp(x),
      (ct, out, x) => [mul(ct, mul(out, square(x)))] as const,
    );
    const x = tensor(0.5);
    expectClose(grad(f)(x), Math.exp(0.5) * 0.25, { relative: 1e-6 });
    // d/dx (exp x · x²), where the pullback's own `out` is f again.
    expectClose(grad(grad(f))(x), Math.exp(0.5) * (0.25 * 0.25 + 2 * 0.5), { relative: 1e-6 });
  });

  test("takes trees, and null for what has no gradient", () => {
    const f = customVjp(
      ({ w }: { readonly w: Tensor<[2]> }, _: Tensor<[2], "i32">): Scalar => sum(w),
      (_, __, { w }) => [{ w: mul(w, 3) }, null],
    );
    expectClose(grad(f)({ w: tensor([1, 2]) }, iota(2)).w, [3, 6]);
  });

  test("takes a cotangent's fields in any order", () => {
    const f = customVjp(
      ({ a, b }: { readonly a: Tensor<[2]>; readonly b: Tensor<[2]> }): Scalar => sum(mul(a, b)),
      (_, __, { a, b }) => [{ b: a, a: b }],
    );
    expectClose(grad(f)({ a: tensor([1, 2]), b: tensor([3, 4]) }), { a: [3, 4], b: [1, 2] });
  });

  test("refuses a cotangent of another shape, and captured tensors", () => {
    const f = customVjp(
      (x: Tensor<[2]>): Scalar => sum(x),
      () => [zeros([3]) as unknown as Tensor<[2]>],
    );
    expect(() => grad(f)(tensor([1, 2]))).toThrow(
      "customVjp: the cotangent and argument 1 differ at (root): f32[3] and f32[2]; they must be equal, or the cotangent null",
    );
    const unlisted = customVjp(
      (x: Tensor<[2]>): Scalar => sum(x),
      (_, __, x) => x as never,
    );
    expect(() => grad(unlisted)(tensor([1, 2]))).toThrow(
      "customVjp: the pullback gives no list, and must give a list of 1: a cotangent, or null, for each argument",
    );
    const outer = (x: Scalar): Scalar =>
      customVjp(
        (y: Scalar): Scalar => mul(x, y),
        (ct) => [ct],
      )(x);
    expect(() => grad(outer)(tensor(1))).toThrow(
      "customVjp: the function captures a tensor that is being differentiated",
    );
  });
});

describe("functions that keep their meaning", () => {
  const f = (x: Scalar): Scalar => mul(sin(x), x);
  test.each([
    ["checkpoint", checkpoint(f)],
    ["composite", composite("f", f)],
  ])("%s", (_, g) => {
    const x = tensor(0.7);
    expectClose(g(x), f(x));
    expectClose(grad(g)(x), grad(f)(x));
    expectClose(grad(grad(g))(x), grad(grad(f))(x));
  });

  test("stopGradient is a constant", () => {
    expectClose(grad((x: Scalar) => mul(stopGradient(x), x))(tensor(3)), 3);
    expectClose(add(stopGradient(tensor(2)), 1), 3);
  });
});
