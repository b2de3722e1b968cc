/** Calling a program with trees of tensors: arguments are checked against the signature, results are put back into trees. */

import { DTypeError } from "../dsl/dtype.ts";
import { misfit, sameShape, show } from "../dsl/shape.ts";
import { type AnyTensor, describe, isTensor } from "../dsl/tensor.ts";
import type { Compiled } from "./compile.ts";
import type { Signature, Structure } from "./frontend/read.ts";
import type { Program, Variable } from "./ir/program.ts";
import type { Split } from "./optimise/split.ts";

interface Runner {
  readonly evaluate: (program: Program, operands: readonly AnyTensor[]) => AnyTensor[];
  readonly split: (bound: ReadonlySet<number>) => Split;
}

/** The tensors of an argument in the order of its structure. */
const flatten = (name: string, value: unknown, structure: Structure, path: string, out: AnyTensor[]): void => {
  if (structure === null) {
    if (!isTensor(value)) misfit(`${name}: ${path} is ${typeof value}, and must be a tensor`);
    out.push(value as AnyTensor);
    return;
  }
  if (typeof value !== "object" || value === null || isTensor(value)) {
    misfit(
      `${name}: ${path} is ${isTensor(value) ? "a tensor" : typeof value}, and must be a ${Array.isArray(structure) ? "tuple" : "record"} of tensors`,
    );
  }
  for (const [key, child] of Object.entries(structure)) {
    flatten(name, (value as Readonly<Record<string, unknown>>)[key], child as Structure, `${path}.${key}`, out);
  }
};

const unflatten = (structure: Structure, tensors: readonly AnyTensor[], next = { at: 0 }): unknown => {
  if (structure === null) return tensors[next.at++];
  if (Array.isArray(structure)) return structure.map((child: Structure) => unflatten(child, tensors, next));
  return Object.fromEntries(
    Object.entries(structure).map(([key, child]) => [key, unflatten(child as Structure, tensors, next)]),
  );
};

/** Throws unless the tensors are those that the program was compiled for. */
const checkArguments = (name: string, parameters: readonly Variable[], operands: readonly AnyTensor[]): void => {
  parameters.forEach(({ type, name: parameter }, i) => {
    const operand = operands[i] as AnyTensor;
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

// biome-ignore lint/suspicious/noExplicitAny: the type of the function itself says what it takes
export const callable = <F extends (...args: any) => unknown>(
  name: string,
  program: Program,
  signature: Signature,
  bind: readonly string[],
  runner: Runner,
): Compiled<F> => {
  const { parameters, result } = signature;
  for (const bound of bind) {
    if (!parameters.some((parameter) => parameter.name === bound)) {
      misfit(
        `${name}: bind names ${bound}, and the parameters are ${parameters.map((parameter) => parameter.name).join(", ")}`,
      );
    }
  }
  const operandsOf = (values: readonly unknown[], wanted: (parameter: string) => boolean): AnyTensor[] => {
    const operands: AnyTensor[] = [];
    parameters.forEach(({ name: parameter, structure }, i) => {
      if (structure !== "static" && wanted(parameter)) flatten(name, values[i], structure, parameter, operands);
    });
    return operands;
  };
  const checkCount = (count: number, due: number): void => {
    if (count !== due)
      misfit(
        `${name}: ${count} arguments, and it takes ${due}: ${parameters.map((parameter) => parameter.name).join(", ")}`,
      );
  };

  const run = async (...args: readonly unknown[]): Promise<unknown> => {
    checkCount(args.length, parameters.length);
    const operands = operandsOf(args, () => true);
    checkArguments(name, program.parameters, operands);
    return unflatten(result, runner.evaluate(program, operands));
  };
  const bindValues = async (values: Readonly<Record<string, unknown>>) => {
    const places = new Set<number>();
    let at = 0;
    for (const { name: parameter, structure } of parameters) {
      if (structure === "static") continue;
      const count = leafCount(structure);
      if (bind.includes(parameter)) for (let i = 0; i < count; i++) places.add(at + i);
      at += count;
    }
    const { load, call } = runner.split(places);
    const frozen = operandsOf(
      parameters.map((parameter) => values[parameter.name]),
      (parameter) => bind.includes(parameter),
    );
    checkArguments(
      name,
      program.parameters.filter((_, i) => places.has(i)),
      frozen,
    );
    const loaded = runner.evaluate(load, frozen);
    const open = parameters.filter((parameter) => !bind.includes(parameter.name));
    return async (...args: readonly unknown[]): Promise<unknown> => {
      checkCount(args.length, open.length);
      const all = parameters.map((parameter) => args[open.indexOf(parameter)]);
      const operands = operandsOf(all, (parameter) => !bind.includes(parameter));
      checkArguments(
        name,
        program.parameters.filter((_, i) => !places.has(i)),
        operands,
      );
      return unflatten(result, runner.evaluate(call, [...operands, ...loaded]));
    };
  };
  return Object.assign(run, { bind: bindValues, program, signature }) as unknown as Compiled<F>;
};

const leafCount = (structure: Structure): number =>
  structure === null ? 1 : Object.values(structure).reduce((count, child) => count + leafCount(child as Structure), 0);
