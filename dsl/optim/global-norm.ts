/** The length of a tree of tensors, and trees kept below a length. */

import { add, map, sqrt, square, sum, zeros } from "../ops.ts";
import type { Tensor } from "../tensor.ts";
import { treeLeaves } from "../tree.ts";
import { checkAlike, mapLeaves, type Rate, scalarOf } from "./parameters.ts";

const normFor = (name: string, tree: unknown): Tensor<[]> => {
  checkAlike(name, { leaf: tree });
  const squares = treeLeaves(tree).map((leaf): Tensor<[]> => sum(square(leaf as Tensor)));
  return sqrt(squares.reduce<Tensor<[]>>((total, one) => add(total, one), zeros([])));
};

/**
 * √ Σ x² over the elements of all tensors of a tree: f32[].
 * @example optim.globalNorm({ w: tensor([3, 4]) })
 * @throws DTypeError for leaves that are not of f32
 */
export const globalNorm = (tree: unknown): Tensor<[]> => normFor("globalNorm", tree);

/**
 * Gradients scaled by limit / (norm + 1e-6), where that is below 1, as PyTorch clips them.
 * @example optim.clipByGlobalNorm({ w: tensor([3, 4]) }, 1)
 * @throws DTypeError for leaves that are not of f32
 */
export const clipByGlobalNorm = <P>(gradients: P, limit: Rate): P => {
  const most = scalarOf("clipByGlobalNorm", "the limit", limit);
  const share = map(most, normFor("clipByGlobalNorm", gradients), (most, norm) => Math.min(most / (norm + 1e-6), 1));
  return mapLeaves((g) => map(g, share, (g, share) => g * share), gradients);
};
