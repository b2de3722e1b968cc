/** The parameters of a plan with their tensors; those that are static are left out. */

import type { Plan, PlanParameter, PlanTensor, Tree } from "../runtime/plan.ts";
import { leafCount } from "./signature.ts";

export interface TensorParameter extends PlanParameter {
  readonly tree: Tree;
  /** In the order of the tree. */
  readonly tensors: readonly PlanTensor[];
}

export const tensorParameters = (plan: Plan): TensorParameter[] => {
  const [open, bound] = [plan.arguments.values(), plan.bound.values()];
  return plan.parameters.flatMap((parameter) => {
    const { tree } = parameter;
    if (tree === "static") return [];
    const from = parameter.bound ? bound : open;
    const tensors = Array.from({ length: leafCount(tree) }, () => from.next().value as PlanTensor);
    return [{ ...parameter, tree, tensors }];
  });
};
