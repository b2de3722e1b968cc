/** The kernels of a region, by its root; and what is said of it in texts. */

import type { TensorType } from "../../dsl/primitive.ts";
import { originText, type Variable } from "../ir/program.ts";
import { hoistRows } from "../kernel/hoist-rows.ts";
import { hoistValues } from "../kernel/hoist-values.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { attentionKernel } from "./attention-kernel.ts";
import type { Context } from "./context.ts";
import type { ContractionSchedule } from "./contraction.ts";
import { elementwiseKernel } from "./elementwise-kernel.ts";
import type { Node } from "./graph.ts";
import { productsKernels } from "./products-kernel.ts";
import { reductionKernels, reductionOf } from "./reduction-kernel.ts";
import { type Region, storedMembers } from "./region.ts";
import { rowKernel } from "./row-kernel.ts";
import { scanKernels } from "./scan-kernel.ts";
import { scatterKernel } from "./scatter-kernel.ts";
import { slabKernel } from "./slab-kernel.ts";

export const regionKernels = (region: Region, context: Context, schedule: ContractionSchedule): readonly Kernel[] => {
  const { root } = region;
  if (root === undefined) {
    const kernel = elementwiseKernel(region, context);
    return [hoistValues(context.services.device.kind === "wasm" ? hoistRows(kernel) : kernel)];
  }
  switch (root.lowering.kind) {
    case "products":
      return productsKernels(region, root, context, schedule);
    case "weightedAverage":
      return [attentionKernel(region, root, context)];
    case "scan":
      return scanKernels(region, root, context).map(hoistValues);
    case "scatterAdd":
      return [scatterKernel(region, root, context)];
    default: {
      const slab = slabKernel(region, context);
      if (slab !== undefined) return [hoistValues(slab)];
      return region.stages.length > 1
        ? [hoistValues(rowKernel(region, context))]
        : reductionKernels(region, reductionOf(root), context).map(hoistValues);
    }
  }
};

/** The line that made a region: its root's, or that of its last member. */
export const sourceOf = (region: Region, definition: (variable: Variable) => Node | undefined): string => {
  const { root } = region;
  const last = storedMembers(region).at(-1);
  const node = root ?? (last && definition(last.variable));
  return node === undefined ? "" : originText(node.origin);
};

const typeText = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(", ")}]`;

/** Lines for the header of a kernel. */
export const notesOf = (region: Region): string[] => [
  ...(region.root
    ? [`${region.root.lowering.kind} of ${region.root.operands.map(({ type }) => typeText(type)).join(" and ")}`]
    : []),
  `stores ${storedMembers(region)
    .map(({ variable: { name, type } }) => `${name ?? "a value"} ${typeText(type)}`)
    .join(", ")}`,
];
