/** The interpreter that records: applying a primitive to its tensors writes an equation. */

import { denseOf } from "../../dsl/evaluate.ts";
import { withAmbient } from "../../dsl/interpreter.ts";
import type { TensorType } from "../../dsl/primitive.ts";
import { type AnyTensor, describe, type Interpreter, interpretedOf, isTensor, makeTensor } from "../../dsl/tensor.ts";
import { treeLeaves, treeWith } from "../../dsl/tree.ts";
import type { Atom, Equation, Operation, Origin, Program, Variable } from "./program.ts";

/** The program under construction. Recorders nest: a body's recorder is inside that of the program around it. */
export interface Recorder extends Interpreter {
  /** Writes an equation and gives its outputs. */
  readonly write: (
    operation: Operation,
    operands: readonly AnyTensor[],
    types: readonly TensorType[],
    origin?: Origin,
  ) => AnyTensor[];
  readonly atomOf: (tensor: AnyTensor) => Atom;
  readonly tensorOf: (variable: Variable) => AnyTensor;
}

/** Says where the equation that is being written comes from. */
export type OriginOf = () => Origin;

export interface Recorded {
  /** Parameters are those asked for, then one for each captured tensor. */
  readonly program: Program;
  /** Tensors of the programs around, that the body uses. */
  readonly captures: readonly AnyTensor[];
}

const nowhere: Origin = { place: undefined, path: [] };

/** The recorders that are open, innermost last. */
const open: Recorder[] = [];

/** The program that is being recorded now. */
export const currentRecorder = (): Recorder => {
  const recorder = open.at(-1);
  if (recorder === undefined) throw new Error("internal: no program is being recorded");
  return recorder;
};

/** Levels of recorders are above the direct evaluator's 0, and below 1, where gradient tapes begin. */
const levelOf = (depth: number): number => 1 - 1 / (depth + 1);

/** Records what `f` does to tensors of the given types. */
export const record = (
  name: string,
  parameters: readonly Variable[],
  f: (tensors: readonly AnyTensor[], recorder: Recorder) => readonly AnyTensor[],
  originOf: OriginOf = () => nowhere,
): Recorded => {
  const equations: Equation[] = [];
  const captured = new Map<AnyTensor, Variable>();

  const atomOf = (tensor: AnyTensor): Atom => {
    const { interpreter, payload } = interpretedOf(tensor);
    if (interpreter === recorder) return payload as Variable;
    if (interpreter.level === 0) {
      return { kind: "constant", type: { shape: tensor.shape, dtype: tensor.dtype }, value: denseOf("record", tensor) };
    }
    let variable = captured.get(tensor);
    if (variable === undefined) {
      const outer = payload as Variable;
      variable = {
        kind: "variable",
        type: { shape: tensor.shape, dtype: tensor.dtype },
        ...(outer.name && { name: outer.name }),
      };
      captured.set(tensor, variable);
    }
    return variable;
  };

  const tensorOf = (variable: Variable): AnyTensor => makeTensor(recorder, variable.type, variable);

  const recorder: Recorder = {
    name: `the program ${name}`,
    level: levelOf(open.length + 1),
    print: (tensor) => `of ${describe(tensor)}, known when the program runs`,
    composite: (compositeName, args, body) => recordComposite(recorder, compositeName, args, body, originOf),
    apply: (primitive, params, operands, type) =>
      recorder.write({ kind: "primitive", primitive, params }, operands, [type])[0] as AnyTensor,
    write: (operation, operands, types, origin = originOf()) => {
      const outputs = types.map((type): Variable => ({ kind: "variable", type }));
      equations.push({ outputs, operation, operands: operands.map(atomOf), origin });
      return outputs.map(tensorOf);
    },
    atomOf,
    tensorOf,
  };

  open.push(recorder);
  try {
    const results = withAmbient(recorder, () => f(parameters.map(tensorOf), recorder)).map(atomOf);
    const captures = [...captured.keys()];
    return { program: { name, parameters: [...parameters, ...captured.values()], equations, results }, captures };
  } finally {
    open.pop();
  }
};

/** A named function becomes one equation, its body a program of its own. */
const recordComposite = (
  recorder: Recorder,
  name: string,
  args: readonly unknown[],
  body: (...args: readonly unknown[]) => unknown,
  originOf: OriginOf,
): unknown => {
  const operands = args.filter(isTensor);
  const parameters = operands.map(({ shape, dtype }): Variable => ({ kind: "variable", type: { shape, dtype } }));
  let result: unknown;
  const { program, captures } = record(
    name,
    parameters,
    (tensors) => {
      let next = 0;
      result = body(...args.map((arg) => (isTensor(arg) ? tensors[next++] : arg)));
      return treeLeaves(result);
    },
    originOf,
  );
  const statics = args.filter((arg) => !isTensor(arg));
  const outputs = recorder.write(
    { kind: "composite", name, statics, body: program },
    [...operands, ...captures],
    program.results.map(({ type }) => type),
  );
  return treeWith(result, outputs);
};
