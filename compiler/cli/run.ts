/** `typegrad run`: calls a function, or a plan file, with tensors from files, and writes what it gives to a file. */

import type { Host } from "../../dsl/host.ts";
import { safetensorsChunks, type TensorTree } from "../../dsl/safetensors.ts";
import { type DeviceTensor, decodePlan, isDeviceTensor } from "../../runtime/index.ts";
import type { Plan } from "../../runtime/plan.ts";
import { showMilliseconds } from "../amounts.ts";
import { deviceClasses } from "../schedule/device-class.ts";
import { flatten, unflatten } from "../signature.ts";
import { readWhole, writeWhole } from "./files.ts";
import type { CompileFlags } from "./flags.ts";
import { openInputs } from "./inputs.ts";
import { openNamed } from "./open-named.ts";

interface RunFlags extends CompileFlags {
  readonly input?: Readonly<Record<string, string>>;
  readonly output: string;
  readonly threads?: number;
}

const planFrom = async (text: string, flags: RunFlags): Promise<Plan> => {
  if (text.includes("#")) return (await (await import("./compile-target.ts")).compileTarget(text, flags)).plan;
  const bytes = readWhole(text);
  try {
    return decodePlan(bytes);
  } catch (error) {
    throw new Error(`${text}: ${(error as Error).message}`);
  }
};

/** A line that is written over, on a terminal alone. */
const progress = (what: string) => (done: number, total: number) => {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r${what} ${done} of ${total}\u001b[K${done === total ? "\n" : ""}`);
};

export const run = async (text: string, flags: RunFlags): Promise<void> => {
  const plan = await planFrom(text, flags);
  const wanted = flags.device ?? plan.device;
  if (deviceClasses[wanted].kind !== plan.device)
    throw new Error(`${text}: the plan is for ${plan.device}, and --device is ${wanted}; build it for ${wanted}`);
  const controller = new AbortController();
  const { signal } = controller;
  const cancel = (): void => {
    if (signal.aborted) process.exit(130);
    controller.abort(new Error("cancelled; nothing was written"));
  };
  process.on("SIGINT", cancel);
  const inputs = await openInputs(plan, flags.input ?? {});
  try {
    const device = await openNamed(wanted, flags.threads);
    try {
      const loaded = await device.load(plan, { signal, onProgress: progress("kernel") });
      const isBound = plan.parameters.some(({ bound }) => bound);
      const ready = isBound ? await loaded.bind(inputs.read, { signal, onProgress: progress("weight") }) : loaded;
      const start = performance.now();
      const tree = await ready.call(inputs.args as never, { signal, onStep: progress("step") });
      const results: Host[] = [];
      for (const tensor of flatten(plan.name, tree, plan.result, "result", isDeviceTensor))
        results.push(await (tensor as DeviceTensor).read());
      const time = performance.now() - start;
      const named = plan.result === null ? { result: results[0] } : unflatten(plan.result, results.values());
      writeWhole(flags.output, safetensorsChunks(named as TensorTree));
      console.log(`${flags.output}: ${plan.name} ran ${showMilliseconds(time)} on ${device.description}`);
    } finally {
      device.close();
    }
  } finally {
    process.off("SIGINT", cancel);
    await inputs.close();
    if (signal.aborted) process.exitCode = 130;
  }
};
