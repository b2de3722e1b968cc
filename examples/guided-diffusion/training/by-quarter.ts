/** Means of what is measured of examples: of all, and of those in each quarter of the steps. */

/** NaN stands where there was no example. */
export interface ByQuarter {
  readonly mean: number;
  /** As the original logs them: of steps t in [0, T/4), [T/4, T/2) … */
  readonly quarters: readonly number[];
}

export interface QuarterSums {
  readonly add: (t: number, value: number) => void;
  readonly means: () => ByQuarter;
}

/** Sums for a process of `timesteps` steps. */
export const quarterSums = (timesteps: number): QuarterSums => {
  const sums = [0, 0, 0, 0];
  const counts = [0, 0, 0, 0];
  return {
    add: (t, value) => {
      const quarter = Math.floor((4 * t) / timesteps);
      sums[quarter] = (sums[quarter] as number) + value;
      counts[quarter] = (counts[quarter] as number) + 1;
    },
    means: () => ({
      mean: sums.reduce((a, b) => a + b, 0) / counts.reduce((a, b) => a + b, 0),
      quarters: sums.map((sum, i) => sum / (counts[i] as number)),
    }),
  };
};
