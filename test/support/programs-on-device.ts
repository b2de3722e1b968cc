/** Random programs for a device whose results come later: what it must give, and within what. */

import type { Program } from "../../compiler/ir/program.ts";
import { inPrecision } from "../../dsl/evaluate.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { type Modules, tensorsIn } from "./compiled.ts";
import { finiteResults, largestGap } from "./evaluator-probes.ts";
import type { GeneratedProgram } from "./programs.ts";
import { compareLeaf, Disagreement, type Run, saysNothing, singleTolerance } from "./programs-agreement.ts";

export interface DeviceCase {
  readonly program: Program;
  readonly operands: readonly AnyTensor[];
  /** Results that are not compared. */
  readonly leftOut: number;
  /**
   * Compares what the device gave; the number of entries, or `undefined` where they differ and that says nothing.
   * @throws Disagreement
   */
  readonly check: (found: readonly AnyTensor[]) => number | undefined;
}

/** The case of an export. Results that meet NaN or an infinity on their way are left out: WGSL lets a device ignore those. */
export const deviceCaseOf = (
  modules: Modules,
  module: string,
  name: string,
  generated: GeneratedProgram,
): DeviceCase => {
  const run = modules.run(module)[name] as Run;
  const { args, text, quotients } = generated;
  const read = (): Program => modules.read(module, name).program;
  const [program, operands] = [read(), tensorsIn(args)];
  const isCompared = finiteResults(program, operands);
  const single = tensorsIn(run(...args));
  const double = inPrecision("f64", () => tensorsIn(run(...args)));
  const check = (found: readonly AnyTensor[]): number | undefined => {
    try {
      return single.reduce<number>((entries, due, i) => {
        if (!isCompared[i]) return entries;
        const loss = largestGap(due, double[i] as AnyTensor);
        const tolerance = singleTolerance(text, double[i] as AnyTensor, loss);
        const undefinedEntries = compareLeaf(`${name}, result ${i}`, found[i] as AnyTensor, due, {
          tolerance,
          quotients,
        });
        return entries + sizeOf(due.shape) - undefinedEntries;
      }, 0);
    } catch (error) {
      if (!(error instanceof Disagreement) || !saysNothing(run, read, generated)) throw error;
      return undefined;
    }
  };
  return { program, operands, leftOut: isCompared.filter((finite) => !finite).length, check };
};
