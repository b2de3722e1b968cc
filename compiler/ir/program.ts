/**
 * Program: the tensor IR, in A-normal form.
 *
 *   program   = name(parameter, …) → (atom, …) { equation … }
 *   equation  = variable, … = operation atom, …             with the source that made it
 *   operation = primitive{params}
 *             | fold{steps, body}                           (carries, items, captures) → (carries, stacked)
 *             | composite name{body}                        a named function that a scheduler may know
 *             | customVjp{body, pullback} | checkpoint{body}
 *   atom      = variable | constant
 *
 * Each variable is bound once, before it is used; bodies see their parameters and nothing else (`check.ts`).
 * Records and tuples are gone: a program takes and gives lists of tensors, and a `Signature` says how they stand in trees.
 */

import type { Dense, Primitive, TensorType } from "../../dsl/primitive.ts";

export interface Variable {
  readonly kind: "variable";
  readonly type: TensorType;
  /** The name in the source, where one was given: for printing, never for identity. */
  name?: string;
  /** In the graph that schedules see: the variable of the program that it stands for, to be named in texts. */
  readonly of?: Variable;
}

/** A tensor known when the program is compiled. */
export interface Constant {
  readonly kind: "constant";
  readonly type: TensorType;
  readonly value: Dense;
}

export type Atom = Variable | Constant;

/** A place in a source file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where an equation comes from: the place of the call, and the calls that led there, outermost first. */
export interface Origin {
  readonly place: Place | undefined;
  readonly path: readonly string[];
  /** Where `place` is in a library: the innermost call that is not. */
  readonly caller?: Place;
}

export interface PrimitiveOperation {
  readonly kind: "primitive";
  readonly primitive: Primitive;
  readonly params: unknown;
}

/**
 * A loop. Operands: first values of the carries, items with a leading axis of `steps`, captures.
 * Body parameters: carries, one of each item, the step as i32[], captures; body results: next carries, then values that
 * are stacked along a new leading axis. Outputs: last carries, stacks. A reverse fold goes from the last step to the first.
 */
export interface FoldOperation {
  readonly kind: "fold";
  readonly steps: number;
  readonly carries: number;
  readonly items: number;
  readonly reverse: boolean;
  readonly body: Program;
}

export interface CompositeOperation {
  readonly kind: "composite";
  readonly name: string;
  /** Static arguments, in their places among the tensors. */
  readonly statics: readonly unknown[];
  readonly body: Program;
}

/** Pullback parameters: a cotangent for each output, the outputs, the operands; `null` results are cotangents of zero. */
export interface CustomVjpOperation {
  readonly kind: "customVjp";
  readonly body: Program;
  readonly pullback: Program;
  /** For each operand, its place among the pullback's results. */
  readonly cotangents: readonly (number | null)[];
}

export interface CheckpointOperation {
  readonly kind: "checkpoint";
  readonly body: Program;
  /** In a backward program: the body computes again what the forward program did not keep, and is never merged with it. */
  readonly recompute?: boolean;
}

export type Operation =
  | PrimitiveOperation
  | FoldOperation
  | CompositeOperation
  | CustomVjpOperation
  | CheckpointOperation;

export interface Equation {
  readonly outputs: readonly Variable[];
  readonly operation: Operation;
  readonly operands: readonly Atom[];
  readonly origin: Origin;
}

export interface Program {
  readonly name: string;
  readonly parameters: readonly Variable[];
  readonly equations: readonly Equation[];
  readonly results: readonly Atom[];
}

/** The line of the user's own source, and the calls that led there: `unet.ts:41 unet / inputBlocks.3`. */
export const originText = ({ place, caller = place, path }: Origin): string =>
  [caller && `${caller.file}:${caller.line}`, path.join(" / ")].filter(Boolean).join(" ");

/** The programs inside an operation. */
export const bodiesOf = (operation: Operation): readonly Program[] => {
  switch (operation.kind) {
    case "primitive":
      return [];
    case "customVjp":
      return [operation.body, operation.pullback];
    case "fold":
    case "composite":
    case "checkpoint":
      return [operation.body];
    default:
      return operation satisfies never;
  }
};

/** The operation with other programs inside, in the order of `bodiesOf`. */
export const withBodies = (operation: Operation, bodies: readonly Program[]): Operation => {
  const [body, pullback] = bodies as [Program, Program];
  switch (operation.kind) {
    case "primitive":
      return operation;
    case "customVjp":
      return { ...operation, body, pullback };
    case "fold":
    case "composite":
    case "checkpoint":
      return { ...operation, body };
    default:
      return operation satisfies never;
  }
};

/** All equations, those of bodies included. */
export const countEquations = (program: Program): number =>
  program.equations.reduce(
    (count, { operation }) => count + 1 + bodiesOf(operation).reduce((inner, body) => inner + countEquations(body), 0),
    0,
  );
