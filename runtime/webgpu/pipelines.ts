/** Kernels of a plan as pipelines: all compiled at the same time, and one for each text. */

import type { LoadOptions } from "../device.ts";
import { PlanError } from "../errors.ts";
import type { Plan, PlanKernel } from "../plan.ts";
import type { Health } from "./health.ts";

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** `GPUShaderStage.COMPUTE`. */
const compute = 0x4;

/** What the text says of each of its buffers; a layout has to say the same. */
const accessIn = (text: string): ("storage" | "read-only-storage")[] => {
  const access: ("storage" | "read-only-storage")[] = [];
  for (const [, binding, mode] of text.matchAll(/@binding\((\d+)\)\s*var<storage(?:,\s*(\w+))?>/g))
    access[Number(binding)] = mode === "read_write" ? "storage" : "read-only-storage";
  return access;
};

export const makePipelines = async (
  device: GPUDevice,
  health: Health,
  plan: Plan,
  { onProgress, signal }: LoadOptions,
): Promise<Pipeline[]> => {
  const layouts = new Map<string, GPUBindGroupLayout>();
  const layoutOf = (access: readonly GPUBufferBindingType[]): GPUBindGroupLayout => {
    const key = access.join();
    let layout = layouts.get(key);
    if (layout === undefined) {
      const entries = access.map((type, binding) => ({ binding, visibility: compute, buffer: { type } }));
      layout = device.createBindGroupLayout({ entries });
      layouts.set(key, layout);
    }
    return layout;
  };

  const compile = async ({ name, wgsl = "", access }: PlanKernel): Promise<Pipeline> => {
    const declared = accessIn(wgsl);
    if (declared.length !== access.length || declared.includes(undefined as never))
      throw new PlanError(`internal: the text of ${name} does not declare its ${access.length} buffers`);
    const layout = layoutOf(declared);
    // A text that does not compile is told of where its pipeline is made, with the place; not by the device besides.
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code: wgsl, label: name });
    device.popErrorScope().catch(() => undefined);
    try {
      const pipeline = await health.guard(
        device.createComputePipelineAsync({
          label: name,
          layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
          compute: { module, entryPoint: "main" },
        }),
      );
      return { pipeline, layout };
    } catch (error) {
      health.check();
      const { messages } = await module.getCompilationInfo();
      const lines = messages.map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`);
      throw new PlanError(
        `internal: the kernel ${name} of ${plan.name} does not compile here: ${[(error as Error).message, ...lines].join("\n")}`,
      );
    }
  };

  const byText = new Map<string, PlanKernel>();
  for (const kernel of plan.kernels) byText.set(kernel.wgsl as string, kernel);
  let done = 0;
  const made = new Map<string, Pipeline>();
  await Promise.all(
    [...byText].map(async ([text, kernel]) => {
      made.set(text, await compile(kernel));
      signal?.throwIfAborted();
      onProgress?.(++done, byText.size, kernel.name);
    }),
  );
  return plan.kernels.map(({ wgsl }) => made.get(wgsl as string) as Pipeline);
};
