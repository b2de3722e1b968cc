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

/** A number, from `least` up where one is given. */
export const parseNumber =
  (least = -Infinity) =>
  (text: string): number => {
    const value = Number(text);
    return text.trim() === "" || !Number.isFinite(value) || value < least
      ? refuse(`it must be a number${least === -Infinity ? "" : ` from ${least} up`}`)
      : value;
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
  new Option(`--${name} [yes]`, text).argParser(parseBoolean);

export const numberOption = (name: string, text: string, least?: number): Option =>
  new Option(`--${name} <number>`, text).argParser(parseNumber(least));

export const wholeOption = (name: string, text: string, least = 1): Option =>
  new Option(`--${name} <count>`, text).argParser(parseWhole(least));

export const addOptions = (command: Command, options: readonly Option[]): Command => {
  for (const option of options) command.addOption(option);
  return command;
};

type Defaults = Readonly<Record<string, boolean | number | string>>;

/** What the help says of a flag: one text, or the words that it may be. */
type Texts = Readonly<Record<string, string | readonly string[]>>;

/** An option for each of some defaults, of the type that the default has; it says the default and does not set it. */
export const optionsOf = (group: string, defaults: Defaults, texts: Texts): Option[] =>
  Object.entries(defaults).map(([name, value]) => {
    const text = texts[name] ?? "";
    const shown = value === "" ? "none" : value === true ? "yes" : value === false ? "no" : value;
    const said = typeof text === "string" ? `${text} (default: ${shown})` : `(default: ${shown})`;
    const option =
      typeof value === "boolean"
        ? booleanOption(name, said)
        : typeof value === "number"
          ? numberOption(name, said)
          : new Option(`--${name} <text>`, said);
    if (typeof text !== "string") option.choices(text);
    return option.helpGroup(group);
  });

/** Those of the given values whose names are among the defaults. */
export const among = <T extends object>(defaults: T, given: object): Partial<T> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(defaults, name))) as Partial<T>;
