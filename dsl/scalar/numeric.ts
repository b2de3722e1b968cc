/**
 * Derivatives of functions that can only be called: the lambdas of users, when a program runs directly.
 *
 * A central stencil of sixth order, shrunk until two steps agree. Where none agree, at a kink or a jump, the derivative is
 * undefined, and NaN says so.
 */

/** f′ at the middle, error O(h⁶). */
const stencil = (f: (x: number) => number, x: number, h: number): number =>
  (45 * (f(x + h) - f(x - h)) - 9 * (f(x + 2 * h) - f(x - 2 * h)) + (f(x + 3 * h) - f(x - 3 * h))) / (60 * h);

/** f″ · h if f is smooth at x, the height of the kink if it is not. */
const bend = (f: (x: number) => number, x: number, h: number): number => (f(x + h) - 2 * f(x) + f(x - h)) / h;

/** f′(x), or NaN where f has none. */
export const numericDerivative = (f: (x: number) => number, x: number): number => {
  let h = 2 ** -4 * Math.max(1, Math.abs(x));
  let before = stencil(f, x, h);
  let best = NaN;
  let gap = Infinity;
  for (let step = 0; step < 14; step++) {
    h /= 3;
    const now = stencil(f, x, h);
    const change = Math.abs(now - before);
    if (change < gap) {
      gap = change;
      best = now;
    }
    const tolerance = 1e-10 * Math.max(1, Math.abs(now));
    if (change <= tolerance) break;
    before = now;
  }
  const scale = Math.max(1, Math.abs(best));
  // A smooth function's bend vanishes with h; a kink's stays.
  const kink = Math.abs(bend(f, x, h)) > 1e-4 * scale && Math.abs(bend(f, x, h / 4)) > 0.5 * Math.abs(bend(f, x, h));
  return gap <= 1e-6 * scale && !kink ? best : NaN;
};
