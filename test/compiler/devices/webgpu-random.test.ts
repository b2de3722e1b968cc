/** Every tenth of the random programs on WebGPU, as SwiftShader computes it: what they give directly. */

import { beforeAll, describe, expect, it } from "vitest";
import { openModules } from "../../support/compiled.ts";
import { resultsOf, webgpuPlan } from "../../support/device-plan.ts";
import { elements } from "../../support/evaluator-probes.ts";
import { programHeader, programOf } from "../../support/programs.ts";
import { recipeAt } from "../../support/programs-choices.ts";
import { type DeviceCase, deviceCaseOf } from "../../support/programs-on-device.ts";
import { openTestGpu } from "../../support/webgpu.ts";
import { openWebgpuRunner, type WebgpuJob } from "../../support/webgpu-stage.ts";

const device = await openTestGpu();

/** The seed of `random-programs.test.ts`. */
const seed = 20261;
const programs = 2000;
const step = 10;
const perPass = 50;

const indices = Array.from({ length: programs / step }, (_, i) => i * step);

interface Prepared extends WebgpuJob {
  readonly index: number;
  readonly text: string;
  readonly due: DeviceCase;
}

describe.skipIf(device === undefined)("random programs on WebGPU", () => {
  const runner = openWebgpuRunner(device as GPUDevice);
  const prepared: Prepared[] = [];
  const failures: string[] = [];
  const fail = (index: number, text: string, error: unknown): void =>
    void failures.push(`seed ${seed}, program ${index}\n${text}\n${(error as Error).message}`);

  /** Reads the programs and begins their pipelines, and says whether those for graphics processors are valid. */
  beforeAll(async () => {
    const generated = indices.map((index) => programOf(recipeAt(seed, index), `p${index}`));
    const modules = openModules({ "programs.ts": programHeader + generated.map(({ text }) => text).join("") });
    for (const [i, one] of generated.entries()) {
      const index = indices[i] as number;
      try {
        const due = deviceCaseOf(modules, "programs.ts", `p${index}`, one);
        // Half of the programs with every other parameter bound.
        const isBound = (parameter: number): boolean => i % 2 === 1 && parameter % 2 === 0;
        await runner.validate(webgpuPlan(due.program, "webgpu", isBound));
        const plan = webgpuPlan(due.program, "software", isBound);
        runner.warm(plan);
        const values = due.operands.map(elements);
        const args = values.filter((_, k) => !isBound(k));
        prepared.push({ index, text: one.text, due, plan, args, bound: values.filter((_, k) => isBound(k)) });
      } catch (error) {
        fail(index, one.text, error);
      }
    }
  }, 240_000);

  it("give what they give directly, and leave little out", async () => {
    let [entries, unstable] = [0, 0];
    for (let from = 0; from < prepared.length; from += perPass) {
      const jobs = prepared.slice(from, from + perPass);
      const results = await runner.run(jobs);
      for (const [i, { index, text, due }] of jobs.entries()) {
        try {
          const compared = due.check(resultsOf(due.program, results[i] as readonly ArrayLike<number>[]));
          if (compared === undefined) unstable++;
          else entries += compared;
        } catch (error) {
          fail(index, text, error);
        }
      }
    }
    expect(failures.join("\n\n")).toBe("");
    expect(entries).toBeGreaterThan(2000);
    const results = prepared.reduce((sum, { due }) => sum + due.program.results.length, 0);
    const leftOut = prepared.reduce((sum, { due }) => sum + due.leftOut, 0);
    expect(leftOut).toBeLessThan(results / 10);
    expect(unstable).toBeLessThan(indices.length / 50);
  }, 240_000);
});
