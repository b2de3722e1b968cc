/** `docs/ops.md` is what the records say, and its examples type-check, run, and give what stands below them. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { shown } from "../.ci/docs/example.ts";
import { opsPage } from "../.ci/docs/page.ts";
import * as nn from "../dsl/nn/index.ts";
import * as ops from "../dsl/ops.ts";
import * as optim from "../dsl/optim/index.ts";
import * as random from "../dsl/random/index.ts";
import * as scalar from "../dsl/scalar/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs/ops.md"), "utf8");

interface Example {
  readonly call: string;
  readonly result: string;
}

/** Below the signatures of a block, and in the last cell of a row of the table. */
const examplesOf = (text: string): readonly Example[] => [
  ...[...text.matchAll(/^```ts\n(?:(?!```)[\s\S])*?\n\n(.*);\n((?:\/\/.*\n)+)```$/gm)].map(
    ([, call = "", lines = ""]) => ({
      call,
      result: lines.trimEnd().replace(/^\/\/ ?/gm, ""),
    }),
  ),
  ...[...text.matchAll(/ `(scalar\..*)` = `(.*)` \|$/gm)].map(([, call = "", result = ""]) => ({ call, result })),
];

const examples = examplesOf(page);
const functions = [
  ...Object.keys(ops),
  ...Object.entries({ nn, optim, random }).flatMap(([library, exports]) =>
    Object.keys(exports).map((name) => `${library}.${name}`),
  ),
];

const folder = join(root, ".cache/docs");
const file = join(folder, "examples.ts");

/** A module as users write it, with a function for each example. */
const moduleText = (): string => {
  const called = new Set(examples.flatMap(({ call }) => call.match(/(?<![.\w])\w+(?=[(.])/g) ?? []));
  const named = ["scalar", ...Object.keys(ops)].filter((name) => called.has(name));
  return [
    `import { ${named.join(", ")} } from "typegrad";`,
    ...["nn", "optim", "random"].map((library) => `import * as ${library} from "typegrad/${library}";`),
    "export const calls = [",
    ...examples.map(({ call }) => `  () => ${call},`),
    "] as const;",
  ].join("\n");
};

describe("docs/ops.md", () => {
  test("is current: npm run docs writes it", () => {
    expect(page).toBe(opsPage());
  });

  test("has every op, every function of the libraries, and every scalar function", () => {
    const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, name]) => name);
    expect([...headings].sort()).toEqual([...functions].sort());
    const rows = [...page.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(Object.keys(scalar).sort());
    expect(examples.length).toBe(headings.length + rows.length);
  });

  test("says what options there are wherever a signature takes some, and nothing that is for the checker alone", () => {
    const entries = page.split(/^### /m).slice(1);
    const optional = entries.filter((entry) => /\w+Options\b/.test(entry.split("```")[1] ?? ""));
    expect(optional.length).toBeGreaterThan(20);
    expect(optional.filter((entry) => !/^- Options:\n {2}- `\w+\??: .+`: .+$/m.test(entry))).toEqual([]);
    expect(page).not.toMatch(/\bYes\b|Record<never|NoInfer/);
  });

  test("links to headings that it has", () => {
    const anchors = [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    );
    expect(new Set(anchors).size).toBe(anchors.length);
    const links = [...page.matchAll(/\]\(#(.*?)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((link) => !anchors.includes(link as string))).toEqual([]);
  });
});

describe("its examples", () => {
  let calls: readonly (() => unknown)[] = [];
  beforeAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, moduleText());
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
    ({ calls } = (await import(/* @vite-ignore */ file)) as { readonly calls: typeof calls });
  });

  test("type-check", () => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  test.each(examples.map((example, i) => [example.call, i, example.result] as const))("%s", (_, i, result) => {
    const lines = shown(calls[i]?.()).split("\n");
    expect(lines.map((line) => line.trimEnd()).join("\n")).toBe(result);
  });

  test("are found in a page, with what they give", () => {
    const text = "```ts\nf(x: number): number\nf(): 0\n\nf(1);\n// a\n//  b\n```\n\n| `g(x)` | `scalar.g(2)` = `3` |\n";
    expect(examplesOf(text)).toEqual([
      { call: "f(1)", result: "a\n b" },
      { call: "scalar.g(2)", result: "3" },
    ]);
  });
});
