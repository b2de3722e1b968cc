/** Programs of tests: recorded from functions of tensors, with loops and other regions. */

import { evaluate } from "../../../compiler/ir/interpret.ts";
import type { Equation, FoldOperation, Program, Variable } from "../../../compiler/ir/program.ts";
import { currentRecorder, record } from "../../../compiler/ir/record.ts";
import type { DType } from "../../../dsl/dtype.ts";
import { allocate, denseOf, fromElements } from "../../../dsl/evaluate.ts";
import { applyExpression } from "../../../dsl/ops/elementwise.ts";
import type { TensorType } from "../../../dsl/primitive.ts";
import { type Expression, input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import { sizeOf } from "../../../dsl/shape.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";

export const f32 = (...shape: number[]): TensorType => ({ shape, dtype: "f32" });
export const typed = (dtype: DType, ...shape: number[]): TensorType => ({ shape, dtype });

const variableOf = ({ shape, dtype }: TensorType, name?: string): Variable => ({
  kind: "variable",
  type: { shape, dtype },
  ...(name !== undefined && { name }),
});

type Body = (...tensors: AnyTensor[]) => AnyTensor | readonly AnyTensor[];

const resultsOf = (result: AnyTensor | readonly AnyTensor[]): readonly AnyTensor[] =>
  Array.isArray(result) ? result : [result as AnyTensor];

/** The program of a function, its parameters named a, b, c … */
export const programOf = (types: readonly TensorType[], f: Body): Program =>
  record(
    "test",
    types.map((type, i) => variableOf(type, String.fromCharCode(97 + i))),
    (tensors) => resultsOf(f(...tensors)),
  ).program;

export interface Loop {
  readonly steps: number;
  readonly from?: readonly AnyTensor[];
  readonly over?: readonly AnyTensor[];
  readonly reverse?: boolean;
}

/** Writes a fold: of a step's results the first are the next carries, the others are stacked. Captures are found. */
export const foldOver = (
  { steps, from = [], over = [], reverse = false }: Loop,
  step: (carries: readonly AnyTensor[], items: readonly AnyTensor[], i: AnyTensor) => readonly AnyTensor[],
): AnyTensor[] => {
  const parameters = [
    ...from.map((tensor) => variableOf(tensor)),
    ...over.map(({ shape, dtype }) => variableOf({ shape: shape.slice(1), dtype })),
    variableOf(typed("i32"), "i"),
  ];
  const { program: body, captures } = record("step", parameters, (tensors) =>
    step(
      tensors.slice(0, from.length),
      tensors.slice(from.length, from.length + over.length),
      tensors.at(-1) as AnyTensor,
    ),
  );
  const operation: FoldOperation = { kind: "fold", steps, carries: from.length, items: over.length, reverse, body };
  const types = body.results.map(({ type: { shape, dtype } }, i) => ({
    shape: i < from.length ? shape : [steps, ...shape],
    dtype,
  }));
  return currentRecorder().write(operation, [...from, ...over, ...captures], types);
};

/** Writes a checkpoint, such as a gradient writes on its way back. */
export const recompute = (operands: readonly AnyTensor[], f: Body): AnyTensor[] =>
  region({ recompute: true }, operands, f);

/** Writes a checkpoint as a user's function has it. */
export const checkpointed = (operands: readonly AnyTensor[], f: Body): AnyTensor[] => region({}, operands, f);

const region = (mark: object, operands: readonly AnyTensor[], f: Body): AnyTensor[] => {
  const { program: body, captures } = record(
    "part",
    operands.map((tensor) => variableOf(tensor)),
    (tensors) => resultsOf(f(...tensors)),
  );
  const types = body.results.map(({ type }) => type);
  return currentRecorder().write({ kind: "checkpoint", body, ...mark }, [...operands, ...captures], types);
};

/** A map of an expression of inputs 0, 1 … */
export const map = (expression: Expression, ...operands: AnyTensor[]): AnyTensor =>
  applyExpression("map", expression, "f32", operands);
export const add = (a: AnyTensor, b: AnyTensor): AnyTensor => map(scalar.add.of(input(0), input(1)), a, b);
export const mul = (a: AnyTensor, b: AnyTensor): AnyTensor => map(scalar.mul.of(input(0), input(1)), a, b);
export const sin = (a: AnyTensor): AnyTensor => map(scalar.sin.of(input(0)), a);

/** Elements that differ from tensor to tensor, off zero. */
export const elementsOf = ({ shape, dtype }: TensorType, seed: number): AnyTensor => {
  const data = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    const value = Math.sin(1 + 7 * seed + 1.37 * i) * 1.5;
    data[i] =
      dtype === "bool" ? Number(value > 0) : dtype === "f32" || dtype === "f16" ? value : Math.floor(4 * (value + 2));
  }
  return fromElements({ shape, dtype }, data);
};

export const operandsFor = (program: Program): AnyTensor[] =>
  program.parameters.map(({ type }, i) => elementsOf(type, i));

export const valuesOf = (program: Program, operands: readonly AnyTensor[] = operandsFor(program)): number[][] =>
  evaluate(program, operands).map((tensor) => Array.from(denseOf("test", tensor).data));

/** The equations of a program and of its bodies, those of bodies after the region. */
export const allEquations = (program: Program): Equation[] =>
  program.equations.flatMap((equation) => [
    equation,
    ...("body" in equation.operation ? allEquations(equation.operation.body) : []),
  ]);

/** Names of primitives, and kinds of regions. */
export const operationsOf = (program: Program): string[] =>
  program.equations.map(({ operation }) =>
    operation.kind === "primitive" ? operation.primitive.name : operation.kind,
  );

/** The only fold of a program. */
export const foldIn = (program: Program): FoldOperation => {
  const folds = program.equations.flatMap(({ operation }) => (operation.kind === "fold" ? [operation] : []));
  if (folds.length !== 1) throw new Error(`the program has ${folds.length} folds`);
  return folds[0] as FoldOperation;
};

/** Places at which the values of two programs differ by more than rounding; NaN is NaN's equal. */
export const differences = (
  before: Program,
  after: Program,
  {
    operands = operandsFor(before),
    relative = 1e-6,
  }: { readonly operands?: readonly AnyTensor[]; readonly relative?: number } = {},
): string[] => differencesOf(valuesOf(before, operands), valuesOf(after, operands), relative);

export const differencesOf = (
  expected: readonly (readonly number[])[],
  found: readonly (readonly number[])[],
  relative = 1e-6,
): string[] => {
  const sizes = [expected, found].map((values) => values.map(({ length }) => length).join(" "));
  if (sizes[0] !== sizes[1]) return [`${sizes[1]} elements, and ${sizes[0]} are due`];
  return expected.flatMap((values, result) =>
    values.flatMap((value, i) => {
      const other = found[result]?.[i] as number;
      const near = Object.is(value, other) || Math.abs(value - other) <= relative * (1 + Math.abs(value));
      return near ? [] : [`result ${result}, element ${i}: ${other}, and ${value} is due`];
    }),
  );
};
