/** Lowering, with the forms of frozen weights within a budget of memory. */

import { sizeOf } from "../../dsl/shape.ts";
import { showBytes, showCount } from "../amounts.ts";
import { buffersOf } from "./eliminate.ts";
import { type LowerOptions, lowerGraphs } from "./lower.ts";
import { type Parted, regionGraphs } from "./region-graph.ts";
import type { Lowered } from "./steps.ts";
import { fitForms } from "./weight-forms.ts";

/**
 * Bytes of the forms of frozen weights, as a multiple of what the parameters take themselves. Below 1.7, with a reserve for
 * gaps between planes and for what is kept beside weights.
 */
export const defaultWeightRatio = 1.65;

/** Bytes that are kept from loading for calls. */
const keptBytes = ({ call, purposeOf }: Lowered): number =>
  [...buffersOf(call)].reduce((sum, buffer) => sum + (purposeOf(buffer).kind === "kept" ? 4 * buffer.size : 0), 0);

const times = (bytes: number, own: number): string => `${(bytes / own).toFixed(2)} times`;

/**
 * Forms are chosen for speed first; where they take more than they may, those that cost least to change are made smaller, and
 * the regions of the program are scheduled again. They may take `ratio` times the parameters' own bytes; where even the smallest take more, as
 * where gradients read all weights in a second order, `ratio` times those. The log says what was changed, and what no choice
 * could.
 */
export const lowerWithin = (parts: Parted, options: LowerOptions, ratio: number): Lowered => {
  const graphs = regionGraphs(parts, options.device);
  const fastest = lowerGraphs(graphs, options);
  const own = parts.load.parameters.reduce((sum, { type }) => sum + 4 * sizeOf(type.shape), 0);
  const taken = keptBytes(fastest);
  const least = fitForms(fastest.choices, taken, 0).bytes;
  const tooLittle = least > ratio * own;
  const allowed = ratio * (tooLittle ? least : own);
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
