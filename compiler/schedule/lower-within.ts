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
  /** As a multiple of the parameters' own bytes; where even the smallest forms take more, of what those take. */
  readonly ratio: number;
  /** Bytes that they may take in any case. */
  readonly least: number;
}

/** Below 1.7 with a reserve. Of small networks memory is no matter: one convolution alone in its fastest form takes 4 times its weights. */
export const defaultWeightBudget: WeightBudget = { ratio: 1.65, least: 1 << 28 };

/** Bytes that are kept from loading for calls. */
const keptBytes = ({ call, purposeOf }: Lowered): number =>
  [...buffersOf(call)].reduce((sum, buffer) => sum + (purposeOf(buffer).kind === "kept" ? 4 * buffer.size : 0), 0);

const times = (bytes: number, own: number): string => `${(bytes / own).toFixed(2)} times`;

/**
 * Forms are chosen for speed first; where they take more than they may, those that cost least to change are made smaller, and
 * the regions of the program are scheduled again. Even the smallest may take more than the budget, as where gradients read all
 * weights in a second order. The log says what was changed, and what no choice could.
 */
export const lowerWithin = (parts: Parted, options: LowerOptions, { ratio, least: free }: WeightBudget): Lowered => {
  const graphs = regionGraphs(parts, options.device);
  const fastest = lowerGraphs(graphs, options);
  const own = parts.load.parameters.reduce((sum, { type }) => sum + 4 * sizeOf(type.shape), 0);
  const taken = keptBytes(fastest);
  const least = fitForms(fastest.choices, taken, 0).bytes;
  const tooLittle = least > Math.max(free, ratio * own);
  const allowed = Math.max(free, ratio * (tooLittle ? least : own));
  const { smaller } = fitForms(fastest.choices, taken, allowed);
  const lowered = smaller.size === 0 ? fastest : lowerGraphs(graphs, { ...options, smaller });
  const log = [...lowered.log];
  if (tooLittle)
    log.push(
      `weights: even their smallest forms take ${showBytes(least)}, ${times(least, own)} the parameters' own ${showBytes(own)}, where ${ratio} are allowed; all may take ${ratio} times that`,
    );
  if (taken > allowed)
    log.push(
      `weights: their fastest forms would take ${showBytes(taken)}, ${times(taken, own)} the parameters' own ${showBytes(own)}, and may take ${showBytes(allowed)}; ${showCount(smaller.size, "form")} made smaller, all take ${showBytes(keptBytes(lowered))}`,
    );
  return { ...lowered, log };
};
