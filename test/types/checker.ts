/** TypeScript 7, run on files of a test: its diagnostics, and what checking them cost. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

export interface Diagnostic {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

interface Run {
  readonly output: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs `tsc` with flags of its own on top of the project's settings. */
const run = (...flags: readonly string[]): Run => {
  const { stdout, stderr, error } = spawnSync(process.execPath, [tsc, "--pretty", "false", ...flags], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) throw error;
  const output = stdout + stderr;
  const diagnostics: { file: string; line: number; text: string }[] = [];
  for (const line of output.split("\n")) {
    const place = /^(\S+)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line);
    if (place !== null) {
      const [, file = "", at = "", text = ""] = place;
      diagnostics.push({ file: basename(file), line: Number(at), text });
    } else if (/^error /.test(line)) {
      throw new Error(output);
    } else if (/^\s/.test(line) && diagnostics.length > 0) {
      // What follows a diagnostic, indented, explains it.
      (diagnostics.at(-1) as { text: string }).text += `\n${line}`;
    }
  }
  return { output, diagnostics };
};

/** Diagnostics of the project that a `tsconfig.json` describes. */
export const checkProject = (config: string): readonly Diagnostic[] => run("-p", join(root, config)).diagnostics;

/** `f` of the path of a project of these files alone, written to a folder that goes afterwards. */
const withProject = <R>(files: Readonly<Record<string, string>>, f: (config: string) => R): R => {
  const folder = mkdtempSync(join(tmpdir(), "typegrad-types-"));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const config = join(folder, "tsconfig.json");
    const compilerOptions = { types: [], noErrorTruncation: true };
    writeFileSync(
      config,
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: [], files: Object.keys(files) }),
    );
    return f(config);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** A text of `folder`, with its relative imports made absolute, so that it can be checked elsewhere. */
const relocated = (text: string, folder: string): string =>
  text.replace(
    /(from\s+")(\.{1,2}\/[^"]+)"/g,
    (_, from: string, path: string) => `${from}${join(root, folder, path)}"`,
  );

/** Diagnostics of texts, checked as if they stood in `folder`. */
export const checkTexts = (folder: string, texts: Readonly<Record<string, string>>): readonly Diagnostic[] =>
  withProject(
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, relocated(text, folder)])),
    (config) => run("-p", config).diagnostics,
  );

export interface Cost {
  /** Exact: equal in every run. */
  readonly instantiations: number;
  readonly checkSeconds: number;
}

let declarations: string | undefined;

/**
 * A folder with the declarations of the library, as users get them. A cost above the sources would move with every body in
 * them, since the checker keeps what it has worked out.
 */
const declarationsOf = (): string => {
  if (declarations === undefined) {
    declarations = mkdtempSync(join(tmpdir(), "typegrad-declarations-"));
    writeFileSync(join(declarations, "package.json"), JSON.stringify({ type: "module" }));
    const folder = declarations;
    process.on("exit", () => rmSync(folder, { recursive: true }));
    const flags = ["--emitDeclarationOnly", "--declarationMap", "false", "--sourceMap", "false", "--outDir", folder];
    const { output } = run("-p", join(root, "tsconfig.build.json"), ...flags);
    if (output !== "") throw new Error(output);
  }
  return declarations;
};

/** A text with the library's declarations in place of its sources. */
const declared = (text: string): string =>
  text.replace(
    /(from\s+")[./]+\/(dsl\/[^"]+)\.ts"/g,
    (_, from: string, path: string) => `${from}${declarationsOf()}/${path}.js"`,
  );

/** What checking texts costs, with all that they import of each other, and of the library's sources or declarations. */
export const costOf = (
  folder: string,
  texts: Readonly<Record<string, string>>,
  library: "sources" | "declarations" = "declarations",
): Cost => {
  const placed = (text: string): string =>
    library === "declarations"
      ? declared(text)
      : relocated(text.replaceAll(/"\.\/([\w-]+\.ts)"/g, '"$1"'), folder).replaceAll(
          /from "([\w-]+\.ts)"/g,
          'from "./$1"',
        );
  return withProject(
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, placed(text)])),
    (config) => {
      const { output, diagnostics } = run("-p", config, "--extendedDiagnostics", "--singleThreaded");
      if (diagnostics.length > 0) throw new Error(output);
      const figure = (name: string): number => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, "m").exec(output)?.[1]);
      return { instantiations: figure("Instantiations"), checkSeconds: figure("Check time") };
    },
  );
};
