/** The float tensors among the arguments of a call: what a gradient check varies. */

import { isFloat } from "../dtype.ts";
import { type AnyTensor, isTensor } from "../tensor.ts";

/** A float tensor and where it stands: `args[0].weight`. */
export interface Variable {
  readonly path: string;
  readonly tensor: AnyTensor;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Rebuilds arguments around `f` of each float tensor; whatever is no record or array stays as it is. */
const rebuild = (value: unknown, path: string, f: (variable: Variable) => AnyTensor): unknown => {
  if (isTensor(value)) return isFloat(value.dtype) ? f({ path, tensor: value }) : value;
  if (Array.isArray(value)) return value.map((child, index) => rebuild(child, `${path}[${index}]`, f));
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, rebuild(child, `${path}.${key}`, f)]));
  return value;
};

/** Float tensors in order: all of them, or those of the first argument alone. */
export const variablesOf = (args: readonly unknown[], wrt: "all" | "first" = "all"): Variable[] => {
  const found: Variable[] = [];
  const varied = wrt === "first" ? args.slice(0, 1) : args;
  rebuild(varied, "args", (variable) => {
    found.push(variable);
    return variable.tensor;
  });
  return found;
};

/** The arguments with other float tensors, given in the order of `variablesOf`. */
export const withVariables = (
  args: readonly unknown[],
  tensors: readonly AnyTensor[],
  wrt: "all" | "first" = "all",
): unknown[] => {
  let next = 0;
  const put = (value: readonly unknown[]): unknown[] =>
    rebuild(value, "args", () => tensors[next++] as AnyTensor) as unknown[];
  return wrt === "first" ? [...put(args.slice(0, 1)), ...args.slice(1)] : put(args);
};
