import { describe, expect, it } from "vitest";
import { DTypeError } from "../../dsl/dtype.ts";
import { inPrecision } from "../../dsl/evaluate.ts";
import { toHost } from "../../dsl/host.ts";
import { add, less, map, mul, tensor } from "../../dsl/ops.ts";
import { ShapeError } from "../../dsl/shape.ts";
import type { Tensor } from "../../dsl/tensor.ts";
import { checkAdjoint, checkGrads, expectClose } from "../../dsl/testing/index.ts";
import { grad, jvp, valueAndGrad, vjp } from "../../dsl/transform.ts";
import { elementsOf, integers, scalarTensor, total, vector } from "../support/tensors.ts";

/** x³, written with uses of one value in several places. */
const cube = (x: Tensor<[]>): Tensor<[]> => mul(x, mul(x, x));

describe("grad", () => {
  it("adds over all uses of a value", () => {
    expectClose(grad(cube)(scalarTensor(2)), 12);
  });

  it("is with respect to the first argument alone", () => {
    const f = (x: Tensor<[2]>, scale: Tensor<[2]>) => total(mul(mul(x, x), scale));
    expectClose(grad(f)(vector(1, 2), vector(10, 100)), [20, 400]);
  });

  it("takes trees and gives trees of the same type", () => {
    const f = (p: { w: Tensor<[2]>; b: readonly [Tensor<[]>] }, x: Tensor<[2]>) =>
      add(total(mul(p.w, x)), mul(p.b[0], 3));
    const gradient = grad(f)({ w: vector(1, 2), b: [scalarTensor(1)] }, vector(5, 6));
    expectClose(gradient, { w: [5, 6], b: [3] });
  });

  it("gives zeros for leaves that are not used, and for results that do not vary", () => {
    const f = (p: { used: Tensor<[2]>; unused: Tensor<[3]> }) => total(p.used);
    expectClose(grad(f)({ used: vector(1, 2), unused: vector(1, 2, 3) }), { used: [1, 1], unused: [0, 0, 0] });
    const outer = scalarTensor(4);
    expectClose(grad((_: Tensor<[2]>) => mul(outer, outer))(vector(1, 2)), [0, 0]);
  });

  it("holds tensors of the surrounding function constant", () => {
    const outer = vector(3, 4);
    expectClose(grad((x: Tensor<[2]>) => total(mul(x, outer)))(vector(1, 2)), [3, 4]);
  });

  it("gives the argument itself its own gradient", () => {
    expectClose(grad((x: Tensor<[]>) => x)(scalarTensor(7)), 1);
  });

  it("sums over broadcast axes", () => {
    const f = (s: Tensor<[]>, x: Tensor<[3]>) => total(mul(x, s));
    expectClose(grad(f)(scalarTensor(2), vector(1, 2, 3)), 6);
  });

  it("nests: third derivative of x³", () => {
    expectClose(grad(grad(cube))(scalarTensor(2)), 12);
    expectClose(grad(grad(grad(cube)))(scalarTensor(2)), 6);
  });

  it("keeps the variables of nested gradients apart", () => {
    // d/dx (x · d/dy (x + y)) = 1: a tape that mixed x and y would give 2.
    const f = (x: Tensor<[]>) => mul(x, grad((y: Tensor<[]>) => add(x, y))(scalarTensor(1)));
    expectClose(grad(f)(scalarTensor(3)), 1);
    // The same with the inner gradient taken at x itself: d/dx (x · 2x) = 4x.
    const g = (x: Tensor<[]>) => mul(x, grad((y: Tensor<[]>) => mul(y, y))(x));
    expectClose(grad(g)(scalarTensor(3)), 12);
    // And where the inner function captures the outer variable: d/dx (x · d/dy (x y)) at y = x is 2x.
    const h = (x: Tensor<[]>) => mul(x, grad((y: Tensor<[]>) => mul(x, y))(x));
    expectClose(grad(h)(scalarTensor(3)), 6);
  });

  it("matches difference quotients, to second order", () => {
    const f = (x: Tensor<[3]>, y: Tensor<[3]>) => total(mul(mul(x, y), add(x, mul(y, y))));
    checkGrads(f, [vector(0.5, -1, 2), vector(1, 0.25, -0.75)], { order: 2 });
  });

  it("refuses what is no scalar of a float type, and says what to do", () => {
    const x = vector(1, 2);
    expect(() => grad(((x: Tensor<[2]>) => x) as never)(x as never)).toThrow(
      new ShapeError("grad: the function returns [2], and must return rank 0; sum or average it"),
    );
    expect(() => grad((() => ({ loss: x })) as never)(x as never)).toThrow(
      new ShapeError("grad: the function must return one tensor of rank 0; return the loss alone, or use vjp"),
    );
    const less = (x: Tensor<[]>) => map(x, (x) => x < 0);
    expect(() => grad(less as never)(scalarTensor(1) as never)).toThrow(
      new DTypeError("grad: the function returns bool, which has no gradient; return f32"),
    );
    expect(() => valueAndGrad(((x: Tensor<[2]>) => x) as never)(x as never)).toThrow(
      "valueAndGrad: the function returns [2], and must return rank 0; sum or average it",
    );
  });

  it("refuses integers, and names their place", () => {
    const f = (p: { i: Tensor<[2], "i32">; x: Tensor<[2]> }) => total(p.x);
    expect(() => grad(f)({ i: integers(1, 2), x: vector(1, 2) })).toThrow(
      new DTypeError("grad: i32[2] at i has no gradient; cast it to f32, or take it as a later argument"),
    );
  });

  it("refuses numbers in its tree", () => {
    const f = (p: { x: Tensor<[2]>; n: number }) => total(p.x);
    expect(() => grad(f)({ x: vector(1, 2), n: 3 })).toThrow("grad: a number at n, where a tree has a tensor");
  });
});

describe("valueAndGrad", () => {
  it("gives both in one run", () => {
    let runs = 0;
    const f = (x: Tensor<[]>) => {
      runs++;
      return cube(x);
    };
    const [value, gradient] = valueAndGrad(f)(scalarTensor(2));
    expectClose([value, gradient], [8, 12]);
    expect(runs).toBe(1);
  });
});

describe("vjp", () => {
  it("pulls a tree of cotangents back to a tree", () => {
    const f = (p: { a: Tensor<[2]>; b: Tensor<[2]> }) => ({
      product: mul(p.a, p.b),
      parts: [p.a, total(p.b)] as const,
    });
    const [value, pullback] = vjp(f)({ a: vector(1, 2), b: vector(3, 4) });
    expectClose(value, { product: [3, 8], parts: [[1, 2], 7] });
    const gradient = pullback({ product: vector(1, 10), parts: [vector(100, 100), scalarTensor(1000)] });
    expectClose(gradient, { a: [103, 140], b: [1001, 1020] });
  });

  it("can be pulled back more than once", () => {
    const [, pullback] = vjp((x: Tensor<[2]>) => mul(x, x))(vector(1, 2));
    expectClose(pullback(vector(1, 0)), [2, 0]);
    expectClose(pullback(vector(0, 1)), [0, 4]);
  });

  it("counts a result that is returned twice twice", () => {
    const [, pullback] = vjp((x: Tensor<[1]>) => [x, x] as const)(vector(1));
    expectClose(pullback([vector(2), vector(3)]), [5]);
  });

  it("refuses cotangents of another shape or structure", () => {
    const [, pullback] = vjp((x: Tensor<[2]>) => ({ y: mul(x, x) }))(vector(1, 2));
    expect(() => pullback({ y: vector(1, 2, 3) as never })).toThrow(
      new ShapeError("vjp: the cotangent at y is [3], the result is [2]; they must be equal"),
    );
    expect(() => pullback({ y: tensor([1, 2], "i32") as never })).toThrow(
      new DTypeError("vjp: the cotangent at y is i32[2], the result is f32[2]; cast it to f32"),
    );
    for (const [wrong, path] of [
      [{}, "y"],
      [{ y: vector(1, 2), z: vector(1, 2) }, "z"],
    ] as const) {
      expect(() => pullback(wrong as never)).toThrow(
        new ShapeError(`vjp: the cotangent and the result differ: only one of them has a tensor at ${path}`),
      );
    }
  });

  it("takes a cotangent's fields in any order", () => {
    const [, pullback] = vjp((x: Tensor<[2]>) => ({ a: mul(x, 2), b: mul(x, 3) }))(vector(1, 2));
    expectClose(pullback({ b: vector(0, 10), a: vector(1, 0) }), [2, 30]);
  });

  it("takes a tensor kept from an earlier run for one without elements, not for a variable", () => {
    const x = vector(1, 2);
    const kept: Tensor<[2]>[] = [];
    grad((x: Tensor<[2]>) => {
      kept.push(x);
      return total(x);
    })(x);
    const gradient = grad((y: Tensor<[2]>) => total(mul(kept[0] as Tensor<[2]>, y)))(x);
    expect(() => toHost(gradient)).toThrow("toHost: a tensor inside a gradient has no elements yet");
  });
});

describe("jvp", () => {
  it("takes a tangent's fields in any order, and refuses what is no tangent", () => {
    const point = { a: vector(1, 2), b: vector(3, 4) };
    const product = jvp((p: typeof point) => mul(mul(p.a, p.a), p.b));
    expectClose(product(point, { b: vector(0, 0), a: vector(1, 1) })[1], [6, 16]);
    expect(() => product(point, { b: vector(0, 0), a: vector(1) as never })).toThrow(
      new ShapeError("jvp: the tangent at a is [1], the first argument is [2]; they must be equal"),
    );
    expect(() => jvp((x: Tensor<[2]>) => less(x, 1))(vector(1, 2), vector(1, 2))).toThrow(
      new DTypeError("jvp: the result at (root) is bool[2], which has no tangent; return floats alone"),
    );
  });

  const f = (x: Tensor<[2]>, y: Tensor<[2]>) => ({ product: mul(mul(x, x), y), sum: total(x) });

  it("is the derivative along a tangent", () => {
    const [value, pushed] = jvp(f)(vector(1, 2), vector(10, 1), vector(3, 4));
    expectClose(value, { product: [3, 16], sum: 3 });
    expectClose(pushed, { product: [60, 16], sum: 11 });
  });

  it("equals difference quotients", () => {
    inPrecision("f64", () => {
      const [x, v, y] = [vector(0.3, -1.2), vector(0.7, 0.4), vector(1.5, -0.6)];
      const step = 2 ** -12;
      const along = (s: number) => elementsOf(f(add(x, mul(v, s)), y).product);
      const forward = along(step);
      const back = along(-step);
      expectClose(
        jvp(f)(x, v, y)[1].product,
        forward.map((value, i) => (value - (back[i] as number)) / (2 * step)),
        { relative: 1e-9 },
      );
    });
  });

  it("is zero where the result does not depend on the argument", () => {
    const outer = vector(1, 2);
    expectClose(jvp((_: Tensor<[2]>) => outer)(vector(1, 1), vector(1, 1))[1], [0, 0]);
  });

  it("nests with grad: a Hessian times a vector", () => {
    const g = (x: Tensor<[2]>) => total(mul(x, mul(x, x)));
    const [, product] = jvp(grad(g))(vector(1, 2), vector(1, 10));
    expectClose(product, [6, 120]);
  });
});

describe("gradients of lambdas, which are black boxes when run directly", () => {
  it("are found numerically", () => {
    const f = (x: Tensor<[3]>) => total(map(x, (x) => Math.sin(x) * Math.exp(x)));
    inPrecision("f64", () => {
      const x = vector(0.5, -1, 2);
      expectClose(
        grad(f)(x),
        [0.5, -1, 2].map((x) => Math.exp(x) * (Math.sin(x) + Math.cos(x))),
        { relative: 1e-9 },
      );
    });
  });

  it("go to each operand, through broadcasting", () => {
    const f = (x: Tensor<[2]>, a: Tensor<[]>) => map(x, a, (x, a) => (x - Math.sqrt(1 - a) * 2) / Math.sqrt(a));
    checkGrads(f, [vector(0.5, -1), scalarTensor(0.4)], { order: 2 });
    checkAdjoint(f, [vector(0.5, -1), scalarTensor(0.4)]);
  });

  it("are NaN at kinks and jumps, which comparisons leave out and count", () => {
    const bent = grad((x: Tensor<[3]>) => total(map(x, (x) => Math.abs(x))))(vector(-1, 0, 2));
    const report = expectClose([-1, Number.NaN, 1], bent, { undefinedEntries: "skip", absolute: 1e-7 });
    expect(report).toMatchObject({ entries: 3, undefinedEntries: 1 });
    const step = grad((x: Tensor<[2]>) => total(map(x, (x) => (x < 1 ? 0 : x))))(vector(1, 3));
    expectClose(step, [Number.NaN, 1], { absolute: 1e-7 });
  });
});
