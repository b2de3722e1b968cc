/**
 * Each program under `test/errors` has a fault, marked with its code in a comment on the line where it must be reported, or
 * alone on the line after it, where the formatter puts it.
 */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CompileError } from "../../../compiler/diagnostics.ts";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";

const directory = fileURLToPath(new URL("../../errors", import.meta.url));
const sources = openSources();

/** `line code` of each marked line. */
const expected = (text: string): string[] =>
  text.split("\n").flatMap((line, i) => {
    const code = /\/\/ (TG\d+)/.exec(line)?.[1];
    if (code === undefined) return [];
    return [`${line.trimStart().startsWith("//") ? i : i + 1} ${code}`];
  });

const found = (file: string): string[] => {
  try {
    readProgram(sources, file, "program", { root: directory });
    return [];
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return error.diagnostics.map(({ code, origin }) => `${origin.place?.line} ${code}`);
  }
};

describe("diagnostics", () => {
  const files = readdirSync(directory).filter((file) => file.endsWith(".ts"));

  it.each(files)("%s", (file) => {
    const marks = expected(readFileSync(path.join(directory, file), "utf8"));
    expect(marks.length).toBeGreaterThan(0);
    expect(found(file)).toEqual(marks);
  });

  it("are thirty or more", () => {
    expect(files.length).toBeGreaterThanOrEqual(30);
  });
});
