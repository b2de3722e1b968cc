/** The arrows between folders, cycles, sizes, and the paths that the documents name. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { opsByName } from "./support/manifest.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The files below a folder of the project, by path from its root. */
const walk = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return [".git", ".cache", "node_modules", "dist", "test/goldens"].includes(path) ? [] : walk(path);
  });

const files = walk(".");
const sources = files.filter((path) => /^(dsl|compiler|runtime|examples)\/.*\.(ts|js)$/.test(path));
const documents = files.filter((path) => /^([A-Z]+|docs\/.*)\.md$/.test(path));

interface Import {
  /** A path from the root for a relative import, else the name of a package. */
  readonly target: string;
  /** Gone when the program runs. */
  readonly typeOnly: boolean;
}

/** The imports of a file. Statements stand at the start of a line, as the formatter puts them; comments do not. */
const importsOf = (path: string, text: string): Import[] => {
  const statements = text.matchAll(/^(?:import|export)\b(\s+type\b)?(?:[^;"'`=()]*\bfrom)?\s*"([^"]+)"/gm);
  const calls = text.replace(/^\s*(\*|\/\*|\/\/).*$/gm, "").matchAll(/\bimport\(()(?:\s|\/\*.*?\*\/)*"([^"]+)"/g);
  return [...statements, ...calls].map(([, type, name = ""]) => ({
    target: name.startsWith(".") ? posix.join(posix.dirname(path), name) : name,
    typeOnly: Boolean(type),
  }));
};

/** What the files of a folder may import. `"x/"` and `"x:"` are all that begins so; else a name is one name. */
interface Rule {
  readonly folder: string;
  readonly values: readonly string[];
  /** May be imported besides, as types. */
  readonly types?: readonly string[];
  readonly never?: readonly string[];
}

/** The first rule whose folder holds a file is the file's. */
const rules: readonly Rule[] = [
  { folder: "dsl/testing/", values: ["dsl/", "fast-check"] },
  { folder: "dsl/", values: ["dsl/"], never: ["dsl/testing/"] },
  { folder: "runtime/", values: ["runtime/"], types: ["dsl/"] },
  { folder: "compiler/frontend/", values: ["compiler/", "dsl/", "ts-morph", "node:"], types: ["runtime/plan.ts"] },
  // The version that plans say they have.
  { folder: "compiler/plan.ts", values: ["compiler/", "dsl/", "runtime/plan.ts"] },
  // Programs are compiled without the runtime; these load what was compiled into a device, by its public name.
  { folder: "compiler/on-device.ts", values: ["compiler/", "dsl/", "runtime/index.ts"] },
  {
    folder: "compiler/cli/",
    values: ["compiler/", "dsl/", "runtime/index.ts", "commander", "node:"],
    types: ["runtime/plan.ts"],
  },
  { folder: "compiler/", values: ["compiler/", "dsl/", "commander", "wabt", "node:"], types: ["runtime/"] },
  {
    folder: "examples/guided-diffusion/files/",
    values: ["examples/guided-diffusion/files/", "typegrad", "typegrad/", "node:", "@zip.js/zip.js"],
  },
  {
    folder: "examples/guided-diffusion/images/",
    values: [
      "examples/guided-diffusion/files/",
      "examples/guided-diffusion/images/",
      "typegrad",
      "node:",
      "@imagemagick/magick-wasm",
    ],
  },
  {
    folder: "examples/guided-diffusion/plots/",
    values: ["examples/guided-diffusion/plots/", "examples/guided-diffusion/images/", "node:", "@resvg/resvg-wasm"],
  },
  {
    folder: "examples/guided-diffusion/evaluation/",
    values: ["examples/guided-diffusion/", "typegrad", "typegrad/", "node:", "ml-matrix"],
  },
  {
    folder: "examples/guided-diffusion/cli/",
    values: ["examples/guided-diffusion/", "typegrad", "typegrad/", "node:", "commander", "fastest-levenshtein"],
  },
  { folder: "examples/", values: ["examples/", "typegrad", "typegrad/", "node:"] },
];

const covers = (names: readonly string[], target: string): boolean =>
  names.some((name) => (/[/:]$/.test(name) ? target.startsWith(name) : target === name));

/** The imports of a file against the arrows. */
const wrongArrows = (path: string, text: string): string[] => {
  const rule = rules.find(({ folder }) => path.startsWith(folder));
  if (rule === undefined) return [`${path} is in a folder without a rule`];
  const { values, types = [], never = [] } = rule;
  return importsOf(path, text)
    .filter(({ target, typeOnly }) => {
      const allowed = covers(values, target) || (typeOnly && covers(types, target));
      return !allowed || covers(never, target);
    })
    .map(({ target, typeOnly }) => `${path} imports ${typeOnly ? "types of " : ""}${target}`);
};

/** The first cycle of imports that stay when programs run, as a path of files; none gives `[]`. */
const cycleIn = (modules: ReadonlyMap<string, string>): string[] => {
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): string[] => {
    if (above.includes(path)) return [...above.slice(above.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const { target, typeOnly } of importsOf(path, modules.get(path) ?? "")) {
      const cycle = !typeOnly && modules.has(target) ? visit(target, [...above, path]) : [];
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  };
  for (const path of modules.keys()) {
    const cycle = visit(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
};

/** Paths in a document: links, and words in code that begin with a folder of ours or end like a file. */
const pathsIn = (text: string): string[] => {
  const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, path = ""]) => path);
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  const code = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, word = ""]) => word);
  const folders = new Set(files.flatMap((path) => (path.includes("/") ? [path.slice(0, path.indexOf("/"))] : [])));
  return [
    ...links,
    ...code.filter((word) => folders.has(word.split("/")[0] ?? "") || /^\w.*\.(ts|m?js|json|md)$/.test(word)),
  ];
};

/** `dsl/ops/*.ts` stands for at least one file. */
const exists = (path: string): boolean => {
  const pattern = new RegExp(`^${path.replace(/[.+()[\]]/g, "\\$&").replaceAll("*", "[^/]*")}$`);
  return existsSync(join(root, path)) || (path.includes("*") && files.some((file) => pattern.test(file)));
};

const machinePath = /(?<![\w.])(?:\/(?:work|home|root|tmp|Users|mnt|opt)\/|[A-Z]:\\\\?\w)/;

describe("the arrows between folders", () => {
  test("hold", () => {
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.flatMap((path) => wrongArrows(path, read(path)))).toEqual([]);
  });

  test.each([
    ["dsl/tape.ts", 'import { readFileSync } from "node:fs";', "dsl/tape.ts imports node:fs"],
    ["dsl/ops/map.ts", 'export * from "../testing/close.ts";', "dsl/ops/map.ts imports dsl/testing/close.ts"],
    ["dsl/tape.ts", 'import type { A } from "fast-check";', "dsl/tape.ts imports types of fast-check"],
    ["dsl/tape.ts", 'import {\n  a,\n  b,\n} from "../compiler/x.ts";', "dsl/tape.ts imports compiler/x.ts"],
    ["dsl/testing/tensors.ts", 'import "vitest";', "dsl/testing/tensors.ts imports vitest"],
    ["runtime/run.ts", 'import { map } from "../dsl/index.ts";', "runtime/run.ts imports dsl/index.ts"],
    ["runtime/run.ts", 'const { map } = await import("../dsl/index.ts");', "runtime/run.ts imports dsl/index.ts"],
    ["compiler/fuse.ts", 'import { Node } from "ts-morph";', "compiler/fuse.ts imports ts-morph"],
    ["compiler/fuse.ts", 'import { run } from "../runtime/plan.ts";', "compiler/fuse.ts imports runtime/plan.ts"],
    [
      "compiler/compile.ts",
      'import { openDevice } from "../runtime/index.ts";',
      "compiler/compile.ts imports runtime/index.ts",
    ],
    [
      "compiler/on-device.ts",
      'import { makeQueue } from "../runtime/queue.ts";',
      "compiler/on-device.ts imports runtime/queue.ts",
    ],
    ["compiler/frontend/a.ts", 'import wabt from "wabt";', "compiler/frontend/a.ts imports wabt"],
    ["examples/first.ts", 'import { map } from "../dsl/index.ts";', "examples/first.ts imports dsl/index.ts"],
    ["tools/x.ts", "", "tools/x.ts is in a folder without a rule"],
  ])("%s may not say %j", (path, text, wrong) => {
    expect(wrongArrows(path, text)).toEqual([wrong]);
  });

  test.each([
    ["dsl/tape.ts", '/** import { map } from "typegrad"; */\n * import("typegrad")\nimport { a } from "./shape.ts";'],
    ["dsl/testing/tensors.ts", 'import fc from "fast-check";\nimport { map } from "../ops/map.ts";'],
    ["runtime/run.ts", 'import type { DType } from "../dsl/dtype.ts";'],
    ["compiler/frontend/load.ts", 'import { Project } from "ts-morph";'],
    ["compiler/on-device.ts", 'import { openDevice } from "../runtime/index.ts";'],
    ["compiler/cli/run.ts", 'import { openDevice } from "../../runtime/index.ts";'],
    ["compiler/codegen/plan.ts", 'import type { Plan } from "../../runtime/plan.ts";'],
    ["examples/first.ts", 'import { map } from "typegrad";\nimport { linear } from "typegrad/nn";'],
  ])("%s may say %j", (path, text) => {
    expect(importsOf(path, text).length).toBeGreaterThan(0);
    expect(wrongArrows(path, text)).toEqual([]);
  });
});

describe("cycles", () => {
  test("there are none", () => {
    expect(cycleIn(new Map(sources.map((path) => [path, read(path)])))).toEqual([]);
  });

  test("one would be found", () => {
    const modules = (back: string): Map<string, string> =>
      new Map([
        ["dsl/a.ts", 'import { b } from "./ops/b.ts";'],
        ["dsl/ops/b.ts", 'export * from "./c.ts";'],
        ["dsl/ops/c.ts", back],
      ]);
    expect(cycleIn(modules('import { a } from "../a.ts";'))).toEqual([
      "dsl/a.ts",
      "dsl/ops/b.ts",
      "dsl/ops/c.ts",
      "dsl/a.ts",
    ]);
    expect(cycleIn(modules('import type { A } from "../a.ts";'))).toEqual([]);
  });
});

/**
 * Words of the compiler's own that ops have for names, too: kinds, movements and reductions of lowerings, subjects of algebra's
 * rules, and words of every day.
 */
const ownWords = new Set(
  "concat expand flip fold full gather iota map max min pad permute pow prod reshape round scatterAdd slice stopGradient sum tensor tile".split(
    " ",
  ),
);

/** Ops that a file names in a string, but for base functions, which every target computes. */
const opsNamedIn = (text: string): string[] => {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  return opsByName
    .filter(([name, { record }]) => record.scalar?.expansion !== "base" && !ownWords.has(name))
    .filter(([name]) => new RegExp(`["'\`]${name}["'\`]`).test(code))
    .map(([name]) => name);
};

describe("an op is its record and its line in the list", () => {
  const others = sources.filter((path) => /^(compiler|runtime)\//.test(path));

  test("nothing beside them names it", () => {
    expect(others.flatMap((path) => opsNamedIn(read(path)).map((name) => `${path} names ${name}`))).toEqual([]);
    const used = others.map(read).join("\n");
    expect([...ownWords].filter((word) => !used.includes(`"${word}"`))).toEqual([]);
  });

  test("one that is named would be found", () => {
    expect(opsNamedIn('if (name === "softmax" || name === "sum") return; // "groupNorm"')).toEqual(["softmax"]);
  });
});

describe("documents", () => {
  test("there are some", () => {
    expect(documents).toEqual(
      expect.arrayContaining(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]),
    );
  });

  test.each(documents)("every path in %s exists", (path) => {
    expect(pathsIn(read(path)).filter((named) => !exists(named))).toEqual([]);
  });

  test("a path that is gone would be found", () => {
    const text =
      "[a](docs/no.md), [b](https://example.org), `dsl/no.ts`, `dsl/no/*.ts`, `no.json`, `dsl/`, `dsl/ops/*.ts`";
    expect(pathsIn(text).filter((named) => !exists(named))).toEqual([
      "docs/no.md",
      "dsl/no.ts",
      "dsl/no/*.ts",
      "no.json",
    ]);
  });
});

describe("files", () => {
  const lines = (text: string): number => text.trimEnd().split("\n").length;

  test("the files of dsl/ stay short", () => {
    const generated = ["dsl/digits-tables.ts"];
    const long = sources.filter(
      (path) => path.startsWith("dsl/") && !generated.includes(path) && lines(read(path)) > 400,
    );
    expect(long).toEqual([]);
  });

  test("no file of ours is longer than 500 lines", () => {
    const ours = [...sources, ...files.filter((path) => /^(test|\.ci)\/.*\.(ts|js|mjs)$/.test(path))];
    expect(ours.filter((path) => lines(read(path)) > 500)).toEqual([]);
  });

  test("lines are counted", () => {
    expect(lines(`${"x\n".repeat(401)}`)).toBe(401);
  });

  test("no file names a place on somebody's machine", () => {
    const text = files.filter((path) => /\.(ts|m?js|json|md)$|^\.ci\//.test(path));
    expect(text.filter((path) => machinePath.test(read(path)))).toEqual([]);
  });

  test.each([
    ["home", "me"],
    ["work", "main"],
    ["tmp", "x"],
  ])("a path in %s would be found", (...parts) => {
    expect(machinePath.test(`read("/${parts.join("/")}")`)).toBe(true);
    expect(machinePath.test(`https://example.org/${parts.join("/")}`)).toBe(false);
  });
});
