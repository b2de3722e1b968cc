/** Runs a program on tensors of any interpreter: the direct evaluator's give its values, a recorder's copy it. */

import { fromElements } from "../../dsl/evaluate.ts";
import { apply } from "../../dsl/interpreter.ts";
import { reshapeTo } from "../../dsl/ops/broadcast.ts";
import { stack } from "../../dsl/ops/join.ts";
import { full, fullLike } from "../../dsl/ops/make.ts";
import { sliceAxis } from "../../dsl/ops/window.ts";
import { type AnyTensor, interpretedOf } from "../../dsl/tensor.ts";
import type { Atom, Equation, FoldOperation, Program, Variable } from "./program.ts";
import type { Recorder } from "./record.ts";

/** What an equation gives for its operands. */
export type Perform = (equation: Equation, operands: readonly AnyTensor[]) => readonly AnyTensor[];

/** The values of a program's variables as it runs. */
export type Environment = Map<Variable, AnyTensor>;

export const lookUp = (environment: Environment, atom: Atom): AnyTensor => {
  if (atom.kind === "constant") return fromElements(atom.type, atom.value.data);
  const value = environment.get(atom);
  if (value === undefined)
    throw new Error(`internal: a variable of ${atom.type.dtype}[${atom.type.shape}] is used before it is bound`);
  return value;
};

/** Runs the equations in order; `perform` decides what an equation means. */
export const interpret = (program: Program, operands: readonly AnyTensor[], perform: Perform): AnyTensor[] => {
  const environment: Environment = new Map();
  program.parameters.forEach((parameter, i) => void environment.set(parameter, operands[i] as AnyTensor));
  for (const equation of program.equations) {
    const values = perform(
      equation,
      equation.operands.map((atom) => lookUp(environment, atom)),
    );
    equation.outputs.forEach((output, i) => void environment.set(output, values[i] as AnyTensor));
  }
  return program.results.map((atom) => lookUp(environment, atom));
};

/** Everything is written again, as it is, into the program that is being recorded. */
export const copy =
  (recorder: Recorder): Perform =>
  ({ operation, outputs, origin }, operands) => {
    const types = outputs.map(({ type }) => type);
    const written = recorder.write(operation, operands, types, origin);
    for (const [i, { name }] of outputs.entries()) {
      const { payload } = interpretedOf<Variable>(written[i] as AnyTensor);
      if (name !== undefined) payload.name = name;
    }
    return written;
  };

/** Everything is run: loops step by step, named functions by their bodies. */
export const run: Perform = ({ operation }, operands) => {
  switch (operation.kind) {
    case "primitive":
      return [apply(operation.primitive, operation.params, operands)];
    case "fold":
      return runFold(operation, operands);
    case "composite":
    case "customVjp":
    case "checkpoint":
      return interpret(operation.body, operands, run);
    default:
      return operation satisfies never;
  }
};

const runFold = (
  { steps, carries, items, reverse, body }: FoldOperation,
  operands: readonly AnyTensor[],
): AnyTensor[] => {
  let carry = operands.slice(0, carries);
  const stacks: AnyTensor[][] = body.results.slice(carries).map(() => []);
  for (let step = 0; step < steps; step++) {
    const i = reverse ? steps - 1 - step : step;
    const item = operands
      .slice(carries, carries + items)
      .map((xs) => reshapeTo(sliceAxis(xs, 0, i, 1), xs.shape.slice(1)));
    const results = interpret(body, [...carry, ...item, full([], i, "i32"), ...operands.slice(carries + items)], run);
    carry = results.slice(0, carries);
    results.slice(carries).forEach((value, s) => void (stacks[s] as AnyTensor[]).push(value));
  }
  const stacked = stacks.map((values, s) => {
    if (steps > 0) return stack((reverse ? values.reverse() : values) as [AnyTensor], 0);
    const { shape, dtype } = (body.results[carries + s] as Atom).type;
    return fullLike({ shape: [0, ...shape], dtype } as unknown as AnyTensor, 0);
  });
  return [...carry, ...stacked];
};

/** The value of a program: `run` on concrete tensors. */
export const evaluate = (program: Program, operands: readonly AnyTensor[]): AnyTensor[] =>
  interpret(program, operands, run);
