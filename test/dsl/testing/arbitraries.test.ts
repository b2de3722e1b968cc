import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add } from "../../../dsl/ops.ts";
import { sizeOf } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { operandShapes, operandsFor, shapes, tensors, trees } from "../../../dsl/testing/index.ts";
import { treeLeaves } from "../../../dsl/tree.ts";
import { elementsOf } from "../../support/tensors.ts";

const holds = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(
    fc.property(arbitrary, (value) => {
      check(value);
    }),
    { seed: 7, numRuns: 200 },
  );

/** What a failing property shrinks to. */
const shrunk = <T>(arbitrary: fc.Arbitrary<T>, fails: (value: T) => boolean): T => {
  const { counterexample } = fc.check(
    fc.property(arbitrary, (value) => !fails(value)),
    { seed: 7, numRuns: 1000 },
  );
  return (counterexample as [T])[0];
};

describe("shapes", () => {
  it("keep to their limits", () => {
    holds(shapes(), (shape) => {
      expect(shape.length).toBeLessThanOrEqual(4);
      for (const dim of shape) expect(dim >= 1 && dim <= 4).toBe(true);
      expect(sizeOf(shape)).toBeLessThanOrEqual(60);
    });
    holds(shapes({ minRank: 2, maxRank: 3, minDim: 2, maxDim: 5, maxSize: 30 }), (shape) => {
      expect(shape.length === 2 || shape.length === 3).toBe(true);
      for (const dim of shape) expect(dim >= 2 && dim <= 5).toBe(true);
      expect(sizeOf(shape)).toBeLessThanOrEqual(30);
    });
  });

  it("reach every rank, and dims of 0 where these are asked for", () => {
    const ranks = new Set(fc.sample(shapes(), { seed: 7, numRuns: 100 }).map(({ length }) => length));
    expect([...ranks].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(fc.sample(shapes({ minDim: 0 }), { seed: 7, numRuns: 100 }).some((shape) => shape.includes(0))).toBe(true);
  });

  it("shrink to the smallest", () => {
    expect(shrunk(shapes(), (shape) => shape.length >= 2)).toEqual([1, 1]);
    expect(shrunk(shapes(), (shape) => shape.some((dim) => dim > 2))).toEqual([3]);
  });
});

describe("operandShapes and operandsFor", () => {
  it("broadcast into the shape, as add takes them", () => {
    const cases = shapes().chain((shape) => fc.tuple(tensors(shape), operandsFor(shape)));
    holds(cases, ([x, y]) => expect(add(x as never, y as never)).toMatchObject({ shape: x.shape }));
    const seen = new Set(fc.sample(operandShapes([2, 3]), { seed: 7, numRuns: 200 }).map((shape) => `${shape}`));
    expect([...seen].sort()).toEqual(["", "1,1", "1,3", "2,1", "2,3"]);
  });
});

describe("tensors", () => {
  it("have the shape and dtype asked for, with f32 numbers inside the domain", () => {
    holds(tensors([2, 3], { domain: [0.5, 4] }), (x) => {
      expect(x).toMatchObject({ shape: [2, 3], dtype: "f32" });
      for (const value of elementsOf(x)) expect(value > 0.5 && value < 4 && Math.fround(value) === value).toBe(true);
    });
    holds(tensors([4]), (x) => {
      for (const value of elementsOf(x)) expect(Math.abs(value) > 1e-4 && Math.abs(value) < 2).toBe(true);
    });
  });

  it("are distinct where asked to be", () => {
    holds(tensors([3, 4], { distinct: true }), (x) => {
      const sorted = elementsOf(x).sort((a, b) => a - b);
      for (const [i, value] of sorted.entries())
        if (i > 0) expect(value - (sorted[i - 1] as number)).toBeGreaterThan(5e-4);
    });
  });

  it("have no value in common where their phases differ", () => {
    const pair = fc.tuple(tensors([20]), tensors([20], { phase: 0.9 }));
    holds(pair, ([x, y]) => {
      const values = new Set(elementsOf(x));
      expect(elementsOf(y).filter((value) => values.has(value))).toEqual([]);
    });
  });

  it("hold integers below a bound, booleans, and half numbers", () => {
    holds(tensors([5], { dtype: "i32", below: 3 }), (x) => {
      for (const value of elementsOf(x)) expect([0, 1, 2]).toContain(value);
    });
    holds(tensors([5], { dtype: "u32" }), (x) => expect(Math.min(...elementsOf(x))).toBeGreaterThanOrEqual(0));
    holds(tensors([5], { dtype: "bool" }), (x) => {
      for (const value of elementsOf(x)) expect([0, 1]).toContain(value);
    });
    holds(tensors([5], { dtype: "f16" }), (x) => {
      for (const value of elementsOf(x)) expect(Number.isInteger(value * 2 ** 24)).toBe(true);
    });
  });

  it("shrink towards 0", () => {
    const x = shrunk(tensors([3]), (x) => elementsOf(x).some((value) => value > 1));
    const values = elementsOf(x).sort((a, b) => a - b);
    expect(values[2]).toBeCloseTo(1, 2);
    for (const value of values.slice(0, 2)) expect(Math.abs(value)).toBeLessThan(1e-3);
  });

  it("take a domain that does not hold 0", () => {
    expect(elementsOf(shrunk(tensors([1], { domain: [3, 5] }), () => true))[0]).toBeCloseTo(3, 2);
    expect(elementsOf(shrunk(tensors([1], { domain: [-5, -3] }), () => true))[0]).toBeCloseTo(-3, 2);
  });

  it("have the literal type of their shape", () => {
    const drawn: fc.Arbitrary<Tensor<[2, 3]>> = tensors([2, 3]);
    const indices: fc.Arbitrary<Tensor<[2], "i32">> = tensors([2], { dtype: "i32" });
    // @ts-expect-error: another shape
    const other: fc.Arbitrary<Tensor<[3, 2]>> = tensors([2, 3]);
    for (const arbitrary of [drawn, indices, other]) expect(fc.sample<AnyTensor>(arbitrary, 1)).toHaveLength(1);
  });
});

describe("trees", () => {
  it("have tensors at their leaves, and vary in structure", () => {
    const structures = new Set<string>();
    holds(trees(), (tree) => {
      const leaves = treeLeaves(tree);
      expect(leaves.length).toBeGreaterThan(0);
      structures.add(`${leaves.length}`);
    });
    expect(structures.size).toBeGreaterThan(3);
  });
});
