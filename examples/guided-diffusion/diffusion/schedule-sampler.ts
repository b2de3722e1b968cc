/** Which steps to train on: weights of the steps, and draws by them. On the host, in f64; state in, state out. */

/** Each step as often as any other. */
export const uniformWeights = (steps: number): Float64Array => new Float64Array(steps).fill(1);

/** The last losses of each step, unweighted, the oldest first. */
export interface LossHistory {
  readonly losses: readonly (readonly number[])[];
  /** How many losses are kept of a step. */
  readonly length: number;
  /** The share of draws that leave the losses aside. */
  readonly uniform: number;
}

export const emptyHistory = (steps: number, { length = 10, uniform = 0.001 } = {}): LossHistory => ({
  losses: Array.from({ length: steps }, () => []),
  length,
  uniform,
});

/**
 * The history with further losses, in their order; `steps[i]` is the step that `losses[i]` belongs to.
 * @throws RangeError for a step that the history does not have
 */
export const recordLosses = (
  history: LossHistory,
  steps: ArrayLike<number>,
  losses: ArrayLike<number>,
): LossHistory => {
  const next = history.losses.map((kept) => kept);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as number;
    const kept = next[step];
    if (kept === undefined) throw new RangeError(`step ${step} of a history of ${next.length} steps`);
    next[step] = [...kept, losses[i] as number].slice(-history.length);
  }
  return { ...history, losses: next };
};

/**
 * √E[L²] of each step (Improved DDPM, arXiv 2102.09672, eq. 18), mixed with a little of the uniform; uniform until all steps
 * have a full history. They add up to 1 then.
 */
export const lossSecondMomentWeights = ({ losses, length, uniform }: LossHistory): Float64Array => {
  if (losses.some((kept) => kept.length < length)) return uniformWeights(losses.length);
  const moments = losses.map((kept) => Math.sqrt(kept.reduce((sum, loss) => sum + loss * loss, 0) / length));
  const total = moments.reduce((sum, moment) => sum + moment, 0);
  return Float64Array.from(moments, (moment) => (moment / total) * (1 - uniform) + uniform / losses.length);
};

/** Steps, and what the loss of each is multiplied by, so that its expectation is the mean over all steps. */
export interface TimestepSample {
  readonly steps: Int32Array;
  readonly importance: Float64Array;
}

/**
 * A step for each number of `uniforms`, which lie in [0, 1): the first one at which the weights so far exceed that share of
 * their sum. Its importance is 1 / (T p).
 * @throws RangeError where no weights give a distribution, or a number lies outside of [0, 1)
 */
export const sampleTimesteps = (weights: ArrayLike<number>, uniforms: ArrayLike<number>): TimestepSample => {
  const cumulative = new Float64Array(weights.length);
  let total = 0;
  for (let t = 0; t < weights.length; t++) {
    const weight = weights[t] as number;
    if (!(weight >= 0)) throw new RangeError(`the weight of step ${t} is ${weight}, and must be 0 or more`);
    total += weight;
    cumulative[t] = total;
  }
  if (!(total > 0 && total < Infinity))
    throw new RangeError(`the weights add up to ${total}, and must have a sum above 0`);
  const steps = Int32Array.from(uniforms, (u) => {
    if (!(u >= 0 && u < 1)) throw new RangeError(`${u} is not from 0 to 1, as a uniform random number is`);
    const place = cumulative.findIndex((sum) => sum > u * total);
    // u · total can round up to the total.
    return place >= 0 ? place : cumulative.indexOf(total);
  });
  return {
    steps,
    importance: Float64Array.from(steps, (t) => total / ((weights[t] as number) * weights.length)),
  };
};
