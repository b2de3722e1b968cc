/** `expectClose`: numbers agree within a stated tolerance, or an error says where they differ most. */

import { type Numbers, pairsOf, placeOf } from "./numbers.ts";

/** An entry is close if it keeps any one of the bounds; without any it must be equal. */
export interface Tolerance {
  /** |actual − expected| at most this. */
  readonly absolute?: number;
  /** |actual − expected| at most this part of |expected|. */
  readonly relative?: number;
  /** At most this many steps between neighbouring f32 numbers at |expected|; of f16 where `actual` is of f16. */
  readonly ulp?: number;
}

export interface CloseOptions extends Tolerance {
  /**
   * NaN is close to NaN alone. With "skip", entries where `expected` is NaN, such as derivatives at a kink, are left out
   * and counted.
   */
  readonly undefinedEntries?: "skip";
}

/** What was compared. */
export interface Comparison {
  readonly entries: number;
  /** Entries left out because `expected` is NaN there. */
  readonly undefinedEntries: number;
  /** Largest |actual − expected| of the entries compared. */
  readonly largestError: number;
}

/** Steps between neighbouring numbers at a magnitude. */
const stepAt = (magnitude: number, epsilon: number): number =>
  magnitude < 2 ** -126 ? 2 ** -149 : 2 ** Math.floor(Math.log2(magnitude)) * epsilon;

const allowedAt = ({ absolute = 0, relative = 0, ulp = 0 }: Tolerance, expected: number, epsilon: number): number =>
  Math.max(
    absolute,
    relative === 0 ? 0 : relative * Math.abs(expected),
    ulp === 0 ? 0 : ulp * stepAt(Math.abs(expected), epsilon),
  );

const errorOf = (actual: number, expected: number): number => {
  if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) return 0;
  const error = Math.abs(actual - expected);
  return Number.isNaN(error) ? Infinity : error;
};

const short = (value: number): string => (value === 0 || !Number.isFinite(value) ? `${value}` : value.toPrecision(3));

const showTolerance = ({ absolute, relative, ulp }: Tolerance): string => {
  const bounds = [
    absolute !== undefined && `absolute ${absolute}`,
    relative !== undefined && `relative ${relative}`,
    ulp !== undefined && `${ulp} ulp`,
  ].filter((bound) => bound !== false);
  return bounds.length === 0 ? "none: equal numbers" : bounds.join(" or ");
};

/** A place where the numbers differ by more than is allowed. */
interface Miss {
  readonly place: string;
  readonly actual: number;
  readonly expected: number;
  readonly error: number;
  /** Error over what is allowed: the worst place has the largest. */
  readonly excess: number;
}

const compareLeaf = (actual: Numbers, expected: Numbers, options: CloseOptions) => {
  const misses: Miss[] = [];
  let undefinedEntries = 0;
  let largestError = 0;
  expected.values.forEach((wanted, entry) => {
    if (Number.isNaN(wanted) && options.undefinedEntries === "skip") {
      undefinedEntries++;
      return;
    }
    const got = actual.values[entry] as number;
    const error = errorOf(got, wanted);
    const allowed = allowedAt(options, wanted, actual.epsilon);
    largestError = Math.max(largestError, error);
    if (error > allowed || (error === Infinity && allowed === Infinity))
      misses.push({
        place: placeOf(expected.path, expected.shape, entry),
        actual: got,
        expected: wanted,
        error,
        excess: error / allowed,
      });
  });
  return { misses, undefinedEntries, largestError };
};

/**
 * Throws unless `actual` and `expected` have one structure and shape and every entry is close:
 * `expectClose(grad(f)(x), numeric, { relative: 1e-5, absolute: 1e-7 })`.
 *
 * Both may be tensors, host data, typed arrays, nested arrays, numbers, or trees of these.
 * @throws Error that names the worst place, both values, both errors and the tolerance.
 */
export const expectClose = (actual: unknown, expected: unknown, options: CloseOptions = {}): Comparison => {
  const pairs = pairsOf(actual, expected);
  const leaves = pairs.map(([got, wanted]) => compareLeaf(got, wanted, options));
  const entries = pairs.reduce((sum, [, { values }]) => sum + values.length, 0);
  const undefinedEntries = leaves.reduce((sum, leaf) => sum + leaf.undefinedEntries, 0);
  const misses = leaves.flatMap((leaf) => leaf.misses);
  if (misses.length > 0) {
    const worst = misses.reduce((a, b) =>
      b.excess > a.excess || (b.excess === a.excess && b.error > a.error) ? b : a,
    );
    const relative = worst.error / Math.abs(worst.expected);
    throw new Error(
      `not close at ${worst.place}: got ${worst.actual}, expected ${worst.expected}; absolute error ${short(worst.error)}, relative error ${short(relative)}, tolerance ${showTolerance(options)}; ${misses.length} of ${entries} entries differ`,
    );
  }
  if (entries > 0 && undefinedEntries === entries)
    throw new Error(`nothing to compare: all ${entries} expected entries are NaN`);
  return { entries, undefinedEntries, largestError: Math.max(0, ...leaves.map((leaf) => leaf.largestError)) };
};
