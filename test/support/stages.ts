/** A program as it was read, after each pass that changes it, and in other forms of the same meaning. */

import { checkProgram } from "../../compiler/ir/check.ts";
import { evaluate } from "../../compiler/ir/interpret.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { split } from "../../compiler/optimise/split.ts";
import { optimise } from "../../compiler/passes.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";

export interface Stage {
  readonly name: string;
  /** Checks the program, and runs it. */
  readonly run: (operands: readonly AnyTensor[]) => readonly AnyTensor[];
}

const stage = (name: string, program: Program): Stage => ({
  name,
  run: (operands) => evaluate(checkProgram(program), operands),
});

/** Every other parameter bound, from the first. */
const splitStage = (program: Program): Stage => {
  const isBound = (_: unknown, i: number): boolean => i % 2 === 0;
  const bound = program.parameters.map((_, i) => i).filter(isBound);
  return {
    name: "split",
    run: (operands) => {
      const { load, call } = split(program, new Set(bound));
      const loaded = evaluate(checkProgram(load), operands.filter(isBound));
      const open = operands.filter((operand, i) => !isBound(operand, i));
      return evaluate(checkProgram(call), [...open, ...loaded]);
    },
  };
};

/**
 * The last three: optimised, composites dissolved, and split into what is computed once and what at each call. Without
 * `all`, the first and the optimised program alone.
 */
export const stagesOf = (program: Program, all = true): readonly Stage[] => {
  if (!all) return [stage("as read", program), stage("optimised", optimise(program))];
  const stages = [stage("as read", program)];
  const optimised = optimise(program, {
    onPass: ({ name, after, changed }) => {
      if (changed) stages.push(stage(`after ${name}`, after));
    },
  });
  const dissolved = optimise(program, { keep: () => false });
  return [...stages, stage("optimised", optimised), stage("dissolved", dissolved), splitStage(optimised)];
};
