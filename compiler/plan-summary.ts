/** A plan in a few lines: how many kernels, how much work, how much memory. */

import type { Plan, PlanKernel, Step } from "../runtime/plan.ts";
import { showBytes, showCount, showFlops } from "./amounts.ts";
import { dispatchesIn, memoryOf } from "./plan-memory.ts";

/** Kernels of one text are one: it is compiled once. */
export const textKey = ({ export: name, wgsl, ...kernel }: PlanKernel): string => name ?? wgsl ?? kernel.name;

interface Work {
  readonly runs: number;
  readonly flops: number;
  readonly bytes: number;
}

/** Of some steps, with all iterations of loops. */
export const workOf = (plan: Plan, steps: readonly Step[]): Work =>
  steps.reduce<Work>(
    (sum, step) => {
      if (step.kind === "dispatch") {
        const { flops, bytes } = plan.kernels[step.kernel] as PlanKernel;
        return { runs: sum.runs + 1, flops: sum.flops + flops, bytes: sum.bytes + bytes };
      }
      const body = workOf(plan, step.body);
      return {
        runs: sum.runs + step.count * body.runs,
        flops: sum.flops + step.count * body.flops,
        bytes: sum.bytes + step.count * body.bytes,
      };
    },
    { runs: 0, flops: 0, bytes: 0 },
  );

const showWork = ({ runs, flops, bytes }: Work): string =>
  `${showCount(runs, "kernel run")}, ${showFlops(flops)}, ${showBytes(bytes)} read and written`;

const tensors = (count: number): string => showCount(count, "tensor");

export const planSummary = (plan: Plan): string => {
  const memory = memoryOf(plan);
  const steps = dispatchesIn([...plan.load, ...plan.call]);
  const text = plan.modules
    ? plan.modules.relaxed.length
    : [...new Set(plan.kernels.map(textKey))].reduce((sum, { length }) => sum + length, 0);
  const parameters = plan.parameters.map(({ name, tree, bound, donated }) => {
    const mark = tree === "static" ? " (static)" : bound ? " (bound)" : donated ? " (donated)" : "";
    return `${name}${mark}`;
  });
  const rows: (readonly [string, string])[] = [
    ["device", plan.device],
    ["parameters", `${parameters.join(", ") || "none"}: ${tensors(plan.arguments.length + plan.bound.length)}`],
    [
      "kernels",
      `${plan.kernels.length} in ${showCount(steps.length, "step")}; unique ${new Set(plan.kernels.map(textKey)).size}, text ${showBytes(text)}`,
    ],
    ...(plan.load.length > 0 ? [["to bind", showWork(workOf(plan, plan.load))] as const] : []),
    ["a call", showWork(workOf(plan, plan.call))],
    [
      "memory",
      `peak ${showBytes(memory.call)}: ${showBytes(memory.inside)} for values inside a call (live ${showBytes(plan.memory.live)}), ${showBytes(memory.packed)} packed weights, ${showBytes(memory.arguments)} arguments, ${showBytes(memory.results)} results`,
    ],
    ...(plan.load.length > 0 ? [["load memory", showBytes(memory.load)] as const] : []),
  ];
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n");
};
