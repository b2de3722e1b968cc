/**
 * Runs many WebGPU plans at once: a runtime for tests in which pipelines are the dearest. Kernels that compute the same share
 * one, all are made at the same time, and the steps of all plans are one pass over two buffers with one reading at its end.
 */

import type { Plan, Slot, Step } from "../../runtime/plan.ts";
import { anonymous } from "./anonymous.ts";
import { validateWgsl } from "./webgpu.ts";

export interface WebgpuJob {
  readonly plan: Plan;
  /** Elements of the arguments, and of the bound parameters. */
  readonly args: readonly ArrayLike<number>[];
  readonly bound?: readonly ArrayLike<number>[];
}

export interface WebgpuRunner {
  /** Begins to make the pipelines of a plan. A pipeline that is refused is told of by `run`. */
  readonly warm: (plan: Plan) => void;
  /** Elements of each result of each job, as they lie: four bytes each. */
  readonly run: (jobs: readonly WebgpuJob[]) => Promise<ArrayLike<number>[][]>;
  /** Fails unless each text of a plan is a valid module, without making pipelines. */
  readonly validate: (plan: Plan) => Promise<void>;
  /** How many kernels were asked for, and how many different ones were made or validated. */
  readonly counts: { kernels: number; pipelines: number; modules: number };
}

interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

type Region = "inputs" | "work";
interface Place {
  readonly region: Region;
  readonly offset: number;
}

const views = { f32: Float32Array, f16: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint32Array } as const;
const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = { STORAGE: 0x80, COPY_SRC: 0x4, COPY_DST: 0x8, MAP_READ: 0x1 };
/** Buffers that any device lets a kernel bind. */
const mostBuffers = 8;
const alignment = 256;
/** What was never written is NaN, and a large integer: results that depend on it are wrong. */
const unwritten = 0x7fc00000;

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);
const bindingSize = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

const accessOf = (text: string): GPUBufferBindingType[] =>
  [...text.matchAll(/@binding\(\d+\) var<storage, (\w+)>/g)].map(([, mode]) =>
    mode === "read" ? "read-only-storage" : "storage",
  );

const mostIterations = (steps: readonly Step[]): number =>
  steps.reduce(
    (most, step) => (step.kind === "loop" ? Math.max(most, step.count, mostIterations(step.body)) : most),
    0,
  );

export const openWebgpuRunner = (device: GPUDevice): WebgpuRunner => {
  const counts = { kernels: 0, pipelines: 0, modules: 0 };
  const layouts = new Map<string, GPUBindGroupLayout>();
  const pipelines = new Map<string, Promise<Pipeline>>();
  const valid = new Set<string>();

  const layoutOf = (access: readonly GPUBufferBindingType[]): GPUBindGroupLayout => {
    const key = access.join();
    const layout =
      layouts.get(key) ??
      device.createBindGroupLayout({
        entries: access.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
      });
    layouts.set(key, layout);
    return layout;
  };
  const checkBuffers = (text: string): GPUBufferBindingType[] => {
    const access = accessOf(text);
    if (access.length > mostBuffers) throw new Error(`a kernel binds ${access.length} buffers\n\n${text}`);
    return access;
  };
  const make = async (text: string): Promise<Pipeline> => {
    const layout = layoutOf(checkBuffers(text));
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code: text });
    device.popErrorScope().catch(() => undefined);
    try {
      const pipeline = await device.createComputePipelineAsync({
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      });
      return { pipeline, layout };
    } catch (error) {
      throw new Error(`${(error as Error).message}\n\n${text}`);
    }
  };
  const pipelineOf = (text: string): Promise<Pipeline> => {
    const key = anonymous(text);
    let pipeline = pipelines.get(key);
    if (pipeline === undefined) {
      counts.pipelines++;
      pipeline = make(text);
      // Told of where it is run.
      pipeline.catch(() => undefined);
      pipelines.set(key, pipeline);
    }
    return pipeline;
  };
  const pipelinesOf = (plan: Plan): Promise<Pipeline[]> =>
    Promise.all(plan.kernels.map(({ wgsl }) => pipelineOf(wgsl as string)));

  const run = async (jobs: readonly WebgpuJob[]): Promise<ArrayLike<number>[][]> => {
    const made = await Promise.all(jobs.map(({ plan }) => pipelinesOf(plan)));
    const size: Record<Region, number> = { inputs: 0, work: 0 };
    const take = (region: Region, bytes: number): Place => {
      const offset = size[region];
      size[region] += Math.ceil(Math.max(16, bytes) / alignment) * alignment;
      return { region, offset };
    };
    const writes: { readonly offset: number; readonly data: ArrayBufferView<ArrayBuffer> }[] = [];

    // Results first: they are read at once.
    const results = jobs.map(({ plan }) => plan.results.map(({ shape }) => take("work", 4 * sizeOf(shape))));
    const readSize = size.work;
    const count = Math.max(0, ...jobs.map(({ plan: { load, call } }) => mostIterations([...load, ...call])));
    const cells = Array.from({ length: count }, () => take("work", 4));
    const placesOf = ({ plan, args, bound = [] }: WebgpuJob, job: number): Place[] => {
      const put = (elements: ArrayLike<number>, dtype: keyof typeof views): Place => {
        const place = take("inputs", 4 * elements.length);
        if (elements.length > 0) writes.push({ offset: place.offset, data: views[dtype].from(elements) });
        return place;
      };
      const own = {
        argument: args.map((elements, i) => put(elements, plan.arguments[i]?.dtype ?? "f32")),
        bound: bound.map((elements, i) => put(elements, plan.bound[i]?.dtype ?? "f32")),
        result: results[job] as readonly Place[],
      };
      const constants = take("inputs", plan.constants.length);
      if (plan.constants.length > 0) writes.push({ offset: constants.offset, data: plan.constants.slice() });
      const packed = take("work", plan.memory.packed);
      const arena = take("work", Math.max(plan.memory.call, plan.memory.load));
      const at = ({ region, offset }: Place, slot: Slot): Place => ({
        region,
        offset: offset + (slot.offset as number),
      });
      return plan.slots.map((slot): Place => {
        switch (slot.kind) {
          case "constant":
            return at(constants, slot);
          case "packed":
            return at(packed, slot);
          case "temporary":
            return at(arena, slot);
          case "counter":
            return cells[0] as Place;
          default:
            return own[slot.kind][slot.index as number] as Place;
        }
      });
    };
    const places = jobs.map(placesOf);
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffers: Record<Region, GPUBuffer> = {
      inputs: device.createBuffer({ size: size.inputs + alignment, usage }),
      work: device.createBuffer({ size: size.work + alignment, usage, mappedAtCreation: true }),
    };
    const work = new Uint32Array(buffers.work.getMappedRange()).fill(unwritten);
    cells.forEach(({ offset }, i) => {
      work[offset / 4] = i;
    });
    buffers.work.unmap();
    for (const { offset, data } of writes) device.queue.writeBuffer(buffers.inputs, offset, data);

    device.pushErrorScope("validation");
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const encode = (job: number, steps: readonly Step[]): void => {
      const { plan } = jobs[job] as WebgpuJob;
      const ranges = places[job] as Place[];
      for (const step of steps) {
        if (step.kind === "dispatch") {
          const { workgroups } = plan.kernels[step.kernel] as Plan["kernels"][number];
          const { pipeline, layout } = (made[job] as Pipeline[])[step.kernel] as Pipeline;
          pass.setPipeline(pipeline);
          const entries = step.slots.map((slot, binding) => {
            const { region, offset } = ranges[slot] as Place;
            return {
              binding,
              resource: { buffer: buffers[region], offset, size: bindingSize((plan.slots[slot] as Slot).bytes) },
            };
          });
          pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
          pass.dispatchWorkgroups(...(workgroups as readonly [number, number, number]));
          continue;
        }
        for (let i = 0; i < step.count; i++) {
          ranges[step.counter] = cells[step.reverse ? step.count - 1 - i : i] as Place;
          encode(job, step.body);
          for (const [a, b] of step.swaps) [ranges[a], ranges[b]] = [ranges[b] as Place, ranges[a] as Place];
        }
      }
    };
    for (const [job, { plan }] of jobs.entries()) {
      counts.kernels += plan.kernels.length;
      encode(job, plan.load);
      encode(job, plan.call);
    }
    pass.end();
    const read = device.createBuffer({ size: Math.max(16, readSize), usage: MAP_READ | COPY_DST });
    if (readSize > 0) encoder.copyBufferToBuffer(buffers.work, 0, read, 0, readSize);
    device.queue.submit([encoder.finish()]);
    const error = await device.popErrorScope();
    if (error !== null) throw new Error(error.message);
    await read.mapAsync(1);
    const bytes = read.getMappedRange().slice(0);
    for (const buffer of [read, buffers.inputs, buffers.work]) buffer.destroy();
    return jobs.map(({ plan }, job) =>
      plan.results.map(({ dtype, shape }, i) => {
        const { offset } = (results[job] as Place[])[i] as Place;
        return new views[dtype](bytes, offset, sizeOf(shape));
      }),
    );
  };

  const validate = async (plan: Plan): Promise<void> => {
    for (const { wgsl } of plan.kernels) {
      const text = wgsl as string;
      const key = anonymous(text);
      if (valid.has(key)) continue;
      valid.add(key);
      counts.modules++;
      checkBuffers(text);
      await validateWgsl(device, text);
    }
  };

  return { warm: (plan) => void pipelinesOf(plan).catch(() => undefined), run, validate, counts };
};
