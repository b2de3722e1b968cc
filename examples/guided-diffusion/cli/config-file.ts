/** `--config`: flags from a JSON file, under the names that they have on the command line. */

import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { closest } from "fastest-levenshtein";
import { ofFile } from "../files/file.ts";
import { UsageError } from "./faults.ts";

/** `{"image_size": 28}` as pairs. */
const entriesOf = (file: string): [string, unknown][] => {
  const text = ofFile(file, () => readFileSync(file, "utf8"));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--config ${file}: it is no JSON (${(error as Error).message})`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new UsageError(`--config ${file}: it must be flags by name, such as {"preset": "mnist", "dropout": 0.1}`);
  return Object.entries(parsed);
};

/** What a flag makes of the text of a value, if it is of the type that the value has. */
const checked = (option: Option, value: unknown): unknown => {
  if (value === null || (typeof value === "object" && !Array.isArray(value)))
    throw new InvalidArgumentError("it must be a number, text, true or false");
  const parse = option.parseArg as ((text: string, previous: undefined) => unknown) | undefined;
  const parsed = parse === undefined ? String(value) : parse(String(value), undefined);
  if (typeof parsed === typeof value) return parsed;
  throw new InvalidArgumentError(`write ${JSON.stringify(parsed)}`);
};

const setFlags = (command: Command, file: string): void => {
  const options = new Map(
    command.options.flatMap((option) =>
      option.name() === "config" ? [] : [[option.attributeName(), option] as const],
    ),
  );
  for (const [key, value] of entriesOf(file)) {
    const option = options.get(key);
    if (option === undefined)
      throw new UsageError(
        `--config ${file}: ${command.name()} has no flag ${key}; did you mean ${closest(key, [...options.keys()])}?`,
      );
    try {
      const parsed = checked(option, value);
      if (command.getOptionValueSource(key) !== "cli") command.setOptionValueWithSource(key, parsed, "config");
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new UsageError(`--config ${file}: ${key} is ${JSON.stringify(value)}; ${error.message}`);
    }
  }
};

/** Its flags are set when it is read, so that those of the command line win, before it and after it. */
export const addConfigFlag = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--config <file>",
        "flags from a JSON file by name; it may name a preset, over which they win, and flags that are given win over both",
      ).helpGroup("Network:"),
    )
    .on("option:config", (file: string) => setFlags(command, file));
