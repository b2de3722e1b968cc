/** A program beside its source: each line that made something, and what it made. */

import { printParts } from "./ir/print.ts";
import type { Origin, Program } from "./ir/program.ts";

/** Reads one line of a source file, from 1. */
export type LineOf = (file: string, line: number) => string;

/** The user's line that an equation comes from, as `file:line`. */
export const placeKey = ({ place, caller = place }: Origin): string =>
  caller === undefined ? "" : `${caller.file}:${caller.line}`;

/**
 * Text: a header for each stretch of equations from one source line (`unet.ts:41 │ const h = conv(…)`, with the calls that
 * led there), then the equations.
 */
export const explainProgram = (program: Program, lineOf: LineOf): string => {
  const printed = printParts(program);
  const out: string[] = [printed.head];
  let last: string | undefined;
  program.equations.forEach(({ origin }, i) => {
    const { place, caller = place, path } = origin;
    const key = `${placeKey(origin)} ${path.join(" / ")}`;
    if (key !== last) {
      const source = caller === undefined ? "" : ` │ ${lineOf(caller.file, caller.line).trim()}`;
      out.push("", `  ${placeKey(origin)}${source}`, ...(path.length > 1 ? [`  in ${path.join(" / ")}`] : []));
      last = key;
    }
    out.push(...(printed.equations[i] ?? []).map((line) => `  ${line}`));
  });
  return [...out, "", printed.tail, ""].join("\n");
};

/** The equations that each line of the source became, by `file:line`, in the order of the first of each. */
export const equationsByLine = (program: Program): Map<string, readonly string[]> => {
  const { equations } = printParts(program);
  const lines = new Map<string, string[]>();
  let last = "";
  program.equations.forEach(({ origin }, i) => {
    const key = placeKey(origin);
    const texts = lines.get(key) ?? [];
    lines.set(key, texts);
    const path = origin.path.slice(1).join(" / ");
    if (path !== last && path !== "") texts.push(`in ${path}:`);
    last = path;
    // Shapes stand in the type.
    texts.push(...(equations[i] ?? []).map((line) => line.replace(/^ {2}/, "").replace(/\{shape \[[^\]]*\]\}/, "")));
  });
  return lines;
};
