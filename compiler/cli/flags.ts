/** Options that commands share, from text to values. */

import { parseBytes } from "../amounts.ts";
import type { ReadOptions } from "../frontend/read.ts";
import type { DeviceClassName } from "../schedule/device-class.ts";

export interface ReadFlags {
  readonly dim?: Readonly<Record<string, number>>;
  readonly static?: Readonly<Record<string, unknown>>;
}

export interface CompileFlags extends ReadFlags {
  readonly device?: DeviceClassName;
  readonly bind?: readonly string[];
  readonly donate?: readonly string[];
  readonly memory?: number;
}

/** `B=4` of a repeated option, collected. */
const pairs =
  <T>(option: string, parse: (text: string, name: string) => T) =>
  (text: string, before: Readonly<Record<string, T>> = {}): Record<string, T> => {
    const at = text.indexOf("=");
    if (at < 1) throw new Error(`${option} ${text}: it must be of the form name=value`);
    const name = text.slice(0, at);
    if (Object.hasOwn(before, name)) throw new Error(`${option} gives ${name} twice`);
    return { ...before, [name]: parse(text.slice(at + 1), name) };
  };

export const dim = pairs("--dim", (text, name) => {
  const size = Number(text);
  if (text.trim() === "" || !Number.isInteger(size) || size < 0)
    throw new Error(`--dim ${name}=${text}: a dim is a whole number from 0 up`);
  return size;
});

export const json = pairs("--static", (text, name): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`--static ${name}=${text}: the value must be JSON, such as 3, "text" or {"channels":32}`);
  }
});

export const input = pairs("--input", (text) => text);

export const names = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text.split(",").filter((name) => name !== ""),
];

export const bytes = (text: string): number => {
  const count = parseBytes(text);
  if (count === undefined) throw new Error(`--memory ${text}: give bytes, such as 2GiB, 512MiB or 1000000`);
  return count;
};

export const readOptions = (flags: ReadFlags): ReadOptions => ({ dims: flags.dim ?? {}, statics: flags.static ?? {} });

/** `model.ts#sample` → the file and the export. */
export const target = (text: string): { readonly file: string; readonly name: string | undefined } => {
  const [file = text, name] = text.split("#");
  return { file, name: name === "" ? undefined : name };
};

/** The same, where an export must be named. */
export const namedTarget = (text: string): { readonly file: string; readonly name: string } => {
  const { file, name } = target(text);
  if (name === undefined) throw new Error(`${text}: name the export, as in ${file}#sample`);
  return { file, name };
};
