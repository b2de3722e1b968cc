/** The rate of learning at each step, on the host: risen to linearly, kept, and let fall to 0. */

export interface RatePlan {
  readonly lr: number;
  /** Steps in which the rate rises to `lr`; 0 by default. */
  readonly warmup?: number;
  /** The step at which it begins to fall; 0 by default. */
  readonly decayFrom?: number;
  /** The step at which it would be 0; it does not fall, if this is left out. */
  readonly annealSteps?: number;
}

/** The rate at step 0, 1, …: the original's `lr · (1 − step / annealSteps)`, with a warm-up and a start of the fall besides. */
export const rateAt = ({ lr, warmup = 0, decayFrom = 0, annealSteps }: RatePlan, step: number): number => {
  const rise = warmup > 0 ? Math.min(1, (step + 1) / warmup) : 1;
  if (annealSteps === undefined || step < decayFrom) return lr * rise;
  return lr * rise * Math.max(0, 1 - (step - decayFrom) / (annealSteps - decayFrom));
};
