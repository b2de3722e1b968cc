import { describe, expect, it } from "vitest";
import { inPrecision } from "../../../dsl/evaluate.ts";
import { apply } from "../../../dsl/interpreter.ts";
import { add, less, map, mul } from "../../../dsl/ops.ts";
import { type Dense, primitive } from "../../../dsl/primitive.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { checkAdjoint, checkGrads } from "../../../dsl/testing/index.ts";
import { grad } from "../../../dsl/transform.ts";
import { integers, scalarTensor, total, vector } from "../../support/tensors.ts";

/** These primitives only run directly. */
const notCompiled = () => ({ kind: "fill", value: 0 }) as const;

/** x² with a gradient of factor · x. */
const square = (factor: number) => {
  const record = primitive<null>({
    name: "square",
    kind: "map",
    infer: (_, [x]) => x as Dense,
    evaluate: (_, [x]) => (x as Dense).data.map((value) => value * value) as Dense["data"],
    lower: notCompiled,
    pullback: ({ operands: [x], ct }) => mul(mul(ct, x as AnyTensor), factor),
  });
  return (x: Tensor<[3]>): Tensor<[3]> => apply(record, null, [x]);
};

const x = vector(0.5, -1, 2);

describe("checkGrads", () => {
  it("passes right gradients, of every float tensor in every argument", () => {
    const f = (p: { w: Tensor<[3]>; b: readonly Tensor<[]>[] }, i: Tensor<[2], "i32">, n: number, y: Tensor<[3]>) => {
      expect([i.dtype, n]).toEqual(["i32", 3]);
      return { out: mul(mul(p.w, y), p.b[0] as Tensor<[]>), sum: total(y) };
    };
    const args = [{ w: x, b: [scalarTensor(2)] }, integers(1, 2), 3, vector(4, 5, 6)] as const;
    const report = checkGrads(f, args, { order: 2 });
    expect(report).toMatchObject({ entries: 14, undefinedEntries: 0 });
    expect(report.largestError).toBeLessThan(1e-8);
    expect(checkGrads(f, args, { wrt: "first" }).entries).toBe(4);
    expect(checkGrads(f, args, { entries: 2 }).entries).toBe(5);
  });

  it("finds a gradient that is off by one part in 10⁵, and names the worst entry", () => {
    expect(() => checkGrads(square(2 * (1 + 1e-5)), [x])).toThrow(
      /^checkGrads: wrong gradient: at args\[0\]\[2\] it is .*; the error is 0\.0000\d+ of the largest entry, 0\.000001 is allowed; \d of 3 entries differ \(seed 0\)$/,
    );
    checkGrads(square(2), [x]);
  });

  it("finds what only some entries show", () => {
    const f = (x: Tensor<[3]>) => mul(square(2)(x), vector(1, 0, 0));
    const wrong = (x: Tensor<[3]>) => add(f(x), mul(add(square(3)(x), mul(square(2)(x), -1)), vector(0, 1e-3, 0)));
    expect(() => checkGrads(wrong, [x])).toThrow("at args[0][1] it is");
  });

  it("finds a gradient that is zero where it should not be", () => {
    expect(() => checkGrads(square(0), [x])).toThrow("wrong gradient");
  });

  it("finds a second derivative that is wrong behind a first that is right", () => {
    const record = primitive<null>({
      name: "cube",
      kind: "map",
      infer: (_, [x]) => x as Dense,
      evaluate: (_, [x]) => (x as Dense).data.map((value) => value ** 3) as Dense["data"],
      lower: notCompiled,
      pullback: ({ operands: [x], ct }) => mul(mul(ct, 3), square(3)(x as Tensor<[3]>)),
    });
    const cube = (x: Tensor<[3]>): Tensor<[3]> => apply(record, null, [x]);
    checkGrads(cube, [x]);
    expect(() => checkGrads(cube, [x], { order: 2 })).toThrow("checkGrads, second order: wrong gradient");
    expect(() =>
      checkGrads(
        grad((x: Tensor<[3]>) => total(cube(x))),
        [x],
      ),
    ).toThrow("wrong gradient");
  });

  it("says where f has no derivative, or leaves the entry out and counts it", () => {
    const bent = (x: Tensor<[3]>) =>
      mul(
        map(x, (x) => Math.abs(x)),
        1,
      );
    const at = vector(1, 0, -2);
    expect(() => checkGrads(square(2), [at])).not.toThrow();
    const relu = (x: Tensor<[3]>): Tensor<[3]> => {
      const record = primitive<null>({
        name: "relu",
        kind: "map",
        infer: (_, [x]) => x as Dense,
        evaluate: (_, [x]) => (x as Dense).data.map((value) => Math.max(0, value)) as Dense["data"],
        lower: notCompiled,
        pullback: ({ operands: [x], ct }) =>
          mul(
            ct,
            map(x as Tensor<[3]>, (x) => (x > 0 ? 1 : 0)),
          ),
      });
      return apply(record, null, [x]);
    };
    expect(() => checkGrads(relu, [at])).toThrow("checkGrads: no derivative at args[0][1]: difference quotients");
    expect(checkGrads(relu, [at], { undefinedEntries: "skip" })).toMatchObject({ entries: 3, undefinedEntries: 1 });
    expect(() => checkGrads(relu, [vector(0, 0, 0)], { undefinedEntries: "skip" })).toThrow("nothing to compare");
    expect(() => checkGrads(bent, [at], { undefinedEntries: "skip" })).toThrow("it is NaN");
  });

  it("refuses a result without a float tensor", () => {
    expect(() => checkGrads((x: Tensor<[2]>) => less(x, 1), [vector(1, 2)])).toThrow(
      "typegrad/testing: there is no float tensor in the result, whose gradient could be checked",
    );
  });

  it("refuses a call without a float element", () => {
    expect(() => checkGrads((i: Tensor<[2], "i32">) => i, [integers(1, 2)])).toThrow(
      "checkGrads: there is no float element among the arguments to differentiate by",
    );
  });

  it("gives the same numbers in every run of one seed, and leaves the precision as it was", () => {
    const run = (seed: number) => checkGrads(square(2), [x], { seed }).largestError;
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
    expect(() => inPrecision("f32", () => checkGrads(square(0), [x]))).toThrow();
    expect(Array.from(new Set([mul(x, 0.1)].map(({ dtype }) => dtype)))).toEqual(["f32"]);
  });
});

describe("checkAdjoint", () => {
  it("passes right gradients and finds wrong ones", () => {
    const f = (x: Tensor<[3]>, s: Tensor<[]>) => mul(mul(x, x), s);
    expect(checkAdjoint(f, [x, scalarTensor(3)]).largestError).toBeLessThan(1e-8);
    expect(() => checkAdjoint(square(2.001), [x])).toThrow(
      /^checkAdjoint: ⟨J v, w⟩ is \S+ by difference quotients, ⟨v, Jᵀ w⟩ is \S+; they differ by \S+ of the gradient's largest entry, 0\.000001 is allowed \(seed 0\)$/,
    );
  });

  it("says so where there is no derivative", () => {
    const jump = (x: Tensor<[3]>) => map(x, (x) => (x < 0.5 ? 0 : 1));
    expect(() => checkAdjoint((x: Tensor<[3]>) => mul(jump(x), 1), [x])).toThrow(/^checkAdjoint/);
  });
});
