/** Calling a program with trees of tensors: arguments are checked against the signature, results are put back into trees. */

import { DTypeError } from "../dsl/dtype.ts";
import { misfit, sameShape, show } from "../dsl/shape.ts";
import { type AnyTensor, describe, isTensor } from "../dsl/tensor.ts";
import type { Signature } from "./frontend/read.ts";
import type { Program, Variable } from "./ir/program.ts";
import { flatten, placesOf, unflatten } from "./signature.ts";

/** Runs a program on the leaves of its arguments. */
export type Run = (operands: readonly unknown[]) => Promise<readonly AnyTensor[]>;

/** What runs a program. */
export interface Runner {
  /** Whether a value other than a tensor of the language may stand where a tensor is due; it checks the value itself. */
  readonly takes: (value: unknown) => boolean;
  /** On the leaves of all arguments. */
  readonly run: Run;
  /** Freezes the leaves of the bound parameters; what it gives takes those of the others. */
  readonly bind: (frozen: readonly unknown[]) => Promise<Run>;
}

export interface Callable {
  (...args: readonly unknown[]): Promise<unknown>;
  readonly bind: (
    values: Readonly<Record<string, unknown>>,
  ) => Promise<(...args: readonly unknown[]) => Promise<unknown>>;
}

/** Throws unless the tensors are those that the program was compiled for. */
const checkArguments = (name: string, parameters: readonly Variable[], operands: readonly unknown[]): void => {
  parameters.forEach(({ type, name: parameter }, i) => {
    const operand = operands[i];
    if (!isTensor(operand)) return;
    if (operand.dtype !== type.dtype)
      throw new DTypeError(
        `${name}: ${parameter} is ${describe(operand)}, and was compiled as ${describe(type)}; cast it`,
      );
    if (!sameShape(operand.shape, type.shape))
      misfit(
        `${name}: ${parameter} is ${show(operand.shape)}, and was compiled as ${show(type.shape)}; compile it for that shape`,
      );
  });
};

export const callable = (
  name: string,
  program: Program,
  signature: Signature,
  bind: readonly string[],
  runner: Runner,
): Callable => {
  const { parameters, result } = signature;
  const bound = parameters.filter((parameter) => bind.includes(parameter.name));
  const open = parameters.filter((parameter) => !bind.includes(parameter.name));
  const isLeaf = (value: unknown): boolean => isTensor(value) || runner.takes(value);

  /** The leaves of the values of some parameters, which are the program's at `places`. */
  const operandsOf = (some: Signature["parameters"], values: readonly unknown[]): unknown[] => {
    const operands = some.flatMap(({ name: parameter, structure }, i) =>
      structure === "static" ? [] : flatten(name, values[i], structure, parameter, isLeaf),
    );
    const places = placesOf(
      signature,
      some.map((parameter) => parameter.name),
    );
    checkArguments(
      name,
      program.parameters.filter((_, i) => places.has(i)),
      operands,
    );
    return operands;
  };
  const callOf =
    (some: Signature["parameters"], run: Run) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      if (args.length !== some.length)
        misfit(
          `${name}: ${args.length} arguments, and it takes ${some.length}: ${some.map((parameter) => parameter.name).join(", ")}`,
        );
      return unflatten(result, (await run(operandsOf(some, args))).values());
    };

  return Object.assign(callOf(parameters, runner.run), {
    bind: async (values: Readonly<Record<string, unknown>>) => {
      const frozen = operandsOf(
        bound,
        bound.map((parameter) => values[parameter.name]),
      );
      return callOf(open, await runner.bind(frozen));
    },
  });
};
