/**
 * What the types accept and refuse, under both compilers; that a refusal says at run time what it says in the editor;
 * what the types of a whole UNet cost, and that they catch each wrong channel count in its parameters.
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Project, ts } from "ts-morph";
import { describe, expect, test } from "vitest";
import { checkProject, checkTexts, costOf, type Diagnostic } from "./types/checker.ts";

const folder = fileURLToPath(new URL("./types", import.meta.url));
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

describe("every file under test/types is accepted, and what it marks is refused", () => {
  test("by TypeScript 7", () => {
    expect(checkProject("test/types/tsconfig.json")).toEqual([]);
  });

  test("by the TypeScript that ts-morph bundles", () => {
    const project = new Project({ tsConfigFilePath: join(folder, "tsconfig.json") });
    const texts = project.getPreEmitDiagnostics().map((diagnostic) => {
      const text = ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, "\n");
      return `${diagnostic.getSourceFile()?.getFilePath()}:${diagnostic.getLineNumber()} ${text}`;
    });
    expect(texts).toEqual([]);
  });
});

describe("what the types refuse, run time refuses", () => {
  const names = readdirSync(join(folder, "refused"));
  // Without the marks the compiler says what it has against each line.
  const unmarked = Object.fromEntries(
    names.map((name) => [name, read(`refused/${name}`).replaceAll("@ts-expect-error", "")]),
  );
  const refusals = checkTexts("test/types/refused", unmarked);

  /** The text of a `ShapeError` or `DTypeError` parameter, where the refusal is one. */
  const textOf = ({ text }: Diagnostic): string | undefined => {
    const quoted = /(?:ShapeError|DTypeError)<("(?:[^"\\]|\\.)*")>/.exec(text)?.[1];
    return quoted === undefined ? undefined : JSON.parse(quoted);
  };

  /** The name of the function around a line. */
  const nameAt = (file: string, line: number): string => {
    const before = (unmarked[file] as string).split("\n").slice(0, line).join("\n");
    return [...before.matchAll(/^export const (\w+) = \(\) =>/gm)].at(-1)?.[1] ?? "";
  };

  for (const file of names) {
    describe(file, async () => {
      const module: Record<string, () => unknown> = await import(`./types/refused/${basename(file, ".ts")}.ts`);
      test.each(Object.keys(module))("%s", (name) => {
        const refusal = refusals.find(
          (diagnostic) => diagnostic.file === file && nameAt(file, diagnostic.line) === name,
        );
        expect(refusal, "the types accept it").toBeDefined();
        let thrown: unknown;
        try {
          (module[name] as () => unknown)();
        } catch (error) {
          thrown = error;
        }
        expect(thrown, "run time accepts it").toBeInstanceOf(Error);
        const text = textOf(refusal as Diagnostic);
        if (text !== undefined) expect((thrown as Error).message).toBe(text);
      });
    });
  }

  test("with the same text in most places where a type has one", () => {
    expect(refusals.filter((refusal) => textOf(refusal) !== undefined).length).toBeGreaterThan(30);
  });
});

describe("the types of ADM's UNet at 256 × 256", () => {
  const source = read("unet/adm.ts");

  /** The record of parameters; all numbers in it are channels, but for the last of a convolution. */
  const record = /export interface UNet \{[^}]*\n\}/.exec(source) as RegExpExecArray;
  const channels = [...record[0].matchAll(/(?<=[<, ])\d+(?=, |>)/g)].filter(
    ({ index }) =>
      !/ConvParams<\d+, \d+, $/.test(record[0].slice(0, index)) && !/\/\/.*$/.test(record[0].slice(0, index)),
  );

  test("catch every wrong channel count in its parameters", () => {
    const mutants = channels.map(({ 0: text, index }) => {
      const at = record.index + index;
      return `${source.slice(0, at)}${Number(text) + 32}${source.slice(at + text.length)}`;
    });
    const files = Object.fromEntries(mutants.map((text, i) => [`mutant${i}.ts`, text]));
    const refused = new Set(checkTexts("test/types/unet", { ...files, "original.ts": source }).map(({ file }) => file));
    expect(channels.length).toBeGreaterThanOrEqual(60);
    expect(refused).toEqual(new Set(Object.keys(files)));
  });

  const blocks = read("unet/blocks.ts");
  /** The imports of a text, so that all that they load is paid for, and nothing done with them. */
  const importsOf = (text: string): string =>
    (text.match(/^import \{[^;]*;$/gm) as string[]).map((line) => line.replace(/^import \{/, "export {")).join("\n");
  const library = importsOf(blocks);
  const costWith = (text: string, of?: "sources") =>
    costOf("test/types/unet", { "measured.ts": text, ...(/blocks\.ts"/.test(text) && { "blocks.ts": blocks }) }, of);
  const cost = (text: string, base: string, of?: "sources"): number =>
    costWith(text, of).instantiations - costWith(base, of).instantiations;

  test("cost less than 30,000 above the library, as this repository reads it", () => {
    // With its bodies, for which the checker has worked out much of what a network asks; they move the figure a little.
    expect(cost(source, library, "sources")).toBeLessThan(30_000);
  });

  test("cost this much above the library's declarations", () => {
    expect(cost(source, library)).toBe(36_934);
  });

  test("cost this much for the definition of a residual block", () => {
    expect(cost(blocks.slice(0, blocks.indexOf("export const resSkip")), library)).toBe(8_964);
  });

  test("cost this much for one more residual block", () => {
    const block = `import type { Tensor } from "../../../dsl/index.ts";
      import { type Res, res } from "./blocks.ts";
      export const more = <B extends number>(p: Res<192, 192>, x: Tensor<[B, 192, 48, 48]>, emb: Tensor<[B, 1024]>) =>
        res(p, x, emb);`;
    expect(cost(`${importsOf(source)}\n${block}`, importsOf(source))).toBe(33);
  });

  test("are checked in less than 0.3 s above the library", () => {
    // A busy machine only ever adds time: the least of several runs is the checker's own.
    const least = { source: Infinity, library: Infinity };
    for (let run = 0; run < 8 && !(least.source - least.library < 0.3); run++) {
      least.source = Math.min(least.source, costWith(source).checkSeconds);
      least.library = Math.min(least.library, costWith(library).checkSeconds);
    }
    expect(least.source - least.library).toBeLessThan(0.3);
  });
});
