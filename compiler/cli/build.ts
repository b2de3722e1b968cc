/** `typegrad build`: a function becomes a plan file, with a module beside it that loads it. */

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { encodePlan } from "../../runtime/index.ts";
import { showBytes } from "../amounts.ts";
import { planSummary } from "../plan-summary.ts";
import { compileTarget } from "./compile-target.ts";
import { writeWhole } from "./files.ts";
import { type CompileFlags, namedTarget } from "./flags.ts";
import { wrapperMark, wrapperOf } from "./wrapper.ts";

export const build = async (text: string, flags: CompileFlags & { readonly output?: string }): Promise<void> => {
  const { file: source, name } = namedTarget(text);
  const output = flags.output ?? `${name}.plan`;
  const { dir, name: base, ext } = path.parse(output);
  if (ext === ".ts")
    throw new Error(`-o ${output}: the module ${output} is written beside the plan; name the plan, ${base}.plan`);
  const wrapper = path.join(dir, `${base}.ts`);
  if (existsSync(wrapper) && !readFileSync(wrapper, "utf8").startsWith(wrapperMark))
    throw new Error(`${wrapper} would be overwritten, and was not made by typegrad build; name another plan with -o`);
  const { plan } = await compileTarget(text, flags);
  const bytes = encodePlan(plan);
  writeWhole(output, [bytes]);
  writeWhole(wrapper, [wrapperOf(plan, output, source, name)]);
  console.log(`${output} (${showBytes(bytes.length)}), ${wrapper}\n\n${planSummary(plan)}`);
};
