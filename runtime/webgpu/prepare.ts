/** A plan made ready for a WebGPU device: pipelines, constants, the arena of calls and a cell for each value of a counter. */

import type { Area, Prepared, Run } from "../backend.ts";
import type { LoadOptions } from "../device.ts";
import { DeviceError } from "../errors.ts";
import type { Plan, Slot, Step } from "../plan.ts";
import { chunksOf, countIterations, dispatchesOf, swapBefore } from "../steps.ts";
import { type Emit, encodeUnits, type ReadyStep, readySteps } from "./encode.ts";
import type { Health } from "./health.ts";
import { checkLimits } from "./limits.ts";
import { type Buffers, type Range, rangeOf, type WebgpuArea, type WebgpuMemory } from "./memory.ts";
import { makePipelines } from "./pipelines.ts";
import type { Submit } from "./submit.ts";
import { makeTimer, type Timer } from "./timer.ts";

export interface Machine {
  readonly device: GPUDevice;
  readonly health: Health;
  readonly buffers: Buffers;
  readonly submit: Submit;
}

const mostIterations = (steps: readonly Step[]): number =>
  steps.reduce(
    (most, step) => (step.kind === "loop" ? Math.max(most, step.count, mostIterations(step.body)) : most),
    0,
  );

/** Slots of a kind that steps use, or all of the kind. */
const slotsOf = (slots: readonly Slot[], kind: Slot["kind"], used?: ReadonlySet<number>): (readonly [number, Slot])[] =>
  [...slots.entries()].filter(([number, slot]) => slot.kind === kind && (used === undefined || used.has(number)));

const usedBy = (steps: readonly Step[]): Set<number> => {
  const used = new Set<number>();
  const visit = (list: readonly Step[]): void => {
    for (const step of list) {
      if (step.kind === "dispatch") for (const slot of step.slots) used.add(slot);
      else {
        for (const pair of step.swaps) for (const slot of pair) used.add(slot);
        visit(step.body);
      }
    }
  };
  visit(steps);
  return used;
};

export const prepare = async (machine: Machine, plan: Plan, options: LoadOptions): Promise<Prepared> => {
  const { device, health, buffers, submit } = machine;
  const { name, slots, constants } = plan;
  checkLimits(plan, device.limits);
  const pipelines = await makePipelines(device, health, plan, options);

  const owned: Area[] = [];
  const release = (): void => {
    for (const area of owned.splice(0)) area.release();
  };
  /** A buffer with these bytes. */
  const filled = async (bytes: Uint8Array, what: string): Promise<GPUBuffer> => {
    const memory = await buffers.allocate(bytes.length, `${what} of ${name}`);
    owned.push({ release: () => buffers.free(memory) });
    if (bytes.length > 0) buffers.write(memory, bytes);
    return memory.range.buffer;
  };
  const fixed = await (async () => {
    try {
      const constant = await filled(constants, "the constants");
      const constantRanges = new Map(
        slotsOf(slots, "constant").map(([slot, { offset = 0, bytes }]) => [slot, rangeOf(constant, offset, bytes)]),
      );
      const stride = Math.max(16, device.limits.minStorageBufferOffsetAlignment);
      const count = mostIterations([...plan.load, ...plan.call]);
      const values = new Int32Array((stride / 4) * count);
      for (let i = 0; i < count; i++) values[(stride / 4) * i] = i;
      const counters = await filled(new Uint8Array(values.buffer), `the ${count} values of counters`);
      const cells = Array.from({ length: count }, (_, i) => rangeOf(counters, stride * i, 4));
      const arena = await buffers.area(slotsOf(slots, "temporary", usedBy(plan.call)), `the values inside ${name}`);
      owned.push(arena);
      return { constantRanges, cells, arena };
    } catch (error) {
      release();
      throw error;
    }
  })();
  const ready: Readonly<Record<Run["steps"], readonly ReadyStep[]>> = {
    load: readySteps(device, plan.kernels, pipelines, plan.load),
    call: readySteps(device, plan.kernels, pipelines, plan.call),
  };

  const rangesFor = ({
    steps,
    from,
    arguments: args,
    results,
    bound,
    packed,
    temporary,
  }: Run): (Range | undefined)[] => {
    const areas = {
      constant: fixed.constantRanges,
      packed: (packed as WebgpuArea | undefined)?.ranges,
      temporary: ((temporary as WebgpuArea | undefined) ?? fixed.arena).ranges,
    };
    const tensors = { argument: args, result: results, bound };
    const ranges = slots.map(({ kind, index }, slot) => {
      if (kind === "counter") return undefined;
      if (kind === "argument" || kind === "result" || kind === "bound")
        return (tensors[kind][index as number] as WebgpuMemory | undefined)?.range;
      return areas[kind]?.get(slot);
    });
    swapBefore(ranges, plan[steps], from);
    return ranges;
  };

  /** All dispatches in one pass. */
  const encodePlain = (encoder: GPUCommandEncoder, encode: (emit: Emit) => void): void => {
    const pass = encoder.beginComputePass({ label: name });
    encode((pipeline, group, workgroups) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    });
    pass.end();
  };
  /** Each dispatch in its own pass, between two timestamps; all that do not fit are submitted on the way. */
  const encodeTimed = async (timer: Timer, encode: (emit: Emit) => void): Promise<void> => {
    const emitted: Parameters<Emit>[] = [];
    encode((...dispatch) => void emitted.push(dispatch));
    let at = 0;
    while (at < emitted.length) {
      const encoder = device.createCommandEncoder();
      for (; at < emitted.length && !timer.full(); at++) {
        const [pipeline, group, workgroups, number] = emitted[at] as Parameters<Emit>;
        const pass = timer.begin(encoder, number);
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...workgroups);
        pass.end();
      }
      const read = timer.resolve(encoder);
      await submit(encoder);
      await read();
    }
  };

  /** Steps that ran without a complaint; before, one is waited for, and later ones are reported by the device. */
  const proven = new Set<Run["steps"]>();
  const run = async (run: Run): Promise<void> => {
    const { steps, from, to, onStep, signal, onTimings } = run;
    health.check();
    if (onTimings && !device.features.has("timestamp-query"))
      throw new DeviceError("timings need the feature timestamp-query, which this device does not have");
    const list = dispatchesOf(plan[steps]);
    const timer = onTimings && makeTimer(device, health, list.length);
    const bindings = { ranges: rangesFor(run), cells: fixed.cells };
    const total = countIterations(plan[steps]);
    const complaints: Promise<GPUError | null>[] = [];
    const told: Promise<void>[] = [];
    try {
      for (const { from: start, to: end, done } of chunksOf(plan[steps], from, to)) {
        signal?.throwIfAborted();
        const encode = (emit: Emit): void => encodeUnits(ready[steps], start, end, bindings, emit);
        if (timer !== undefined) {
          await encodeTimed(timer, encode);
          if (done !== undefined) onStep?.(done, total);
          continue;
        }
        const watched = !proven.has(steps);
        if (watched) device.pushErrorScope("validation");
        const encoder = device.createCommandEncoder({ label: name });
        encodePlain(encoder, encode);
        const submitted = submit(encoder);
        if (watched) complaints.push(device.popErrorScope());
        const flown = (await submitted).done;
        if (onStep !== undefined && done !== undefined) {
          const telling = flown.then(() => onStep(done, total));
          telling.catch(() => undefined);
          told.push(telling);
          if (told.length > 1) await told.shift();
        }
      }
      for (const telling of told) await telling;
      for (const complaint of complaints) {
        const error = await health.guard(complaint);
        if (error !== null) throw new DeviceError(`internal: WebGPU refuses the plan of ${name}: ${error.message}`);
      }
      proven.add(steps);
      health.check();
      if (timer !== undefined)
        onTimings?.(
          list.map(({ kernel, source }, i) => ({
            kernel: plan.kernels[kernel]?.name as string,
            source,
            milliseconds: timer.milliseconds[i] as number,
            runs: timer.runs[i] as number,
          })),
        );
    } finally {
      timer?.release();
    }
  };

  const reserve = (area: "packed" | "load"): Promise<WebgpuArea> =>
    area === "packed"
      ? buffers.area(slotsOf(slots, "packed"), `the packed weights of ${name}`)
      : buffers.area(slotsOf(slots, "temporary", usedBy(plan.load)), `the values inside loading ${name}`);
  return { run, reserve, release };
};
