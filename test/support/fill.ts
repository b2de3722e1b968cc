/** The deterministic fill of the reference numbers, as lists. */

import { spread, spreadNoise } from "../../examples/guided-diffusion/networks/fill.ts";

/** Numbers in [−½, ½). */
export const fillOf = (seed: number, count: number): number[] => Array.from(spread(seed, count));

/** Of mean 0 and variance 1. */
export const noiseFill = (seed: number, count: number): number[] => Array.from(spreadNoise(seed, count));
