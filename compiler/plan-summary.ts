/** A plan in a few lines: how many kernels, how much work, how much memory. */

import type { Plan, PlanKernel, Step } from "../runtime/plan.ts";
import { showBytes, showCount, showFlops } from "./amounts.ts";
import { memoryOf } from "./plan-memory.ts";

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

const memoryParts = (plan: Plan): string => {
  const memory = memoryOf(plan);
  const { live, scratch } = plan.memory;
  const own = plan.bound.reduce((sum, { shape }) => sum + 4 * shape.reduce((size, dim) => size * dim, 1), 0);
  const times = own > 0 ? `, ${(memory.packed / own).toFixed(2)} times their own ${showBytes(own)}` : "";
  const least = live < memory.inside ? ` (${showBytes(live)} of them needed at one time)` : "";
  const parts: (readonly [number, string])[] = [
    [memory.arguments, "arguments"],
    [memory.results, "results"],
    [memory.packed, `weights prepared when they are bound${times}`],
    [memory.inside, `values between kernels${least}`],
    [memory.constants, "constants"],
    [scratch, "memory of a thread's own"],
  ];
  return parts.flatMap(([bytes, what]) => (bytes > 0 ? [`${showBytes(bytes)} ${what}`] : [])).join(" + ");
};

export const planSummary = (plan: Plan): string => {
  const memory = memoryOf(plan);
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
      `${plan.kernels.length}, of which ${new Set(plan.kernels.map(textKey)).size} differ; ${showBytes(text)} of code`,
    ],
    ...(plan.load.length > 0 ? [["to bind", showWork(workOf(plan, plan.load))] as const] : []),
    ["a call", showWork(workOf(plan, plan.call))],
    ["memory", `${showBytes(memory.call)} while a call runs: ${memoryParts(plan)}`],
    ...(plan.load.length > 0
      ? [["", `${showBytes(memory.load)} while weights are bound, beside the weights themselves`] as const]
      : []),
  ];
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n");
};
