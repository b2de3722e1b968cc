/** Values of flags, as the original writes them: names with underscores or dashes, booleans in words. */

import { type Command, InvalidArgumentError, Option } from "commander";

/** Registers a command: what `adm.ts` lists. */
export type Register = (program: Command) => void;

/** `--model-path` as `--model_path`: names alone, not values. After `--` all are values. */
export const withUnderscores = (argv: readonly string[]): string[] => {
  const end = argv.indexOf("--");
  return argv.map((argument, i) => {
    if (!argument.startsWith("--") || argument === "--" || (end >= 0 && i > end)) return argument;
    const [name = "", ...value] = argument.slice(2).split("=");
    return [`--${name.replaceAll("-", "_")}`, ...value].join("=");
  });
};

const words: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["yes", "true", "t", "y", "1"].map((word) => [word, true])),
  ...Object.fromEntries(["no", "false", "f", "n", "0"].map((word) => [word, false])),
};

export const parseBoolean = (text: string): boolean =>
  words[text.toLowerCase()] ?? refuse("it must be yes, true, t, y or 1, or no, false, f, n or 0");

const refuse = (text: string): never => {
  throw new InvalidArgumentError(text);
};

export const parseNumber = (text: string): number => {
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? refuse("it must be a number") : value;
};

/** A whole number from `least` up. */
export const parseWhole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    return text.trim() === "" || !Number.isSafeInteger(value) || value < least
      ? refuse(`it must be a whole number from ${least} up`)
      : value;
  };

/** An option that takes a boolean, and without one is true. */
export const booleanOption = (name: string, text: string): Option =>
  new Option(`--${name} [yes]`, text).argParser(parseBoolean).preset("yes");

export const numberOption = (name: string, text: string): Option =>
  new Option(`--${name} <number>`, text).argParser(parseNumber);

export const wholeOption = (name: string, text: string, least = 1): Option =>
  new Option(`--${name} <count>`, text).argParser(parseWhole(least));

export const addOptions = (command: Command, options: readonly Option[]): Command => {
  for (const option of options) command.addOption(option);
  return command;
};

type Defaults = Readonly<Record<string, boolean | number | string>>;

/** An option for each of some defaults, of the type that the default has; it says the default and does not set it. */
export const optionsOf = (defaults: Defaults, texts: Readonly<Record<string, string>> = {}): Option[] =>
  Object.entries(defaults).map(([name, value]) => {
    const text = `${texts[name] ?? ""} (default: ${value === "" ? '""' : value})`.trim();
    if (typeof value === "boolean") return booleanOption(name, text);
    if (typeof value === "number") return numberOption(name, text);
    return new Option(`--${name} <text>`, text);
  });

/** Those of the given values whose names are among the defaults. */
export const among = <T extends object>(defaults: T, given: object): Partial<T> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(defaults, name))) as Partial<T>;
