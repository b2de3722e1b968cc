/**
 * Names for values that have none in the source, so that kernels, buffers and messages can be told apart: a value that is moved
 * keeps its name, one that is mapped on, element by element, into a named one takes that name, other maps and moves that of
 * what they are made of, and the rest that of their operation.
 */

import { sizeOf } from "../dsl/shape.ts";
import { bodiesOf, type Equation, type Program, type Variable } from "./ir/program.ts";

const isMove = ({ operation }: Equation): boolean =>
  operation.kind === "primitive" && operation.primitive.kind === "move";

const isPassedOn = ({ operation }: Equation): boolean =>
  operation.kind === "primitive" && (operation.primitive.kind === "map" || operation.primitive.kind === "move");

const operationName = ({ operation }: Equation): string =>
  operation.kind === "primitive"
    ? operation.primitive.name
    : operation.kind === "composite"
      ? operation.name
      : operation.kind;

const outputOf = ({ outputs }: Equation): Variable => outputs[0] as Variable;

const nameOfFirst = ({ operands }: Equation): string | undefined =>
  operands.find((operand) => operand.kind === "variable")?.name;

/** Writes names into the variables of a program. */
export const nameValues = (program: Program): void => {
  const readers = new Map<Variable, Set<Equation>>();
  for (const equation of program.equations)
    for (const operand of equation.operands)
      if (operand.kind === "variable") readers.set(operand, (readers.get(operand) ?? new Set()).add(equation));

  const nameFrom = (output: Variable, name: string | undefined): void => {
    if (output.name === undefined && name !== undefined) output.name = name;
  };
  for (const equation of program.equations) if (isMove(equation)) nameFrom(outputOf(equation), nameOfFirst(equation));
  for (const equation of [...program.equations].reverse()) {
    if (isMove(equation)) continue;
    const output = outputOf(equation);
    const [reader, other] = readers.get(output) ?? [];
    if (reader === undefined || other !== undefined || !isPassedOn(reader)) continue;
    const target = outputOf(reader);
    if (sizeOf(target.type.shape) === sizeOf(output.type.shape)) nameFrom(output, target.name);
  }
  for (const equation of program.equations) {
    if (isPassedOn(equation)) nameFrom(outputOf(equation), nameOfFirst(equation));
    for (const output of equation.outputs) nameFrom(output, operationName(equation));
    bodiesOf(equation.operation).forEach(nameValues);
  }
};
