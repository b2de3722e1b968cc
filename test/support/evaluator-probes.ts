/** How direct runs behave: where their results jump, and what they meet on the way. */

import { evaluate } from "../../compiler/ir/interpret.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { prune } from "../../compiler/optimise/prune.ts";
import { isFloat } from "../../dsl/dtype.ts";
import { denseOf, direct, fromElements, inPrecision } from "../../dsl/evaluate.ts";
import type { MapParams } from "../../dsl/ops/elementwise.ts";
import { singleFunction } from "../../dsl/scalar/single.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { noise } from "../../dsl/testing/noise.ts";

/** Largest magnitude of finite elements, 1 at least. */
export const scaleOf = (values: ArrayLike<number>): number => {
  let most = 1;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (size < Infinity && size > most) most = size;
  }
  return most;
};

export const elements = (tensor: AnyTensor): ArrayLike<number> => denseOf("a test", tensor).data;

/** Largest difference of finite elements. */
export const largestGap = (a: AnyTensor, b: AnyTensor): number => {
  const [left, right] = [elements(a), elements(b)];
  let most = 0;
  for (let i = 0; i < left.length; i++) {
    const gap = Math.abs((left[i] as number) - (right[i] as number));
    if (gap < Infinity && gap > most) most = gap;
  }
  return most;
};

/** Runs `f` with what `change` makes of each tensor that the direct evaluator computes. */
const withEvaluator = <T>(change: (result: AnyTensor) => AnyTensor, f: () => T): T => {
  const evaluator = direct as { apply: typeof direct.apply };
  const { apply } = evaluator;
  evaluator.apply = (...application) => change(apply(...application));
  try {
    return f();
  } finally {
    evaluator.apply = apply;
  }
};

const shaken = (tensor: AnyTensor, share: number, next: () => number): AnyTensor =>
  isFloat(tensor.dtype)
    ? fromElements(
        tensor,
        Float64Array.from(elements(tensor), (x) => (Number.isFinite(x) ? x + share * (1 + Math.abs(x)) * next() : x)),
      )
    : tensor;

/**
 * Whether results jump where they stand: when the arguments move a little, or when every value on the way does, which
 * tells apart what is equal only because it was computed alike.
 */
export const isUnstable = (
  run: (args: readonly AnyTensor[]) => readonly AnyTensor[],
  args: readonly AnyTensor[],
): boolean => {
  const due = run(args);
  const moves = (other: readonly AnyTensor[]): boolean =>
    due.some((leaf, i) => {
      const found = elements(other[i] as AnyTensor);
      return (
        largestGap(leaf, other[i] as AnyTensor) > 1e-3 * scaleOf(elements(leaf)) ||
        Array.from(elements(leaf)).some((x, k) => Number.isFinite(x) !== Number.isFinite(found[k]))
      );
    });
  return [1, 2, 3, 4].some((seed) => {
    const next = noise(seed);
    const moved = args.map((tensor) => shaken(tensor, 1e-7, next));
    return (
      moves(run(moved)) ||
      moves(
        withEvaluator(
          (result) => shaken(result, 1e-9, next),
          () => run(args),
        ),
      )
    );
  });
};

/**
 * How far each result moves when every value on the way is off by one rounding. Run directly, sums and lambdas are computed
 * in f64 and rounded once; a device rounds each operation, so it may lose this where the direct run was lucky.
 */
export const roundingLosses = (run: () => readonly AnyTensor[]): readonly number[] => {
  const due = run();
  const losses = due.map(() => 0);
  for (const seed of [1, 2, 3, 4]) {
    const next = noise(seed);
    const rounded = (result: AnyTensor): AnyTensor =>
      shaken(result, result.dtype === "f16" ? 2 ** -11 : 2 ** -24, next);
    withEvaluator(rounded, run).forEach((leaf, i) => {
      losses[i] = Math.max(losses[i] as number, largestGap(leaf, due[i] as AnyTensor));
    });
  }
  return losses;
};

/**
 * What each result of a program loses in maps that round each of their operations to f32, as devices do. Run directly, a
 * lambda is computed in f64 and rounded once, however much its last functions magnify what the first have lost.
 */
export const steppedLosses = (program: Program, operands: readonly AnyTensor[]): readonly number[] => {
  const due = inPrecision("f64", () => evaluate(program, operands));
  const evaluator = direct as { apply: typeof direct.apply };
  const { apply } = evaluator;
  evaluator.apply = (primitive, params, ...rest) => {
    const expression = (params as Partial<MapParams>).body?.expression;
    const stepped = expression && {
      ...(params as MapParams),
      body: { expression, evaluate: singleFunction(expression) },
    };
    return apply(primitive, stepped ?? params, ...rest);
  };
  try {
    return evaluate(program, operands).map((leaf, i) => largestGap(leaf, due[i] as AnyTensor));
  } finally {
    evaluator.apply = apply;
  }
};

/** Whether floats of some kind are met on the way of a run, which its results may not show. */
export const meets = (isWanted: (x: number) => boolean, run: () => unknown): boolean => {
  let found = false;
  const look = (result: AnyTensor): AnyTensor => {
    found ||= isFloat(result.dtype) && Array.from(elements(result)).some(isWanted);
    return result;
  };
  withEvaluator(look, run);
  return found;
};

/** For each result of a program, whether it meets neither NaN nor an infinity on its way. */
export const finiteResults = (program: Program, operands: readonly AnyTensor[]): readonly boolean[] =>
  program.results.map((result) => {
    const alone = prune({ ...program, results: [result] });
    return !meets(
      (x) => !Number.isFinite(x),
      () => evaluate(alone, operands),
    );
  });
