/** Whether a program means the same run directly and read by the compiler, at each stage of it. */

import type { ReadOptions } from "../../compiler/frontend/read.ts";
import { evaluate } from "../../compiler/ir/interpret.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { isFloat } from "../../dsl/dtype.ts";
import { inPrecision } from "../../dsl/evaluate.ts";
import { show } from "../../dsl/shape.ts";
import { type AnyTensor, describe } from "../../dsl/tensor.ts";
import { treeWith } from "../../dsl/tree.ts";
import { type Modules, tensorsIn } from "./compiled.ts";
import { elements, isUnstable, largestGap, meets, roundingLosses, scaleOf, steppedLosses } from "./evaluator-probes.ts";
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

export type Run = (...args: readonly unknown[]) => unknown;

const showValues = (tensor: AnyTensor): string => `${describe(tensor)} [${Array.from(elements(tensor)).join(", ")}]`;

const isWithin = (gap: number, tolerance: number, wide: () => number): boolean => gap <= tolerance || gap <= wide();

interface LeafOptions {
  readonly tolerance: number;
  /** A tolerance that is dear to find, asked where the other is passed. */
  readonly wide?: () => number;
  readonly quotients: boolean;
}

/** Compares one result with the direct one; the number of undefined entries. */
export const compareLeaf = (
  where: string,
  found: AnyTensor,
  due: AnyTensor,
  { tolerance, wide = () => 0, quotients }: LeafOptions,
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
    // Whole numbers are equal, but for those that rounding moves: casts of large floats.
    else if (got !== wanted && !isWithin(Math.abs(got - wanted), isFloat(due.dtype) ? tolerance : 0, wide))
      fail(
        `entry ${i} is ${got}, directly ${wanted}; the tolerance is ${Math.max(isFloat(due.dtype) ? tolerance : 0, wide()).toExponential(1)}`,
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

/** What a result in f32 may differ by, where the direct run in f32 differs by `loss` from that in f64. */
export const singleTolerance = (text: string, double: AnyTensor, loss: number): number =>
  // f16 keeps 11 bits, and rounds a sum at each of its terms.
  (text.includes("f16") ? 2 ** -7 : 2 ** -18) * scaleOf(elements(double)) + 16 * loss;

/** Whether a difference is one between forms that both jump, or rests on a derivative that is undefined. */
export const saysNothing = (run: Run, read: () => Program, { args, quotients }: GeneratedProgram): boolean =>
  inPrecision("f64", () => {
    const operands = tensorsIn(args);
    const directly = (tensors: readonly AnyTensor[]): AnyTensor[] =>
      tensorsIn(run(...(treeWith(args, tensors) as readonly unknown[])));
    const asProgram = (tensors: readonly AnyTensor[]): readonly AnyTensor[] => evaluate(read(), tensors);
    return (
      isUnstable(directly, operands) ||
      isUnstable(asProgram, operands) ||
      (quotients && meets(Number.isNaN, () => directly(operands)))
    );
  });

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
  generated: GeneratedProgram,
  options?: ReadOptions,
  devices: DeviceStages = () => [],
): Agreement => {
  const { text, args, precision, quotients } = generated;
  const run = modules.run(module)[name] as Run;
  const single = tensorsIn(run(...args));
  const double = inPrecision("f64", () => tensorsIn(run(...args)));
  const losses = single.map((leaf, i) => largestGap(leaf, double[i] as AnyTensor));
  const operands = tensorsIn(args);
  let undefinedEntries = 0;

  const read = (): Program => modules.read(module, name, options).program;

  let lostByRounding: readonly number[] | undefined;
  const roundingLoss = (leaf: number): number => {
    lostByRounding ??= inPrecision("f64", () => roundingLosses(() => tensorsIn(run(...args))));
    return lostByRounding[leaf] as number;
  };
  let lostInSteps: readonly number[] | undefined;
  const steppedLoss = (leaf: number): number => {
    lostInSteps ??= steppedLosses(read(), operands);
    return lostInSteps[leaf] as number;
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
          wide: () => (isDevice ? 16 * roundingLoss(i) + 4 * steppedLoss(i) : 0),
          quotients,
        }),
      );
      undefinedEntries = counts.reduce((sum, count) => sum + count, 0);
    }
  };
  try {
    inPrecision("f64", () =>
      compare(
        "f64",
        double,
        (i) => precision * scaleOf(elements(double[i] as AnyTensor)) + 1e-2 * (losses[i] as number),
      ),
    );
    compare("f32", single, (i) => singleTolerance(text, double[i] as AnyTensor, losses[i] as number));
  } catch (error) {
    if (!(error instanceof Disagreement) || error.cause !== undefined || !saysNothing(run, read, generated))
      throw error;
    return { entries: 0, undefinedEntries: 0, leftOut: true };
  }
  const entries = double.reduce((sum, leaf) => sum + elements(leaf).length, 0);
  return { entries, undefinedEntries, leftOut: false };
};

export const showArguments = (args: readonly unknown[]): string =>
  tensorsIn(args)
    .map((tensor) => `${tensor.dtype}${show(tensor.shape)} [${Array.from(elements(tensor)).join(", ")}]`)
    .join("\n");
