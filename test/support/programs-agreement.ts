/** Whether a program means the same run directly and read by the compiler, at each stage of it. */

import type { ReadOptions } from "../../compiler/frontend/read.ts";
import { evaluate } from "../../compiler/ir/interpret.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { isFloat } from "../../dsl/dtype.ts";
import { denseOf, direct, fromElements, inPrecision } from "../../dsl/evaluate.ts";
import { show } from "../../dsl/shape.ts";
import { type AnyTensor, describe } from "../../dsl/tensor.ts";
import { noise } from "../../dsl/testing/noise.ts";
import { treeWith } from "../../dsl/tree.ts";
import { type Modules, tensorsIn } from "./compiled.ts";
import type { GeneratedProgram } from "./programs.ts";
import { type Stage, stagesOf } from "./stages.ts";

/** Compiled forms of a program, which compute in f32. */
export type DeviceStages = (program: Program) => readonly Stage[];

export interface Agreement {
  readonly entries: number;
  /** Entries left out: a lambda has no derivative there when it runs directly. */
  readonly undefinedEntries: number;
  /**
   * It differed, and says nothing by that: its results jump when its arguments move a little, or run directly it met a
   * derivative that is undefined, on which integers and booleans depend.
   */
  readonly leftOut: boolean;
}

/** What differs, in words. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
}

type Run = (...args: readonly unknown[]) => unknown;

/** Largest magnitude of finite elements, 1 at least. */
const scaleOf = (values: ArrayLike<number>): number => {
  let most = 1;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (size < Infinity && size > most) most = size;
  }
  return most;
};

const elements = (tensor: AnyTensor): ArrayLike<number> => denseOf("a test", tensor).data;

/** Largest difference of finite elements. */
const largestGap = (a: AnyTensor, b: AnyTensor): number => {
  const [left, right] = [elements(a), elements(b)];
  let most = 0;
  for (let i = 0; i < left.length; i++) {
    const gap = Math.abs((left[i] as number) - (right[i] as number));
    if (gap < Infinity && gap > most) most = gap;
  }
  return most;
};

const showValues = (tensor: AnyTensor): string => `${describe(tensor)} [${Array.from(elements(tensor)).join(", ")}]`;

const isWithin = (gap: number, tolerance: number, wide: () => number): boolean => gap <= tolerance || gap <= wide();

interface LeafOptions {
  readonly tolerance: number;
  /** A tolerance that is dear to find, asked where the other is passed. */
  readonly wide: () => number;
  readonly quotients: boolean;
}

/** Compares one result with the direct one; the number of undefined entries. */
const compareLeaf = (
  where: string,
  found: AnyTensor,
  due: AnyTensor,
  { tolerance, wide, quotients }: LeafOptions,
): number => {
  const fail = (why: string): never => {
    throw new Disagreement(`${where}: ${why}\n  direct  ${showValues(due)}\n  program ${showValues(found)}`);
  };
  if (describe(found) !== describe(due)) fail("the types differ");
  const [a, b] = [elements(found), elements(due)];
  let undefinedEntries = 0;
  for (let i = 0; i < b.length; i++) {
    const [got, wanted] = [a[i] as number, b[i] as number];
    if (Number.isNaN(wanted) && (quotients || Number.isNaN(got))) undefinedEntries += quotients ? 1 : 0;
    else if (got !== wanted && !(isFloat(due.dtype) && isWithin(Math.abs(got - wanted), tolerance, wide)))
      fail(
        `entry ${i} is ${got}, directly ${wanted}; the tolerance is ${(isFloat(due.dtype) ? Math.max(tolerance, wide()) : 0).toExponential(1)}`,
      );
  }
  return undefinedEntries;
};

/** What a stage throws is a disagreement, too: the direct run gave a result. */
const attempt = <T>(where: string, run: () => T): T => {
  try {
    return run();
  } catch (cause) {
    throw new Disagreement(`${where}: ${(cause as Error).message}`, { cause });
  }
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
const isUnstable = (run: (args: readonly AnyTensor[]) => readonly AnyTensor[], args: readonly AnyTensor[]): boolean => {
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
const roundingLosses = (run: () => readonly AnyTensor[]): readonly number[] => {
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

/** Whether NaN is met on the way of a run, which its results may not show. */
const meetsNaN = (run: () => unknown): boolean => {
  let found = false;
  const look = (result: AnyTensor): AnyTensor => {
    found ||= isFloat(result.dtype) && Array.from(elements(result)).some(Number.isNaN);
    return result;
  };
  withEvaluator(look, run);
  return found;
};

/**
 * Runs an export directly and as a program after each stage, in f64 and in f32.
 *
 * In f64 nearly nothing is rounded, and lambdas that are differentiated numerically are the largest error. In f32 what the
 * program itself loses, its f32 results against its f64 ones, is the measure; for devices also what it may lose.
 * @throws Disagreement
 */
export const checkAgreement = (
  modules: Modules,
  module: string,
  name: string,
  { text, args, precision, quotients }: GeneratedProgram,
  options?: ReadOptions,
  devices: DeviceStages = () => [],
): Agreement => {
  const run = modules.run(module)[name] as Run;
  const single = tensorsIn(run(...args));
  const double = inPrecision("f64", () => tensorsIn(run(...args)));
  const losses = single.map((leaf, i) => largestGap(leaf, double[i] as AnyTensor));
  const operands = tensorsIn(args);
  let undefinedEntries = 0;

  // f16 keeps 11 bits, and rounds a sum at each of its terms.
  const rounding = text.includes("f16") ? 2 ** -7 : 2 ** -18;
  const read = (): Program => modules.read(module, name, options).program;

  let lostByRounding: readonly number[] | undefined;
  const roundingLoss = (leaf: number): number => {
    lostByRounding ??= inPrecision("f64", () => roundingLosses(() => tensorsIn(run(...args))));
    return lostByRounding[leaf] as number;
  };

  const compare = (floats: "f32" | "f64", due: readonly AnyTensor[], tolerance: (leaf: number) => number): void => {
    const stages = attempt(`${name} in ${floats}`, () => {
      const program = read();
      const onDevices = floats === "f32" ? devices(program) : [];
      return [
        ...stagesOf(program, floats === "f64").map((stage) => ({ stage, isDevice: false })),
        ...onDevices.map((stage) => ({ stage, isDevice: true })),
      ];
    });
    for (const { stage, isDevice } of stages) {
      const found = attempt(`${name} in ${floats}, ${stage.name}`, () => stage.run(operands));
      const where = (leaf: number): string => `${name} in ${floats}, ${stage.name}, result ${leaf}`;
      if (found.length !== due.length)
        throw new Disagreement(`${name}: ${found.length} results, directly ${due.length}`);
      const counts = found.map((leaf, i) =>
        compareLeaf(where(i), leaf, due[i] as AnyTensor, {
          tolerance: tolerance(i),
          wide: () => (isDevice ? 16 * roundingLoss(i) : 0),
          quotients,
        }),
      );
      undefinedEntries = counts.reduce((sum, count) => sum + count, 0);
    }
  };
  /** A difference between forms that both jump, or that rests on a derivative that is undefined. */
  const saysNothing = (): boolean =>
    inPrecision("f64", () => {
      const directly = (tensors: readonly AnyTensor[]): AnyTensor[] =>
        tensorsIn(run(...(treeWith(args, tensors) as readonly unknown[])));
      const asProgram = (tensors: readonly AnyTensor[]): readonly AnyTensor[] => evaluate(read(), tensors);
      return (
        isUnstable(directly, operands) ||
        isUnstable(asProgram, operands) ||
        (quotients && meetsNaN(() => directly(operands)))
      );
    });
  try {
    inPrecision("f64", () =>
      compare(
        "f64",
        double,
        (i) => precision * scaleOf(elements(double[i] as AnyTensor)) + 1e-2 * (losses[i] as number),
      ),
    );
    compare("f32", single, (i) => rounding * scaleOf(elements(double[i] as AnyTensor)) + 16 * (losses[i] as number));
  } catch (error) {
    if (!(error instanceof Disagreement) || error.cause !== undefined || !saysNothing()) throw error;
    return { entries: 0, undefinedEntries: 0, leftOut: true };
  }
  const entries = double.reduce((sum, leaf) => sum + elements(leaf).length, 0);
  return { entries, undefinedEntries, leftOut: false };
};

export const showArguments = (args: readonly unknown[]): string =>
  tensorsIn(args)
    .map((tensor) => `${tensor.dtype}${show(tensor.shape)} [${Array.from(elements(tensor)).join(", ")}]`)
    .join("\n");
