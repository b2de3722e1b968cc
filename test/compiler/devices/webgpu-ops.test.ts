/** One suite over the manifest on WebGPU, as SwiftShader computes it: values and gradients of every op. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Program } from "../../../compiler/ir/program.ts";
import { inPrecision } from "../../../dsl/evaluate.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import { tensorsIn } from "../../support/compiled.ts";
import { resultsOf, webgpuPlan } from "../../support/device-plan.ts";
import { elements, finiteResults, largestGap } from "../../support/evaluator-probes.ts";
import { givesFloats, hasElements, type OpCase, opCases, opModules, roundings } from "../../support/op-cases.ts";
import { openTestGpu } from "../../support/webgpu.ts";
import { openWebgpuRunner, type WebgpuJob } from "../../support/webgpu-stage.ts";

const device = await openTestGpu();

interface Prepared extends WebgpuJob {
  readonly exported: string;
  readonly program: Program;
  readonly due: readonly AnyTensor[];
  /** What each result may differ by. */
  readonly tolerances: readonly number[];
}

interface PreparedOp {
  readonly jobs: readonly Prepared[];
  /** Exports that meet NaN or an infinity on their way, which WGSL lets a device ignore. */
  readonly leftOut: readonly string[];
}

/** WGSL divides within 2.5 steps of f32, and expansions of scalar functions state up to 5. */
const steps = 8;

describe.skipIf(device === undefined)("every op on WebGPU", () => {
  const runner = openWebgpuRunner(device as GPUDevice);

  const prepareCase = async (op: string, exported: string, one: OpCase): Promise<Prepared | undefined> => {
    const run = (): AnyTensor[] => tensorsIn(opModules.run(`${op}.ts`)[exported]?.(one.floats, ...one.others));
    const { program } = opModules.read(`${op}.ts`, exported);
    await runner.validate(webgpuPlan(program, "webgpu"));
    const plan = webgpuPlan(program, "software");
    runner.warm(plan);
    const operands = [...one.floats, ...one.others];
    if (finiteResults(program, operands).includes(false)) return undefined;
    const due = run();
    const double = inPrecision("f64", run);
    // A lambda is differentiated numerically where it runs directly.
    const allowed = roundings(one, steps) + (exported.startsWith("values") ? 0 : 1e-6);
    const tolerances = due.map((leaf, i) => {
      const scale = Math.max(0, ...Array.from(elements(leaf), Math.abs));
      return allowed * scale + 4 * largestGap(leaf, double[i] as AnyTensor);
    });
    return { plan, args: operands.map(elements), exported, program, due, tolerances };
  };

  const prepare = async (op: string, list: readonly OpCase[]): Promise<PreparedOp> => {
    const jobs: Prepared[] = [];
    const leftOut: string[] = [];
    for (const [i, one] of list.entries())
      for (const form of hasElements(one) && givesFloats(one) ? ["values", "gradient"] : ["values"]) {
        const job = await prepareCase(op, `${form}${i}`, one);
        if (job === undefined) leftOut.push(`${op} ${form}${i}`);
        else jobs.push(job);
      }
    return { jobs, leftOut };
  };

  /** All are read before the first runs: pipelines are made meanwhile. */
  const prepared = new Map<string, Promise<PreparedOp>>();
  beforeAll(async () => {
    for (const [op, list] of opCases) {
      const preparing = prepare(op, list);
      prepared.set(op, preparing);
      await preparing.catch(() => undefined);
    }
  }, 240_000);

  it.each([...opCases.keys()])("%s", async (op) => {
    const { jobs } = await (prepared.get(op) as Promise<PreparedOp>);
    const results = await runner.run(jobs);
    for (const [k, { program, exported, due, tolerances }] of jobs.entries())
      for (const [i, result] of resultsOf(program, results[k] as readonly ArrayLike<number>[]).entries()) {
        const wanted = due[i] as AnyTensor;
        expect([exported, result.dtype, result.shape]).toEqual([exported, wanted.dtype, wanted.shape]);
        try {
          expectClose(result, wanted, { absolute: tolerances[i] as number });
        } catch (error) {
          throw new Error(`${op}, ${exported}, result ${i}: ${(error as Error).message}`);
        }
      }
  });

  it("leaves little out", async () => {
    const all = await Promise.all(prepared.values());
    const leftOut = all.flatMap((each) => each.leftOut);
    const compared = all.reduce((sum, { jobs }) => sum + jobs.length, 0);
    expect(leftOut.length, leftOut.join(", ")).toBeLessThan(compared / 20);
    expect(all.filter(({ jobs }) => jobs.length === 0)).toEqual([]);
  });
});
