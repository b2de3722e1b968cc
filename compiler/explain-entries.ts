/** The steps of a plan that run kernels, with what they cost. */

import type { KernelTiming } from "../runtime/index.ts";
import type { PlanKernel, Step } from "../runtime/plan.ts";
import type { Compilation } from "./compile-plan.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { textKey } from "./plan-summary.ts";

/** A step that runs a kernel. */
export interface Entry {
  readonly number: number;
  readonly kernel: Kernel;
  readonly kernelNumber: number;
  readonly key: string;
  /** `file:line`, or nothing where no line made it. */
  readonly line: string;
  readonly path: string;
  /** How often a call runs it. */
  readonly runs: number;
  readonly milliseconds: number | undefined;
}

export const entriesOf = (
  { plan, kernels }: Compilation,
  steps: readonly Step[],
  times: readonly KernelTiming[] | undefined,
): Entry[] => {
  const entries: Entry[] = [];
  const visit = (list: readonly Step[], runs: number): void => {
    for (const step of list) {
      if (step.kind === "loop") {
        visit(step.body, runs * step.count);
        continue;
      }
      const [, line = "", path = ""] = /^(\S+:\d+)? ?(.*)$/.exec(step.source) ?? [];
      entries.push({
        number: entries.length + 1,
        kernel: kernels[step.kernel] as Kernel,
        kernelNumber: step.kernel,
        key: textKey(plan.kernels[step.kernel] as PlanKernel),
        line,
        path,
        runs,
        milliseconds: times?.[entries.length]?.milliseconds,
      });
    }
  };
  visit(steps, 1);
  return entries;
};

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

export const flopsOf = (entries: readonly Entry[]): number =>
  sum(entries, ({ kernel, runs }) => runs * kernel.cost.flops);
export const bytesOf = (entries: readonly Entry[]): number =>
  sum(entries, ({ kernel, runs }) => runs * kernel.cost.bytes);
export const timeOf = (entries: readonly Entry[]): number | undefined =>
  entries.some(({ milliseconds }) => milliseconds === undefined)
    ? undefined
    : sum(entries, ({ milliseconds }) => milliseconds as number);

export const percent = (part: number, whole: number): string =>
  `${whole === 0 ? 0 : Math.round((100 * part) / whole)}%`;
export const rate = (flops: number, milliseconds: number): string =>
  milliseconds === 0 ? "" : `${(flops / milliseconds / 1e6).toFixed(1)} GFLOP/s`;
