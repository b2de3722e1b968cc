/** How near is near enough, by what the original's f32 differs from its own f64. */

import type { GoldenDevice } from "./device.ts";

/** Of one quantity: the largest difference of the two, and the largest magnitude. */
export interface StoredError {
  readonly max_abs_diff_from_float64: number;
  readonly max_abs: number;
}

/**
 * Ten times the difference, and never less than 1e-6 of the largest magnitude; 2e-4 of it on a graphics device. What is zero in
 * exact arithmetic is rounding noise alone, a hundred times which passes there.
 */
export const boundOf = (
  { isLoose }: Pick<GoldenDevice, "isLoose">,
  { max_abs_diff_from_float64: difference, max_abs }: StoredError,
): number => {
  const isZero = max_abs < difference;
  return isLoose
    ? Math.max((isZero ? 100 : 10) * difference, 2e-4 * max_abs)
    : Math.max(10 * difference, 1e-6 * max_abs);
};
