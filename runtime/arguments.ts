/** The arguments of a call against the parameters of a plan: all that can be wrong with them is found before anything runs. */

import type { Host } from "../dsl/host.ts";
import type { Memory } from "./backend.ts";
import type { DeviceTensor } from "./device.ts";
import { ArgumentError } from "./errors.ts";
import { checkHost, describe, encodeHost, hostOfScalar, isHost } from "./host.ts";
import type { Plan, PlanParameter, PlanTensor } from "./plan.ts";
import { isDeviceTensor, type Tensors } from "./tensors.ts";
import { leavesOf } from "./tree.ts";

/** One argument as it is: memory of a tensor, or bytes that have to go to the device. */
export interface Operand {
  readonly name: string;
  readonly donated: boolean;
  readonly tensor?: DeviceTensor;
  readonly memory?: Memory;
  readonly bytes?: Uint8Array;
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

const refuse = (name: string, { dtype, shape }: PlanTensor, is: string): never => {
  throw new ArgumentError(
    `${name} must be ${describe(dtype, shape)}, and is ${is}; pass one of that shape, or compile for this one`,
  );
};

const kindOf = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return value === undefined ? "missing" : `${typeof value} ${value}`;
  const { dtype, shape } = value as Partial<Host>;
  return typeof dtype === "string" && Array.isArray(shape)
    ? `a tensor ${describe(dtype, shape)} that is on no device (toHost gives its elements)`
    : `no tensor: ${Array.isArray(value) ? "an array" : `a record of ${Object.keys(value).slice(0, 8).join(", ")}`}`;
};

/** A value for one tensor of the plan. `name` begins with the function, as messages do. */
export const operandOf = (
  tensors: Tensors,
  name: string,
  value: unknown,
  wanted: PlanTensor,
  donated = false,
): Operand => {
  const { dtype, shape } = wanted;
  const misfit = (is: string): never => refuse(name, wanted, is);
  if (isDeviceTensor(value)) {
    const memory = tensors.memoryOf(name, value);
    if (value.dtype !== dtype || !sameShape(value.shape, shape)) return misfit(describe(value.dtype, value.shape));
    return { name, donated, tensor: value, memory };
  }
  if (isHost(value)) {
    checkHost(name, value);
    if (!sameShape(value.shape, shape)) return misfit(describe(value.dtype, value.shape));
    return { name, donated, bytes: encodeHost(name, value, dtype) };
  }
  if (shape.length === 0 && (dtype === "bool" ? typeof value === "boolean" : typeof value === "number"))
    return { name, donated, bytes: encodeHost(name, hostOfScalar(name, value as number, dtype), dtype) };
  throw new ArgumentError(
    `${name} must be ${describe(dtype, shape)}, and is ${kindOf(value)}; pass a tensor of the device or host data { dtype, shape, data }`,
  );
};

const signatureOf = ({ name, parameters }: Plan): string =>
  `${name}(${parameters
    .filter(({ bound }) => !bound)
    .map((parameter) => parameter.name)
    .join(", ")})`;

/** Each unbound parameter with the tensors of the plan that are its leaves. */
const eachParameter = (plan: Plan, bound: boolean, visit: (parameter: PlanParameter, at: number) => void): void => {
  let at = 0;
  for (const parameter of plan.parameters) if (parameter.bound === bound) visit(parameter, at++);
};

/** @throws ArgumentError with the name of the argument, what it is and what it must be */
export const operandsOf = (tensors: Tensors, plan: Plan, args: readonly unknown[]): Operand[] => {
  const count = plan.parameters.filter(({ bound }) => !bound).length;
  if (args.length !== count)
    throw new ArgumentError(`${signatureOf(plan)} takes ${count} arguments, and ${args.length} were passed`);
  const operands: Operand[] = [];
  eachParameter(plan, false, ({ name, tree, donated }, at) => {
    if (tree === "static") return;
    for (const leaf of leavesOf(`${plan.name}: ${name}`, tree, args[at])) {
      const wanted = plan.arguments[operands.length] as PlanTensor;
      operands.push(operandOf(tensors, leaf.name, leaf.value, wanted, donated));
    }
  });
  checkDonations(operands);
  return operands;
};

/** Memory that is donated must come in by one argument, since the call writes over it. */
const checkDonations = (operands: readonly Operand[]): void => {
  const first = new Map<DeviceTensor, Operand>();
  for (const operand of operands) {
    if (operand.tensor === undefined) continue;
    const other = first.get(operand.tensor);
    first.set(operand.tensor, operand);
    if (other !== undefined && (other.donated || operand.donated))
      throw new ArgumentError(
        `${operand.name} is the same tensor as ${other.name}, and ${other.donated ? "that" : "it"} is donated; pass a copy`,
      );
  }
};

/** Values for the bound tensors of a plan, in its order, out of trees by the names of the parameters. */
export const boundValues = (plan: Plan, values: Readonly<Record<string, unknown>>): unknown[] => {
  const leaves: unknown[] = [];
  eachParameter(plan, true, ({ name, tree }) => {
    if (tree === "static") return;
    if (!Object.hasOwn(values, name))
      throw new ArgumentError(
        `${plan.name}: bind has no value for ${name}; pass bind({ ${name}: … }), it has ${Object.keys(values).join(", ") || "none"}`,
      );
    for (const leaf of leavesOf(`${plan.name}: ${name}`, tree, values[name])) {
      // What no step of loading reads must fit, too.
      const wanted = plan.bound[leaves.length] as PlanTensor;
      const { value } = leaf;
      if ((isDeviceTensor(value) || isHost(value)) && !sameShape(value.shape, wanted.shape))
        refuse(leaf.name, wanted, describe(value.dtype, value.shape));
      leaves.push(value);
    }
  });
  return leaves;
};
