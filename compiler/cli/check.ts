/** `typegrad check`: reads functions as programs, and reports what cannot be compiled. */

import { CompileError } from "../diagnostics.ts";
import { exportedFunctions, readProgram } from "../frontend/read.ts";
import { openSources } from "../frontend/source.ts";
import { checkProgram } from "../ir/check.ts";
import { countEquations } from "../ir/program.ts";
import { type ReadFlags, readOptions, target } from "./flags.ts";

export const check = (text: string, flags: ReadFlags & { readonly types?: boolean }): void => {
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
