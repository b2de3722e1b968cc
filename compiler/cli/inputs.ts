/** `--input name=…`: arguments from numbers, and from safetensors files in which tensors have the paths of the parameter. */

import { existsSync } from "node:fs";
import type { Host } from "../../dsl/host.ts";
import { readSafetensors, type Safetensors } from "../../dsl/safetensors.ts";
import type { Reader } from "../../runtime/index.ts";
import type { Plan, PlanTensor } from "../../runtime/plan.ts";
import { type TensorParameter, tensorParameters } from "../plan-parameters.ts";
import { unflatten } from "../signature.ts";
import { type OpenFile, openFile } from "./files.ts";

export interface Inputs {
  /** The arguments of a call. */
  readonly args: readonly unknown[];
  /** Reads bound tensors, when they are packed. */
  readonly read: Reader;
  readonly close: () => Promise<void>;
}

const typeText = ({ dtype, shape }: { readonly dtype: string; readonly shape: readonly number[] }): string =>
  `${dtype}[${shape.join(", ")}]`;

const describe = ({ tree, tensors }: TensorParameter): string =>
  tree === null ? typeText(tensors[0] as PlanTensor) : `a record of ${tensors.length} tensors`;

/** A number or boolean for a tensor of rank 0. */
const scalarOf = (text: string, { dtype, shape }: PlanTensor): number | boolean | undefined => {
  if (shape.length > 0 || text.trim() === "") return undefined;
  if (dtype === "bool") return text === "true" ? true : text === "false" ? false : undefined;
  const value = Number(text);
  return Number.isNaN(value) && text !== "NaN" ? undefined : value;
};

/** The name in the file of a tensor of a parameter: with the parameter's own name, without it, or the only one. */
const nameIn = (file: string, { entries }: Safetensors, parameter: string, tensor: PlanTensor): string => {
  const inside = tensor.name.slice(parameter.length + 1);
  const names = [inside, tensor.name].filter((name) => name !== "");
  const only = tensor.name === parameter && entries.size === 1 ? [...entries.keys()] : [];
  const found = [...names, ...only].find((name) => entries.has(name));
  if (found === undefined)
    throw new Error(
      `${file}: there is no tensor ${names.map((name) => JSON.stringify(name)).join(" or ")} for ${tensor.name}; it has ${[...entries.keys()].slice(0, 10).join(", ") || "none"}${entries.size > 10 ? ", …" : ""}`,
    );
  const entry = entries.get(found) as { readonly dtype: string; readonly shape: readonly number[] };
  if (entry.shape.join() !== tensor.shape.join())
    throw new Error(
      `${file}: ${found} is ${typeText(entry)}, and ${tensor.name} of the program is ${typeText(tensor)}; give that shape, or compile it for this one`,
    );
  return found;
};

/** @throws Error that names the option or the file, and the reason; all files are looked at before anything is read */
export const openInputs = async (plan: Plan, given: Readonly<Record<string, string>>): Promise<Inputs> => {
  const parameters = tensorParameters(plan);
  const list = parameters.map((parameter) => `${parameter.name}: ${describe(parameter)}`).join("; ");
  for (const name of Object.keys(given))
    if (!parameters.some((parameter) => parameter.name === name))
      throw new Error(`--input ${name}: ${plan.name} has no such parameter; it takes ${list || "nothing"}`);
  const missing = parameters.filter(({ name }) => !Object.hasOwn(given, name)).map(({ name }) => name);
  if (missing.length > 0)
    throw new Error(
      `${plan.name} needs ${missing.map((name) => `--input ${name}=…`).join(" ")}; it takes ${list}: a safetensors file each, or a number where the rank is 0`,
    );

  const files: OpenFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  /** What reads each tensor, by its name. */
  const readers = new Map<string, () => Promise<Host | number | boolean>>();
  try {
    for (const parameter of parameters) {
      const { name, tree, tensors } = parameter;
      const text = given[name] as string;
      const scalar = tree === null ? scalarOf(text, tensors[0] as PlanTensor) : undefined;
      if (scalar !== undefined) {
        readers.set(name, async () => scalar);
        continue;
      }
      if (!existsSync(text) && !Number.isNaN(Number(text)))
        throw new Error(`--input ${name}=${text}: ${name} is ${describe(parameter)}; give a safetensors file`);
      const file = await openFile(text);
      files.push(file);
      const contents = await readSafetensors(file);
      for (const tensor of tensors) {
        const found = nameIn(text, contents, name, tensor);
        readers.set(tensor.name, () => contents.read(found));
      }
    }
    const read = (name: string): Promise<Host | number | boolean> => (readers.get(name) as () => Promise<Host>)();
    const args = new Map<string, unknown>();
    for (const { name, tree, bound, tensors } of parameters) {
      if (bound) continue;
      const values: unknown[] = [];
      for (const tensor of tensors) values.push(await read(tensor.name));
      args.set(name, unflatten(tree, values.values()));
    }
    return {
      args: plan.parameters.filter(({ bound }) => !bound).map(({ name }) => args.get(name)),
      read: read as Reader,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
