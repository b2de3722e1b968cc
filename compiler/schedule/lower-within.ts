/** Lowering, with the forms of frozen weights within a budget of memory. */

import { sizeOf } from "../../dsl/shape.ts";
import { showBytes, showCount } from "../amounts.ts";
import { buffersOf } from "./eliminate.ts";
import { type LowerOptions, lowerGraphs } from "./lower.ts";
import { type Parted, regionGraphs } from "./region-graph.ts";
import type { Lowered } from "./steps.ts";
import { fitForms } from "./weight-forms.ts";

/** What all forms of frozen weights may take. */
export interface WeightBudget {
  /** As a multiple of the parameters' own bytes. */
  readonly ratio: number;
  /** As a multiple of what the smallest forms take, if that is more: where gradients read weights in a second order. */
  readonly overSmallest: number;
  /** Bytes that they may take in any case. */
  readonly least: number;
}

/** Small networks are left alone: a convolution in its fastest form takes 4 times its weights, of which there are few. */
export const defaultWeightBudget: WeightBudget = { ratio: 1.65, overSmallest: 1.4, least: 1 << 28 };

/** Bytes that are kept from loading for calls. */
const keptBytes = ({ call, purposeOf }: Lowered): number =>
  [...buffersOf(call)].reduce((sum, buffer) => sum + (purposeOf(buffer).kind === "kept" ? 4 * buffer.size : 0), 0);

const times = (bytes: number, own: number): string => `${(bytes / own).toFixed(2)} times`;

/**
 * Forms are chosen for speed first; where they take more than they may, those that cost least to change are made smaller, and
 * the regions of the program are scheduled again. The log says what was changed, and where even the smallest take more than
 * `ratio` allows.
 */
export const lowerWithin = (parts: Parted, options: LowerOptions, budget: WeightBudget): Lowered => {
  const graphs = regionGraphs(parts, options.device);
  const fastest = lowerGraphs(graphs, options);
  const own = parts.load.parameters.reduce((sum, { type }) => sum + 4 * sizeOf(type.shape), 0);
  const taken = keptBytes(fastest);
  const smallest = fitForms(fastest.choices, taken, 0).bytes;
  const allowed = Math.max(budget.least, budget.ratio * own, budget.overSmallest * smallest);
  const { smaller } = fitForms(fastest.choices, taken, allowed);
  const lowered = smaller.size === 0 ? fastest : lowerGraphs(graphs, { ...options, smaller });
  const log = [...lowered.log];
  if (smallest > Math.max(budget.least, budget.ratio * own))
    log.push(
      `weights: even their smallest forms take ${showBytes(smallest)}, ${times(smallest, own)} the parameters' own ${showBytes(own)}, where ${budget.ratio} are allowed`,
    );
  if (taken > allowed)
    log.push(
      `weights: their fastest forms would take ${showBytes(taken)}, ${times(taken, own)} the parameters' own ${showBytes(own)}, and may take ${showBytes(allowed)}; ${showCount(smaller.size, "form")} made smaller, all take ${showBytes(keptBytes(lowered))}`,
    );
  return { ...lowered, log };
};
