/**
 * The code in the documents is run.
 *
 * A block marked `ts` is a module: it type-checks, it runs, and what it prints is the `text` block that follows, if one
 * does. One marked `ts refused` does not type-check: the next `text` block is the checker's message; the one after is
 * what running it throws. One marked `ts FILE` is a passage of that file.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Block {
  /** The name of the test: document and line. */
  readonly place: string;
  /** The module it is written to. */
  readonly file: string;
  readonly info: string;
  readonly text: string;
  /** The `text` blocks up to the next block of another kind. */
  readonly shown: readonly string[];
}

const folder = join(root, ".cache/documents");

const blocksOf = (path: string, document: string): Block[] => {
  const found = [...document.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    info: match[1] as string,
    text: match[2] as string,
    line: document.slice(0, match.index).split("\n").length,
  }));
  return found.flatMap(({ info, text, line }, i) => {
    if (!/^(ts|typescript|js|javascript)\b/.test(info)) return [];
    const after = found.slice(i + 1);
    const end = after.findIndex(({ info }) => info !== "text");
    const shown = after.slice(0, end < 0 ? undefined : end).map(({ text }) => text);
    return [{ place: `${path}:${line}`, file: `${path.replace(/\W/g, "-")}-${line}.ts`, info, text, shown }];
  });
};

const documents = readdirSync(root).filter((name) => name.endsWith(".md"));
const blocks = documents.flatMap((path) => blocksOf(path, read(path)));
const programs = blocks.filter(({ info }) => info === "ts");
const refused = blocks.filter(({ info }) => info === "ts refused");
const passages = blocks.filter(({ info }) => /^ts \S+\.\S+$/.test(info));

/** What the checker says of each module, without places. */
const messages = new Map<string, string>();

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, text } of [...programs, ...refused]) writeFileSync(join(folder, file), text);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: { moduleDetection: "force" },
      include: ["*.ts"],
    }),
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", ".", "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  let at = "";
  for (const line of stdout.trimEnd().split("\n")) {
    const start = /^(?:.*\/)?([^/]+\.ts)\(\d+,\d+\): (.*)$/.exec(line);
    if (start) at = start[1] as string;
    messages.set(at, `${messages.get(at) ?? ""}${start ? start[2] : line}\n`);
  }
});

/** Runs a module here, with what it prints. */
const run = async (file: string): Promise<string> => {
  let printed = "";
  vi.spyOn(console, "log").mockImplementation((...values) => {
    printed += `${format(...values)}\n`;
  });
  await import(/* @vite-ignore */ join(folder, file));
  return printed;
};

afterEach(() => void vi.restoreAllMocks());

describe("blocks", () => {
  test("each is of a kind that is checked here", () => {
    const checked = [...programs, ...refused, ...passages];
    expect(blocks.filter((block) => !checked.includes(block)).map(({ place }) => place)).toEqual([]);
    expect(programs.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    expect(passages.length).toBeGreaterThan(0);
  });

  test("are found with what they show", () => {
    const document = "```ts\na\n```\nprints\n```text\nb\n```\n```sh\nc\n```\n```text\nd\n```\n";
    expect(blocksOf("X.md", document)).toEqual([
      { place: "X.md:1", file: "X-md-1.ts", info: "ts", text: "a\n", shown: ["b\n"] },
    ]);
  });
});

describe("programs", () => {
  test.each(programs)("$place", async ({ file, shown }) => {
    expect(messages.get(file) ?? "").toBe("");
    expect(shown.length).toBeLessThan(2);
    expect(await run(file)).toBe(shown[0] ?? "");
  });
});

describe("refusals", () => {
  test.each(refused)("$place", async ({ file, shown: [message, thrown] }) => {
    expect(messages.get(file) ?? "no error").toBe(message);
    const error = await run(file).then(
      () => "no error",
      (error: unknown) => `${error}\n`,
    );
    expect(error).toBe(thrown ?? "no error");
  });
});

describe("passages", () => {
  test.each(passages)("$place, $info", ({ info, text }) => {
    expect(read(info.slice(3))).toContain(text);
  });

  test("the README shows examples/first.ts whole, with what it prints", async () => {
    const first = passages.find(({ place, info }) => place.startsWith("README") && info === "ts examples/first.ts");
    expect(first?.text).toBe(read("examples/first.ts"));
    expect(read("examples/first.ts").trimEnd().split("\n").length).toBeLessThanOrEqual(40);
    writeFileSync(join(folder, "first.ts"), read("examples/first.ts"));
    expect(await run("first.ts")).toBe(first?.shown[0]);
  });
});
