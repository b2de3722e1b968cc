/** One suite over the manifest: what must hold of every op, for arguments that its own record draws. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DType, isFloat } from "../dsl/dtype.ts";
import { denseOf, fromElements, inPrecision } from "../dsl/evaluate.ts";
import { kinds } from "../dsl/primitive.ts";
import { type AnyTensor, isTensor } from "../dsl/tensor.ts";
import { checkAdjoint, checkGrads, drawFrom, expectClose } from "../dsl/testing/index.ts";
import { pairsOf } from "../dsl/testing/numbers.ts";
import { variablesOf, withVariables } from "../dsl/testing/variables.ts";
import { vjp } from "../dsl/transform.ts";
import { leavesOf, treeWith } from "../dsl/tree.ts";
import { type AnyOp, opsByName } from "./support/manifest.ts";

/** One seed for all runs: a failure comes back. */
const seed = 20260;

/** Runs `check` on drawn arguments. */
const forDrawn = (op: AnyOp, numRuns: number, check: (args: readonly unknown[]) => void): void => {
  fc.assert(
    fc.property(fc.gen(), (gen) => check(op.record.draw(drawFrom(gen)))),
    { seed, numRuns },
  );
};

const typesOf = (result: unknown): string[] =>
  leavesOf("a result", result).map(({ path, tensor }) => `${path}: ${tensor.dtype} [${tensor.shape.join(", ")}]`);

/** The same tensors with their elements in reverse order: other data that keeps to the same domain. */
const reversed = (value: unknown): unknown => {
  if (isTensor(value)) {
    const { data } = denseOf("reversed", value);
    return fromElements(value, data.slice().reverse());
  }
  return Array.isArray(value) ? value.map(reversed) : value;
};

/** The coarsest element type that a value passes through. */
const holds = (dtype: DType, value: unknown): boolean =>
  value === dtype ||
  (isTensor(value)
    ? value.dtype === dtype
    : typeof value === "object" && value !== null && Object.values(value).some((child) => holds(dtype, child)));

const hasFloatElements = (args: readonly unknown[]): boolean =>
  variablesOf(args).some(({ tensor }) => denseOf("a test", tensor).data.length > 0);

/** Whether floats lead to floats: a drawn cast to integers has no gradient to check. */
const varies = (op: AnyOp, args: readonly unknown[]): boolean =>
  hasFloatElements(args) && leavesOf("a result", op(...args)).some(({ tensor }) => isFloat(tensor.dtype));

/** Jᵀ of ones, for an op that says it has no gradient. */
const pulledOnes = (op: AnyOp, args: readonly unknown[]): AnyTensor[] => {
  const call = (tensors: readonly AnyTensor[]): unknown => op(...withVariables(args, tensors));
  const [result, pullback] = vjp(call)(variablesOf(args).map(({ tensor }) => tensor));
  const ones = leavesOf("a result", result).map(({ tensor }) =>
    fromElements(
      tensor,
      denseOf("a test", tensor).data.map(() => 1),
    ),
  );
  return pullback(treeWith(result, ones)) as AnyTensor[];
};

describe.each(opsByName)("%s", (name, op) => {
  it("has a record of its name", () => {
    const { record } = op;
    expect(record.name).toBe(name);
    expect(kinds).toContain(record.kind);
    for (const text of [record.law, record.formula, record.gradient, record.example])
      expect(text.length).toBeGreaterThan(0);
  });

  it("has a shape that depends on shapes alone", () => {
    forDrawn(op, 40, (args) => {
      const types = typesOf(op(...args));
      expect(types.length).toBeGreaterThan(0);
      expect(typesOf(op(...args.map(reversed)))).toEqual(types);
      expect(inPrecision("f64", () => typesOf(op(...args)))).toEqual(types);
    });
  });

  it("gives in f32 what it gives in f64, to rounding", () => {
    forDrawn(op, 40, (args) => {
      const single = op(...args);
      const double = inPrecision("f64", () => op(...args));
      const half = holds("f16", args) || leavesOf("a result", single).some(({ tensor }) => tensor.dtype === "f16");
      const pairs = pairsOf(single, double);
      // A few roundings of the largest number met on the way, which is rarely far above the largest result.
      const bound =
        (half ? 2 ** -9 : 2 ** -20) * Math.max(1, ...pairs.flatMap(([, { values }]) => values.map(Math.abs)));
      expectClose(single, double, { absolute: bound });
    });
  });

  if (op.record.gradient === "none") {
    it("has a gradient of zeros", () => {
      forDrawn(op, 10, (args) => {
        if (!varies(op, args)) return;
        for (const gradient of pulledOnes(op, args))
          expect(denseOf("a test", gradient).data.every((value) => value === 0)).toBe(true);
      });
    });
    return;
  }

  it("has the gradient of difference quotients", () => {
    let entries = 0;
    let undefinedEntries = 0;
    forDrawn(op, 12, (args) => {
      if (!varies(op, args)) return;
      const report = checkGrads(op, args, { entries: 8, undefinedEntries: "skip" });
      entries += report.entries;
      undefinedEntries += report.undefinedEntries;
    });
    expect(entries).toBeGreaterThan(0);
    expect(undefinedEntries).toBeLessThanOrEqual(entries / 20);
  });

  it("has an adjoint", () => {
    let runs = 0;
    forDrawn(op, 30, (args) => {
      if (!varies(op, args)) return;
      checkAdjoint(op, args);
      runs++;
    });
    expect(runs).toBeGreaterThan(0);
  });

  it("has a second derivative", () => {
    let entries = 0;
    forDrawn(op, 8, (args) => {
      if (!varies(op, args)) return;
      entries += checkGrads(op, args, { entries: 2, order: 2, undefinedEntries: "skip" }).entries;
    });
    expect(entries).toBeGreaterThan(0);
  });
});
