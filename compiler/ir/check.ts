/** What every program must satisfy: each variable bound once, bound before use, typed as the rules say. */

import type { TensorType } from "../../dsl/primitive.ts";
import { sameShape, sizeOf } from "../../dsl/shape.ts";
import { describe } from "../../dsl/tensor.ts";
import {
  type Atom,
  bodiesOf,
  type Constant,
  type CustomVjpOperation,
  type Equation,
  type FoldOperation,
  type Operation,
  type PrimitiveOperation,
  type Program,
  type Variable,
} from "./program.ts";

const broken = (text: string): never => {
  throw new Error(`internal: the program is broken: ${text}`);
};

const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

const agree = (what: string, found: readonly TensorType[], expected: readonly TensorType[]): void => {
  if (found.length !== expected.length) broken(`${what}: ${found.length} values, and ${expected.length} are due`);
  found.forEach((type, i) => {
    if (!sameType(type, expected[i] as TensorType))
      broken(`${what}: value ${i} is ${describe(type)}, and ${describe(expected[i] as TensorType)} is due`);
  });
};

const checkConstant = ({ type, value }: Constant): void => {
  agree("a constant", [value], [type]);
  if (value.data.length !== sizeOf(type.shape))
    broken(`a constant ${describe(type)} has ${value.data.length} elements`);
};

/** Checks a program and the programs inside it. */
export const checkProgram = (program: Program): Program => {
  const bound = new Set<Variable>();
  const bind = (variable: Variable): void => {
    if (bound.has(variable)) broken(`${variable.name ?? "a variable"} of ${program.name} is bound twice`);
    bound.add(variable);
  };
  const use = (atom: Atom): void => {
    if (atom.kind === "constant") checkConstant(atom);
    if (atom.kind === "variable" && !bound.has(atom))
      broken(`${atom.name ?? "a variable"} (${describe(atom.type)}) of ${program.name} is used before it is bound`);
  };
  program.parameters.forEach(bind);
  for (const equation of program.equations) {
    equation.operands.forEach(use);
    checkTypes(equation);
    for (const body of bodiesOf(equation.operation)) checkProgram(body);
    equation.outputs.forEach(bind);
  }
  program.results.forEach(use);
  return program;
};

const types = (atoms: readonly Atom[]): TensorType[] => atoms.map(({ type }) => type);

const checkTypes = ({ operation, operands, outputs }: Equation): void => {
  switch (operation.kind) {
    case "primitive":
      agree(operation.primitive.name, types(outputs), [operation.primitive.infer(operation.params, types(operands))]);
      return;
    case "fold":
      checkFold(operation, types(operands), types(outputs));
      return;
    case "composite":
    case "checkpoint":
      checkBody(operation, types(operands), types(outputs));
      return;
    case "customVjp":
      checkBody(operation, types(operands), types(outputs));
      checkPullback(operation, types(operands), types(outputs));
      return;
    default:
      operation satisfies never;
  }
};

const checkBody = (
  { kind, body }: Exclude<Operation, PrimitiveOperation>,
  operands: readonly TensorType[],
  outputs: readonly TensorType[],
): void => {
  agree(`operands of ${kind}`, operands, types(body.parameters));
  agree(`outputs of ${kind}`, outputs, types(body.results));
};

const checkPullback = (
  { pullback, cotangents }: CustomVjpOperation,
  operands: readonly TensorType[],
  outputs: readonly TensorType[],
): void => {
  agree("parameters of a pullback", types(pullback.parameters), [...outputs, ...outputs, ...operands]);
  if (cotangents.length !== operands.length)
    broken(`a customVjp of ${operands.length} operands has ${cotangents.length} cotangents`);
  for (const [i, place] of cotangents.entries()) {
    if (place === null) continue;
    const result = pullback.results[place] ?? broken(`a pullback has no result ${place}`);
    agree("a cotangent", [result.type], [operands[i] as TensorType]);
  }
};

const checkFold = (
  { steps, carries, items, body }: FoldOperation,
  operands: readonly TensorType[],
  outputs: readonly TensorType[],
): void => {
  const stacked = ({ shape, dtype }: TensorType): TensorType => ({ shape: [steps, ...shape], dtype });
  const parameters = types(body.parameters);
  if (body.results.length < carries) broken(`a fold of ${carries} carries gives ${body.results.length}`);
  agree("operands of a fold", operands, [
    ...parameters.slice(0, carries),
    ...parameters.slice(carries, carries + items).map(stacked),
    ...parameters.slice(carries + items + 1),
  ]);
  agree("the index of a fold", parameters.slice(carries + items, carries + items + 1), [{ shape: [], dtype: "i32" }]);
  agree("carries of a fold", types(body.results).slice(0, carries), parameters.slice(0, carries));
  agree("outputs of a fold", outputs, [
    ...types(body.results).slice(0, carries),
    ...types(body.results).slice(carries).map(stacked),
  ]);
};
