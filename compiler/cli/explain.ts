/** `typegrad explain`: what each line of the source becomes: equations, and on a device kernels. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { printFunction } from "../codegen/wat.ts";
import type { Compilation } from "../compile-plan.ts";
import { explainPlan } from "../explain-plan.ts";
import { explainProgram, type LineOf } from "../explain-program.ts";
import { readProgram } from "../frontend/read.ts";
import { openSources } from "../frontend/source.ts";
import { printProgram } from "../ir/print.ts";
import type { Program } from "../ir/program.ts";
import { optimise } from "../passes.ts";
import type { DeviceClassName } from "../schedule/device-class.ts";
import { compileTarget } from "./compile-target.ts";
import { type CompileFlags, namedTarget, readOptions } from "./flags.ts";
import { timePlan } from "./time-plan.ts";

interface ExplainFlags extends CompileFlags {
  readonly text?: boolean;
  readonly time?: boolean;
  readonly threads?: number;
  readonly summary?: boolean;
  readonly whole?: boolean;
  readonly raw?: boolean;
  readonly passes?: boolean;
}

/** Lines of source files, read once each. */
const lineReader = (): LineOf => {
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

const onDevice = async (text: string, device: DeviceClassName, flags: ExplainFlags): Promise<void> => {
  const compiled = await compileTarget(text, { ...flags, device });
  const times = flags.time ? await timePlan(compiled.plan, device, flags.threads) : undefined;
  const textOf =
    ({ plan }: Compilation) =>
    (kernel: Compilation["kernels"][number], number: number): string =>
      plan.kernels[number]?.wgsl ?? printFunction(kernel, "relaxed").text;
  console.log(
    explainPlan(compiled.program, compiled, {
      lineOf: lineReader(),
      ...(flags.text && { textOf: textOf(compiled) }),
      ...(times && { times }),
      ...(flags.summary && { summary: true }),
      ...(flags.whole && { whole: true }),
    }),
  );
};

export const explain = async (text: string, flags: ExplainFlags): Promise<void> => {
  const { file, name } = namedTarget(text);
  const { text: asText, time, summary } = flags;
  const device = flags.device ?? (asText || time || summary ? "wasm" : undefined);
  if (device !== undefined) return onDevice(text, device, flags);
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
