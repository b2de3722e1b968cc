/**
 * One suite over the manifest: calls that an op's record draws are written out as source, read by the compiler, and give
 * what they give directly: values, gradients and second derivatives.
 */

import { describe, expect, it } from "vitest";
import { denseOf } from "../../dsl/evaluate.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { expectClose } from "../../dsl/testing/index.ts";
import { tensorsIn } from "../support/compiled.ts";
import { givesFloats, hasElements, type OpCase, opCases, opModules, roundings } from "../support/op-cases.ts";
import { stagesOf } from "../support/stages.ts";

/** Compares what an export gives directly with its program at each stage; the number of entries that were compared. */
const compare = (op: string, exported: string, { floats, others }: OpCase, relative: number): number => {
  const direct = tensorsIn(opModules.run(`${op}.ts`)[exported]?.(floats, ...others));
  const { program } = opModules.read(`${op}.ts`, exported);
  let compared = 0;
  for (const { name: stage, run } of stagesOf(program)) {
    const results = run([...floats, ...others]);
    expect(results.map(({ shape, dtype }) => [shape, dtype])).toEqual(direct.map(({ shape, dtype }) => [shape, dtype]));
    results.forEach((result, i) => {
      const due = Array.from(denseOf("a test", direct[i] as AnyTensor).data);
      if (due.every(Number.isNaN)) return;
      const scale = Math.max(0, ...due.map(Math.abs).filter(Number.isFinite));
      try {
        const { entries, undefinedEntries } = expectClose(result, direct[i], {
          absolute: relative * scale,
          undefinedEntries: "skip",
        });
        compared += entries - undefinedEntries;
      } catch (error) {
        throw new Error(`${op}, ${exported}, ${stage}: ${(error as Error).message}`);
      }
    });
  }
  return compared;
};

describe.each([...opCases])("%s, compiled", (name, list) => {
  it("gives the values of the direct run", () => {
    list.forEach((one, i) => void compare(name, `values${i}`, one, roundings(one, 1)));
  });

  const smooth = list.filter((one) => hasElements(one) && givesFloats(one));
  if (smooth.length === 0) return;

  it("gives its gradients", () => {
    let compared = 0;
    list.forEach((one, i) => {
      // A lambda is differentiated numerically where it runs directly.
      if (smooth.includes(one)) compared += compare(name, `gradient${i}`, one, roundings(one, 2) + 1e-6);
    });
    expect(compared).toBeGreaterThan(0);
  });

  it("gives its second derivatives", () => {
    list.forEach((one, i) => {
      if (smooth.includes(one)) compare(name, `secondDerivative${i}`, one, roundings(one, 4) + 1e-5);
    });
  });
});
