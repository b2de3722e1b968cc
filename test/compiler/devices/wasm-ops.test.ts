/** One suite over the manifest on WebAssembly: values, gradients and second derivatives of every op. */

import { describe, expect, it } from "vitest";
import { inPrecision } from "../../../dsl/evaluate.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import { tensorsIn } from "../../support/compiled.ts";
import { elements, largestGap, roundingLosses } from "../../support/evaluator-probes.ts";
import { givesFloats, hasElements, type OpCase, opCases, opModules, roundings } from "../../support/op-cases.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

/** Expansions of scalar functions state errors of up to 5 steps of f32. */
const steps = 8;

/** A lambda is differentiated numerically where it runs directly: by the number of derivatives. */
const inexact = [0, 1e-6, 1e-5] as const;

/** Compares what an export gives directly with its kernels; the number of entries that were compared. */
const compare = (op: string, exported: string, one: OpCase, derivatives: 0 | 1 | 2): number => {
  const operands = [...one.floats, ...one.others];
  const run = (): AnyTensor[] => tensorsIn(opModules.run(`${op}.ts`)[exported]?.(one.floats, ...one.others));
  const direct = run();
  const double = inPrecision("f64", run);
  const { program } = opModules.read(`${op}.ts`, exported);
  let losses: readonly number[] | undefined;
  let compared = 0;
  wasmStage(program, { parts: [1, 3] })
    .run(operands)
    .forEach((result, i) => {
      const due = direct[i] as AnyTensor;
      expect([exported, result.dtype, result.shape]).toEqual([exported, due.dtype, due.shape]);
      const numbers = Array.from(elements(due));
      if (numbers.every(Number.isNaN)) return;
      const scale = Math.max(0, ...numbers.map(Math.abs).filter(Number.isFinite));
      const allowed = (roundings(one, steps) + inexact[derivatives]) * scale;
      const lost = 4 * largestGap(due, double[i] as AnyTensor);
      const check = (absolute: number) => expectClose(result, due, { absolute, undefinedEntries: "skip" });
      const attempt = (absolute: number): ReturnType<typeof check> => {
        try {
          return check(absolute);
        } catch {
          losses ??= inPrecision("f64", () => roundingLosses(run));
          return check(absolute + 16 * (losses[i] as number));
        }
      };
      try {
        const { entries, undefinedEntries } = attempt(allowed + lost);
        compared += entries - undefinedEntries;
      } catch (error) {
        throw new Error(`${op}, ${exported}, result ${i}: ${(error as Error).message}`);
      }
    });
  return compared;
};

describe.each([...opCases])("%s on WebAssembly", (name, list) => {
  it("gives the values of the direct run", () => {
    list.forEach((one, i) => void compare(name, `values${i}`, one, 0));
  });

  const smooth = list.filter((one) => hasElements(one) && givesFloats(one));
  if (smooth.length === 0) return;

  it("gives its gradients", () => {
    let compared = 0;
    list.forEach((one, i) => {
      if (smooth.includes(one)) compared += compare(name, `gradient${i}`, one, 1);
    });
    expect(compared).toBeGreaterThan(0);
  });

  it("gives its second derivatives", () => {
    list.forEach((one, i) => {
      if (smooth.includes(one)) compare(name, `secondDerivative${i}`, one, 2);
    });
  });
});
