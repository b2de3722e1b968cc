/** Steps as commands: the same walk over loops, counters and swaps that threads make, on ranges instead of addresses. */

import type { PlanKernel, Step } from "../plan.ts";
import { type BindGroups, keepBindGroups } from "./bind-groups.ts";
import type { Range } from "./memory.ts";
import type { Pipeline } from "./pipelines.ts";

interface ReadyDispatch {
  readonly kind: "dispatch";
  readonly number: number;
  readonly pipeline: GPUComputePipeline;
  readonly workgroups: readonly [number, number, number];
  readonly groups: BindGroups;
}

interface ReadyLoop {
  readonly kind: "loop";
  readonly count: number;
  readonly reverse: boolean;
  readonly counter: number;
  readonly swaps: readonly (readonly [number, number])[];
  readonly body: readonly ReadyStep[];
}

export type ReadyStep = ReadyDispatch | ReadyLoop;

/** Where a run stands: the range of each slot, which loops change, and the cell of each value of a counter. */
export interface Bindings {
  readonly ranges: (Range | undefined)[];
  readonly cells: readonly Range[];
}

/** Takes one dispatch. */
export type Emit = (
  pipeline: GPUComputePipeline,
  group: GPUBindGroup,
  workgroups: readonly [number, number, number],
  number: number,
) => void;

/** Dispatches are numbered in the order of the text. */
export const readySteps = (
  device: GPUDevice,
  kernels: readonly PlanKernel[],
  pipelines: readonly Pipeline[],
  steps: readonly Step[],
): ReadyStep[] => {
  let next = 0;
  const visit = (list: readonly Step[]): ReadyStep[] =>
    list.map((step) => {
      if (step.kind === "loop") return { ...step, body: visit(step.body) };
      const pipeline = pipelines[step.kernel] as Pipeline;
      return {
        kind: "dispatch",
        number: next++,
        pipeline: pipeline.pipeline,
        workgroups: (kernels[step.kernel] as PlanKernel).workgroups as readonly [number, number, number],
        groups: keepBindGroups(device, pipeline, step.slots),
      };
    });
  return visit(steps);
};

const encodeStep = (step: ReadyStep, bindings: Bindings, emit: Emit): void => {
  if (step.kind === "loop") for (let i = 0; i < step.count; i++) iterate(step, i, bindings, emit);
  else if (!step.workgroups.includes(0))
    emit(step.pipeline, step.groups(bindings.ranges), step.workgroups, step.number);
};

const iterate = (
  { count, reverse, counter, swaps, body }: ReadyLoop,
  iteration: number,
  bindings: Bindings,
  emit: Emit,
): void => {
  const { ranges, cells } = bindings;
  ranges[counter] = cells[reverse ? count - 1 - iteration : iteration];
  for (const step of body) encodeStep(step, bindings, emit);
  for (const [a, b] of swaps) {
    const range = ranges[a];
    ranges[a] = ranges[b];
    ranges[b] = range;
  }
};

/** The units from `from` to `to` of steps (`steps.ts`). */
export const encodeUnits = (
  steps: readonly ReadyStep[],
  from: number,
  to: number,
  bindings: Bindings,
  emit: Emit,
): void => {
  let start = 0;
  for (const step of steps) {
    const end = start + (step.kind === "loop" ? step.count : 1);
    for (let unit = Math.max(start, from); unit < Math.min(end, to); unit++) {
      if (step.kind === "loop") iterate(step, unit - start, bindings, emit);
      else encodeStep(step, bindings, emit);
    }
    start = end;
  }
};
