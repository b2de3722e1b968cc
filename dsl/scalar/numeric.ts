/**
 * Derivatives of functions that can only be called: the lambdas of users, when a program runs directly.
 *
 * A central stencil of sixth order, with steps that shrink until two agree. Where none agree, at a kink or a jump, the
 * derivative is undefined, and NaN says so.
 */

/** What one step size says of f at x. */
interface Estimate {
  /** f′ by the central stencil, error O(h⁶). */
  readonly central: number;
  /** Size of the slopes within the stencil. */
  readonly scale: number;
  /** Whether slopes from the left and from the right agree, so that no kink or jump lies within the stencil. */
  readonly smooth: boolean;
}

const estimate = (f: (x: number) => number, x: number, middle: number, h: number, least: number): Estimate => {
  const right = [1, 2, 3].map((k) => f(x + k * h));
  const left = [1, 2, 3].map((k) => f(x - k * h));
  // Over the distance between the arguments as they were rounded, which is not always 2kh.
  const [slope1, slope2, slope3] = [1, 2, 3].map(
    (k) => ((right[k - 1] as number) - (left[k - 1] as number)) / (x + k * h - (x - k * h)),
  ) as [number, number, number];
  // Third order, from one side.
  const oneSided = ([a, b, c]: readonly number[]): number =>
    (18 * (a as number) - 9 * (b as number) + 2 * (c as number) - 11 * middle) / (6 * h);
  const jump = Math.abs(oneSided(right) + oneSided(left));
  const scale = Math.max(...[...right, ...left].map((value, i) => Math.abs(value - middle) / (h * ((i % 3) + 1))));
  return {
    central: 1.5 * slope1 - 0.6 * slope2 + 0.1 * slope3,
    scale,
    smooth: Number.isFinite(scale) && jump <= 1e-3 * Math.max(scale, least),
  };
};

/**
 * f′(x), or NaN where f has none. The error is near 1e-9 of the slopes around x, or 1e-10 of f / max(1, |x|) if that is
 * more; a kink or jump is seen if it is more than a thousandth of the slopes.
 */
export const numericDerivative = (f: (x: number) => number, x: number): number => {
  const middle = f(x);
  const size = Math.max(1, Math.abs(x));
  const smallest = Math.min(2 ** -40 * size, 2 ** -14 * (Math.abs(x) || 1));
  // Slopes below this are lost in the digits of f.
  const least = (1e-4 * Math.abs(middle)) / size;
  let reference = least;
  let before: Estimate | undefined;
  let best = Number.NaN;
  let gap = Infinity;
  for (let h = 2 ** (Math.floor(Math.log2(size)) - 3); h > smallest; h /= 4) {
    const now = estimate(f, x, middle, h, least);
    if (now.smooth) reference = Math.max(reference, 1e-4 * now.scale);
    if (before?.smooth && now.smooth) {
      // Digits that the difference of values of this size has lost.
      const noise = (2 ** -53 * Math.abs(middle)) / h;
      const error = Math.abs(now.central - before.central) + noise;
      const change = error === 0 ? 0 : error / Math.max(now.scale, reference);
      if (change < gap) {
        gap = change;
        best = now.central;
      }
      // From here on steps only lose digits.
      if (gap < 1e-12 || (gap < 1e-9 && change > 100 * gap)) break;
    }
    before = now;
  }
  if (gap <= 1e-6) return best;
  // So near a jump that nothing but f's being constant can be seen.
  return before?.smooth && before.scale === 0 ? 0 : Number.NaN;
};
