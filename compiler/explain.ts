/** A program beside its source: each line that made something, and what it made. */

import { printParts } from "./ir/print.ts";
import type { Place, Program } from "./ir/program.ts";

const placeKey = (place: Place | undefined): string => (place === undefined ? "" : `${place.file}:${place.line}`);

/**
 * Text: a header for each stretch of equations from one source line (`unet.ts:41 │ const h = conv(…)`, with the calls that
 * led there), then the equations.
 */
export const explainProgram = (program: Program, lineOf: (file: string, line: number) => string): string => {
  const printed = printParts(program);
  const out: string[] = [printed.head];
  let last: string | undefined;
  program.equations.forEach(({ origin: { place, path } }, i) => {
    const key = `${placeKey(place)} ${path.join(" / ")}`;
    if (key !== last) {
      const source = place === undefined ? "" : ` │ ${lineOf(place.file, place.line).trim()}`;
      out.push("", `  ${placeKey(place)}${source}`, ...(path.length > 1 ? [`  in ${path.join(" / ")}`] : []));
      last = key;
    }
    out.push(...(printed.equations[i] ?? []).map((line) => `  ${line}`));
  });
  return [...out, "", printed.tail, ""].join("\n");
};
