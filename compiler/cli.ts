#!/usr/bin/env node
/** The command `typegrad`: files in, text out. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { CompileError } from "./diagnostics.ts";
import { explainProgram } from "./explain.ts";
import { exportedFunctions, type ReadOptions, readProgram } from "./frontend/read.ts";
import { openSources } from "./frontend/source.ts";
import { checkProgram } from "./ir/check.ts";
import { printProgram } from "./ir/print.ts";
import { countEquations, type Program } from "./ir/program.ts";
import { optimise } from "./passes.ts";

interface Flags {
  readonly dim: Readonly<Record<string, number>>;
  readonly static: Readonly<Record<string, unknown>>;
  readonly types?: boolean;
  readonly passes?: boolean;
  readonly raw?: boolean;
}

/** `B=4` of a repeated option, collected. */
const pairs =
  <T>(parse: (text: string, name: string) => T) =>
  (text: string, before: Readonly<Record<string, T>> = {}): Record<string, T> => {
    const at = text.indexOf("=");
    if (at < 1) throw new Error(`${text} must be of the form name=value`);
    const name = text.slice(0, at);
    return { ...before, [name]: parse(text.slice(at + 1), name) };
  };

const dim = pairs((text, name) => {
  const size = Number(text);
  if (!Number.isInteger(size) || size < 0) throw new Error(`--dim ${name}=${text}: a dim is a whole number from 0 up`);
  return size;
});

const json = pairs((text, name): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`--static ${name}=${text}: the value must be JSON, such as 3, "text" or {"channels":32}`);
  }
});

/** `model.ts#sample` → the file and the export. */
const target = (text: string): { readonly file: string; readonly name: string | undefined } => {
  const [file = text, name] = text.split("#");
  return { file, name };
};

const readOptions = (flags: Flags): ReadOptions => ({ dims: flags.dim ?? {}, statics: flags.static ?? {} });

const check = (text: string, flags: Flags): void => {
  const sources = openSources();
  const { file, name } = target(text);
  const names = name === undefined ? exportedFunctions(sources, file) : [name];
  const diagnostics: string[] = [];
  for (const one of names) {
    try {
      const { program, verification } = readProgram(sources, file, one, {
        ...readOptions(flags),
        checkTypes: flags.types === true,
        verifyTypes: flags.types === true,
      });
      const types = verification
        ? `; of ${verification.calls} calls, ${verification.literalDims} dims are as typed`
        : "";
      console.log(`${file}#${one}: equations: ${countEquations(checkProgram(program))}${types}`);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      for (const text of error.message.split("\n\n")) if (!diagnostics.includes(text)) diagnostics.push(text);
    }
  }
  if (diagnostics.length === 0) return;
  console.error(diagnostics.join("\n\n"));
  console.error(`\n${diagnostics.length} ${diagnostics.length === 1 ? "fault" : "faults"}`);
  process.exitCode = 1;
};

/** Lines of source files, read once each. */
const lineReader = (): ((file: string, line: number) => string) => {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    let lines = files.get(file);
    if (lines === undefined) {
      lines = readFileSync(path.resolve(file), "utf8").split("\n");
      files.set(file, lines);
    }
    return lines[line - 1] ?? "";
  };
};

const explain = (text: string, flags: Flags): void => {
  const { file, name } = target(text);
  if (name === undefined) throw new Error(`${text}: name the export, as in ${file}#sample`);
  const { program } = readProgram(openSources(), file, name, readOptions(flags));
  const show = (title: string, shown: Program): void => console.log(`# ${title}\n\n${printProgram(shown)}`);
  if (flags.passes) show("read", program);
  const optimised = flags.raw
    ? program
    : optimise(program, {
        check: true,
        onPass: ({ name: pass, after, milliseconds, changed }) => {
          if (!flags.passes) return;
          const title = `${pass} (${milliseconds.toFixed(1)} ms)`;
          if (changed) show(title, after);
          else console.log(`# ${title}: (unchanged)\n`);
        },
      });
  console.log(explainProgram(optimised, lineReader()));
};

const command = new Command("typegrad").description("a compiler for tensor programs written in TypeScript");

command
  .command("check")
  .argument("<file[#export]>", "a source file, and one of its exports; all of them by default")
  .description("read functions as programs and report what cannot be compiled")
  .option("--dim <name=size>", "the size of a dim that is a type parameter", dim)
  .option("--static <name=json>", "the value of a parameter that is no tensor", json)
  .option("--types", "run the type checker too, and compare its shapes with those that are found")
  .action(check);

command
  .command("explain")
  .argument("<file#export>", "a source file and one of its exports")
  .description("show what each line of the source becomes")
  .option("--dim <name=size>", "the size of a dim that is a type parameter", dim)
  .option("--static <name=json>", "the value of a parameter that is no tensor", json)
  .option("--raw", "as it was read, before any pass")
  .option("--passes", "the whole program after each pass")
  .action(explain);

try {
  await command.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
