/** One program in every form: run directly, as it was read, optimised, on WebAssembly, and on WebGPU where there is one. */

import type { AnyTensor } from "../../dsl/tensor.ts";
import { type Modules, tensorsIn } from "./compiled.ts";
import { resultsOf, webgpuPlan } from "./device-plan.ts";
import { elements } from "./evaluator-probes.ts";
import { stagesOf } from "./stages.ts";
import { wasmStage } from "./wasm-stage.ts";
import { openTestGpu } from "./webgpu.ts";
import { openWebgpuRunner, type WebgpuRunner } from "./webgpu-stage.ts";

export interface Run {
  readonly where: string;
  /** The tensors of the result, in order. */
  readonly results: readonly AnyTensor[];
}

let opened: Promise<WebgpuRunner | undefined> | undefined;
const runner = (): Promise<WebgpuRunner | undefined> => {
  opened ??= openTestGpu().then((device) => device && openWebgpuRunner(device));
  return opened;
};

/** Runs an export of a module on arguments of trees of tensors, whose types the source says. */
export const runEverywhere = async (
  modules: Modules,
  file: string,
  exported: string,
  args: readonly unknown[],
): Promise<readonly Run[]> => {
  const operands = tensorsIn(args);
  const { program } = modules.read(file, exported);
  const runs: Run[] = [{ where: "directly", results: tensorsIn(modules.run(file)[exported]?.(...args)) }];
  for (const { name, run } of [...stagesOf(program, false), wasmStage(program, { parts: [1, 3] })])
    runs.push({ where: name, results: run(operands) });
  const gpu = await runner();
  if (gpu === undefined) return runs;
  const plan = webgpuPlan(program, "software");
  const [found = []] = await gpu.run([{ plan, args: operands.map(elements) }]);
  return [...runs, { where: "webgpu", results: resultsOf(program, found) }];
};
