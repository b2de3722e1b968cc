/**
 * Noise schedules: how much noise each step of a diffusion process adds, and all that follows from it, in f64.
 *
 * Index 0 is the step with the least noise. ᾱ is the product of α = 1 − β so far (DDPM, arXiv 2006.11239, section 2).
 */

/** The numbers of each step; those of all steps, of one step, or of a batch of steps, by what a column is. */
export interface Tables<Column> {
  /** What the network is told: the step's index in the process that it was trained with, perhaps scaled. */
  readonly t: Column;
  /** 1, but 0 at step 0, which is the last one when sampling and adds no noise. */
  readonly noisy: Column;

  /** βₜ, and its logarithm. */
  readonly beta: Column;
  readonly logBeta: Column;

  /** ᾱₜ, that of the step before (1 before step 0), and that of the step after (0 after the last). */
  readonly alphaBar: Column;
  readonly alphaBarPrev: Column;
  readonly alphaBarNext: Column;

  /** Of q(xₜ | x₀): √ᾱ, 1 − ᾱ, its root, its logarithm; and √(1/ᾱ), √(1/ᾱ − 1), which lead back to x₀. */
  readonly sqrtAlphaBar: Column;
  readonly oneMinusAlphaBar: Column;
  readonly sqrtOneMinusAlphaBar: Column;
  readonly logOneMinusAlphaBar: Column;
  readonly sqrtRecipAlphaBar: Column;
  readonly sqrtRecipAlphaBarMinusOne: Column;

  /** The same of the neighbours, for steps to them. */
  readonly sqrtAlphaBarPrev: Column;
  readonly oneMinusAlphaBarPrev: Column;
  readonly sqrtOneMinusAlphaBarPrev: Column;
  readonly sqrtAlphaBarNext: Column;
  readonly sqrtOneMinusAlphaBarNext: Column;

  /**
   * Of q(xₜ₋₁ | xₜ, x₀): the variance β̃, its logarithm, and the weights of x₀ and xₜ in the mean. The variance of step 0 is
   * 0; its logarithm there is that of step 1, so that it is finite.
   */
  readonly posteriorVariance: Column;
  readonly posteriorLogVariance: Column;
  readonly posteriorMeanXStart: Column;
  readonly posteriorMeanX: Column;

  /** β, but β̃ of step 1 at step 0; and its logarithm. */
  readonly largeVariance: Column;
  readonly largeLogVariance: Column;
}

export interface Schedule extends Tables<Float64Array> {
  /** Number of steps. */
  readonly steps: number;
  /** Steps of the process that this one skips through; `steps`, if it skips none. */
  readonly originalSteps: number;
  /** Which of those each step is. */
  readonly timestepMap: Int32Array;
}

/**
 * βₜ in equal distances; 1e-4 to 0.02 for 1000 steps (DDPM, section 4), scaled so that other numbers of steps add as much
 * noise.
 */
export const linearBetas = (steps: number): Float64Array => {
  const scale = 1000 / steps;
  const first = 1e-4 * scale;
  const last = 0.02 * scale;
  return Float64Array.from({ length: steps }, (_, t) =>
    t === steps - 1 ? last : first + t * ((last - first) / (steps - 1)),
  );
};

/** ᾱ as the square of a cosine (Improved DDPM, arXiv 2102.09672, eq. 17), with s = 0.008; βₜ at most 0.999. */
export const cosineBetas = (steps: number): Float64Array => {
  const alphaBar = (u: number): number => Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  return Float64Array.from({ length: steps }, (_, t) =>
    Math.min(1 - alphaBar((t + 1) / steps) / alphaBar(t / steps), 0.999),
  );
};

const betas = { linear: linearBetas, cosine: cosineBetas } as const;
export type ScheduleName = keyof typeof betas;

/** @throws RangeError for a number of steps that gives no process, and for a schedule of another name */
export const namedSchedule = (name: ScheduleName, steps: number): Schedule => {
  if (!Object.hasOwn(betas, name))
    throw new RangeError(`no schedule is named ${name}; there are ${Object.keys(betas).join(" and ")}`);
  if (!Number.isInteger(steps)) throw new RangeError(`the schedule has ${steps} steps, and must have a whole number`);
  return scheduleOf(betas[name](steps));
};

/** Where the steps of a schedule come from. */
type Origin = Pick<Schedule, "t" | "timestepMap" | "originalSteps">;

/** No step is skipped. */
const ownSteps = (steps: number): Origin => ({
  t: Float64Array.from({ length: steps }, (_, t) => t),
  timestepMap: Int32Array.from({ length: steps }, (_, t) => t),
  originalSteps: steps,
});

/**
 * All tables of the process with the given β.
 * @throws RangeError unless there are two steps or more, each β above 0 and at most 1
 */
export const scheduleOf = (beta: Float64Array, origin: Origin = ownSteps(beta.length)): Schedule => {
  const steps = beta.length;
  if (steps < 2) {
    throw new RangeError(
      `a schedule of ${steps} ${steps === 1 ? "step" : "steps"}; it must have two or more, since step 0 takes its variance from step 1`,
    );
  }
  const wrong = beta.findIndex((value) => !(value > 0 && value <= 1));
  if (wrong >= 0) {
    throw new RangeError(
      `beta of step ${wrong} is ${beta[wrong]}, and must be above 0 and at most 1; a linear schedule needs 20 steps or more`,
    );
  }

  let product = 1;
  const alphaBar = beta.map((value) => {
    product *= 1 - value;
    return product;
  });
  const alphaBarPrev = Float64Array.of(1, ...alphaBar.subarray(0, -1));
  const alphaBarNext = Float64Array.of(...alphaBar.subarray(1), 0);
  /** A column, by β, ᾱ and ᾱ of the step before. */
  const each = (value: (b: number, a: number, aPrev: number) => number): Float64Array =>
    beta.map((b, t) => value(b, alphaBar[t] as number, alphaBarPrev[t] as number));
  /** The column with the first value of another. */
  const withFirst = (first: number, column: Float64Array): Float64Array =>
    column.map((value, t) => (t === 0 ? first : value));

  const posteriorVariance = each((b, a, aPrev) => (b * (1 - aPrev)) / (1 - a));
  const next = posteriorVariance[1] as number;
  const largeVariance = withFirst(next, beta);
  return {
    ...origin,
    steps,
    noisy: beta.map((_, t) => (t === 0 ? 0 : 1)),
    beta,
    logBeta: beta.map(Math.log),
    alphaBar,
    alphaBarPrev,
    alphaBarNext,
    sqrtAlphaBar: alphaBar.map(Math.sqrt),
    oneMinusAlphaBar: each((_, a) => 1 - a),
    sqrtOneMinusAlphaBar: each((_, a) => Math.sqrt(1 - a)),
    logOneMinusAlphaBar: each((_, a) => Math.log(1 - a)),
    sqrtRecipAlphaBar: each((_, a) => Math.sqrt(1 / a)),
    sqrtRecipAlphaBarMinusOne: each((_, a) => Math.sqrt(1 / a - 1)),
    sqrtAlphaBarPrev: alphaBarPrev.map(Math.sqrt),
    oneMinusAlphaBarPrev: each((_, __, aPrev) => 1 - aPrev),
    sqrtOneMinusAlphaBarPrev: each((_, __, aPrev) => Math.sqrt(1 - aPrev)),
    sqrtAlphaBarNext: alphaBarNext.map(Math.sqrt),
    sqrtOneMinusAlphaBarNext: alphaBarNext.map((a) => Math.sqrt(1 - a)),
    posteriorVariance,
    posteriorLogVariance: withFirst(next, posteriorVariance).map(Math.log),
    posteriorMeanXStart: each((b, a, aPrev) => (b * Math.sqrt(aPrev)) / (1 - a)),
    posteriorMeanX: each((b, a, aPrev) => ((1 - aPrev) * Math.sqrt(1 - b)) / (1 - a)),
    largeVariance,
    largeLogVariance: largeVariance.map(Math.log),
  };
};

/** The schedule whose network is told t in thousandths of its original process: t · 1000 / originalSteps. */
export const rescaleTimesteps = (schedule: Schedule): Schedule => ({
  ...schedule,
  t: schedule.t.map((t) => t * (1000 / schedule.originalSteps)),
});
