/** Checks of gradients against finite differences in f64. */

import { inPrecision } from "../evaluate.ts";
import { numericDerivative } from "../scalar/numeric.ts";
import { sizeOf } from "../shape.ts";
import { noise } from "./noise.ts";
import { placeOf } from "./numbers.ts";
import { type Probe, probe, scaleOf, type Varying } from "./pullback.ts";
import { type Variable, variablesOf, withVariables } from "./variables.ts";

export interface GradientOptions {
  /** Which float tensors vary: those of all arguments, or of the first alone. "all". */
  readonly wrt?: "all" | "first";
  /**
   * Largest error, as a part of the largest entry of the gradient. 1e-6: the stencil of `numericDerivative` stops where
   * two steps agree to 1e-10 and gives up above 1e-6; a wrong formula is off by far more.
   */
  readonly relative?: number;
  /** 2 checks the second derivatives too: the gradient of Jᵀw. 1. */
  readonly order?: 1 | 2;
  /** Seed of the random cotangent and directions. 0. */
  readonly seed?: number;
  /** Entries of each tensor that are checked, chosen by the seed. All of them. */
  readonly entries?: number;
  /** With "skip", entries where f has no derivative (a kink, a jump) are left out and counted; else they are an error. */
  readonly undefinedEntries?: "skip";
}

/** What was compared. */
export interface GradientReport {
  readonly entries: number;
  /** Entries left out because f has no derivative there. */
  readonly undefinedEntries: number;
  /** Largest error over the largest entry of its gradient. */
  readonly largestError: number;
}

const defaultRelative = 1e-6;

const short = (value: number): string => (Number.isFinite(value) ? `${Number(value.toPrecision(7))}` : `${value}`);

const noDerivative = (check: string, place: string, seed: number): never => {
  throw new Error(
    `${check}: no derivative at ${place}: difference quotients do not agree with one another (a kink, a jump, or noise); keep the arguments off it, or pass undefinedEntries: "skip" (seed ${seed})`,
  );
};

/** The variables of a call and the call as a function of them. */
const varying = <A extends readonly unknown[]>(
  check: string,
  f: (...args: A) => unknown,
  args: Readonly<NoInfer<A>>,
  { wrt = "all" }: GradientOptions,
): { readonly variables: readonly Variable[]; readonly call: Varying } => {
  const variables = variablesOf(args, wrt);
  if (variables.every(({ tensor }) => sizeOf(tensor.shape) === 0))
    throw new Error(`${check}: there is no float element among the arguments to differentiate by`);
  return { variables, call: (values) => f(...(withVariables(args, values, wrt) as unknown as A)) };
};

/** The entries to check: all, or some of them chosen by the seed. */
const chosen = (size: number, wanted: number, seed: number): readonly number[] => {
  const all = Array.from({ length: size }, (_, entry) => entry);
  if (wanted >= size) return all;
  const next = noise(seed + 1);
  const keys = all.map(next);
  return all.sort((a, b) => (keys[a] as number) - (keys[b] as number)).slice(0, wanted);
};

/** ∂φ/∂(entry) by difference quotients, divided by `scale` so that their tolerances are relative to it. */
const quotient = ({ phi, point }: Probe, variable: number, entry: number, scale: number): number => {
  const moved = point.map((values) => values.slice());
  const values = moved[variable] as Float64Array;
  const at = (x: number): number => {
    values[entry] = x;
    return phi(moved.map((values) => values.slice())) / scale;
  };
  return numericDerivative(at, values[entry] as number);
};

const checkFirst = (
  check: string,
  call: Varying,
  variables: readonly Variable[],
  options: GradientOptions,
): GradientReport & { readonly pulled: Varying } => {
  const { relative = defaultRelative, seed = 0, entries: wanted = Infinity } = options;
  const made = probe(
    call,
    variables.map(({ tensor }) => tensor),
    seed,
  );
  let entries = 0;
  let undefinedEntries = 0;
  let largestError = 0;
  let misses = 0;
  let worst = "";
  variables.forEach(({ path, tensor }, v) => {
    const gradient = made.gradient[v] as Float64Array;
    const scale = scaleOf(gradient, made.magnitude);
    const place = (entry: number): string => placeOf(path, tensor.shape, entry);
    for (const entry of chosen(gradient.length, wanted, seed)) {
      const value = gradient[entry] as number;
      entries++;
      const expected = quotient(made, v, entry, Number.isFinite(scale) ? scale : 1) * scale;
      if (Number.isNaN(expected) && Number.isFinite(value)) {
        if (options.undefinedEntries !== "skip") noDerivative(check, place(entry), seed);
        undefinedEntries++;
        continue;
      }
      const error = Math.abs(value - expected) / scale;
      if (!(error <= relative)) {
        misses++;
        if (!(error <= largestError) || worst === "")
          worst = `at ${place(entry)} it is ${short(value)}, difference quotients give ${short(expected)}; the error is ${short(error)} of the largest entry, ${relative} is allowed`;
      }
      largestError = Math.max(largestError, Number.isNaN(error) ? Infinity : error);
    }
  });
  if (misses > 0)
    throw new Error(`${check}: wrong gradient: ${worst}; ${misses} of ${entries} entries differ (seed ${seed})`);
  if (entries > 0 && undefinedEntries === entries)
    throw new Error(
      `${check}: nothing to compare: f has no derivative at any of the ${entries} entries (seed ${seed})`,
    );
  return { entries, undefinedEntries, largestError, pulled: made.pulled };
};

/**
 * Compares the gradient of f with difference quotients in f64, entry by entry:
 * `checkGrads((x, t) => ddimStep(x, model(x, t), a, b), [x, t])`.
 *
 * A result that is no scalar, or a tree, is contracted with a random cotangent, the same in every run of one seed.
 * @throws Error that names the worst entry, both values, the tolerance and the seed.
 */
export const checkGrads = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: Readonly<NoInfer<A>>,
  options: GradientOptions = {},
): GradientReport => {
  const { variables, call } = varying("checkGrads", f, args, options);
  return inPrecision("f64", () => {
    const { pulled, ...first } = checkFirst("checkGrads", call, variables, options);
    if (options.order !== 2) return first;
    const { pulled: _, ...second } = checkFirst("checkGrads, second order", pulled, variables, options);
    return {
      entries: first.entries + second.entries,
      undefinedEntries: first.undefinedEntries + second.undefinedEntries,
      largestError: Math.max(first.largestError, second.largestError),
    };
  });
};

/**
 * Checks ⟨J v, w⟩ = ⟨v, Jᵀ w⟩ for random v and w, with J v from difference quotients in f64 along v and Jᵀ w from the
 * pullback. One number, to which every entry of the gradient adds: far cheaper than `checkGrads`, and as complete.
 * @throws Error that names both numbers, the tolerance and the seed.
 */
export const checkAdjoint = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: Readonly<NoInfer<A>>,
  options: Omit<GradientOptions, "order" | "entries" | "undefinedEntries"> = {},
): GradientReport => {
  const { relative = defaultRelative, seed = 0 } = options;
  const { variables, call } = varying("checkAdjoint", f, args, options);
  return inPrecision("f64", () => {
    const made = probe(
      call,
      variables.map(({ tensor }) => tensor),
      seed,
    );
    const next = noise(seed + 2);
    const direction = made.point.map((values) => values.map(next));
    let pulled = 0;
    let largest = 0;
    made.gradient.forEach((gradient, v) => {
      gradient.forEach((value, entry) => {
        pulled += value * (direction[v]?.[entry] as number);
      });
      largest = Math.max(largest, scaleOf(gradient, made.magnitude));
    });
    const along = (step: number): number =>
      made.phi(made.point.map((values, v) => values.map((x, e) => x + step * (direction[v]?.[e] as number)))) / largest;
    const pushed = numericDerivative(along, 0) * largest;
    if (Number.isNaN(pushed) && Number.isFinite(pulled)) noDerivative("checkAdjoint", "this point along v", seed);
    const error = Math.abs(pushed - pulled) / largest;
    if (!(error <= relative)) {
      throw new Error(
        `checkAdjoint: ⟨J v, w⟩ is ${short(pushed)} by difference quotients, ⟨v, Jᵀ w⟩ is ${short(pulled)}; they differ by ${short(error)} of the gradient's largest entry, ${relative} is allowed (seed ${seed})`,
      );
    }
    return { entries: 1, undefinedEntries: 0, largestError: error };
  });
};
