/** The package as users get it: packed, installed into an empty folder, type-checked and run there. */

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tensor, writeSafetensors } from "../dsl/index.ts";
import { useSwiftshader } from "./support/swiftshader.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const exported: [string, Record<string, string>][] = Object.entries(manifest.exports);
const entries = exported.filter(([name]) => name !== "./package.json");

const run = (
  command: string,
  args: readonly string[],
  cwd: string,
): { readonly status: number | null; readonly output: string } => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status: error ? -1 : status, output: `${stdout}${stderr}${error ?? ""}` };
};
const succeed = (command: string, args: readonly string[], cwd: string): string => {
  const { status, output } = run(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} gave ${status}\n${output}`);
  return output;
};

/** A user's program. The console is declared by no library here. */
const program = `
import { grad, inPrecision, map, mean, ShapeError, mul, ones, type Shape, type Tensor, tensor, toHost } from "typegrad";
import { initLinear, type LinearParams, linear } from "typegrad/nn";
import { key, normal } from "typegrad/random";

declare const console: { log(value: unknown): void };

const square = <S extends Shape>(x: Tensor<S>): Tensor<S> => map(x, (x) => x * x);
console.log(toHost(grad((x: Tensor<[]>) => mul(square(x), x))(tensor(3))).data[0]);

const params: LinearParams<2, 3> = initLinear(key(0), 2, 3);
const loss = <B extends number>(params: LinearParams<2, 3>, x: Tensor<[B, 2]>): Tensor<[]> =>
  mean(square(linear(params, x)));
const gradient: LinearParams<2, 3> = grad(loss)(params, normal(key(1), [4, 2]));
console.log(toHost(gradient.weight).shape.join());

console.log(inPrecision("f64", () => toHost(ones([2])).dtype));
try {
  mul(ones([2, 3]), ones([2, 4]) as unknown as Tensor<[2, 3]>);
} catch (error) {
  console.log(error instanceof ShapeError);
}
`;

describe("the manifest", () => {
  test("exports each folder of dsl/ that has an index, and nothing that does not exist", () => {
    const folders = readdirSync(join(root, "dsl"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const parts = folders.map(({ name }) => name).filter((name) => existsSync(join(root, `dsl/${name}/index.ts`)));
    const own = ["scalar"]; // exported by name from `typegrad`
    const expected = [
      ".",
      "./compiler",
      "./runtime",
      ...parts.filter((name) => !own.includes(name)).map((name) => `./${name}`),
    ];
    expect(entries.map(([name]) => name).sort()).toEqual(expected.sort());
  });

  test.each(entries)("%s leads to the source first, then to dist", (name, targets) => {
    const own = ["./compiler", "./runtime"].includes(name);
    const file = name === "." ? "dsl/index" : `${own ? "" : "dsl/"}${name.slice(2)}/index`;
    expect(Object.entries(targets)).toEqual([
      ["typegrad-source", `./${file}.ts`],
      ["types", `./dist/${file}.d.ts`],
      ["default", `./dist/${file}.js`],
    ]);
  });

  test("pins its tools, and the lock file has no addresses", () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Object.keys(manifest.dependencies)).toEqual(["commander", "ts-morph", "wabt"]);
    expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toContain('"resolved"');
  });
});

describe("in an empty folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "typegrad-"));
  const installed = join(folder, "node_modules/typegrad");

  beforeAll(() => {
    succeed("npm", ["pack", "--pack-destination", folder], root);
    const [tarball = ""] = readdirSync(folder);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
    succeed(
      "npm",
      ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", `./${tarball}`],
      folder,
    );
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Type-checks and emits `program.ts` under a user's own settings, declarations of the package included. */
  const compile = (text: string, resolution: string): { readonly status: number | null; readonly output: string } => {
    writeFileSync(join(folder, "program.ts"), text);
    const settings = ["--strict", "--target", "es2022", "--lib", "es2022", "--types", ""];
    const modules =
      resolution === "nodenext" ? ["--module", "nodenext"] : ["--module", "esnext", "--moduleResolution", resolution];
    return run(process.execPath, [tsc, ...settings, ...modules, "program.ts"], folder);
  };

  test("holds JavaScript, declarations, sources and documents, and no tests", () => {
    const top = readdirSync(installed).sort();
    expect(top).toEqual([
      "ARCHITECTURE.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "compiler",
      "dist",
      "docs",
      "dsl",
      "package.json",
      "runtime",
    ]);
    for (const [, targets] of entries)
      for (const target of Object.values(targets)) expect(existsSync(join(installed, target)), target).toBe(true);
  });

  test.each(["nodenext", "bundler"])("a program type-checks and runs (%s)", (resolution) => {
    const { status, output } = compile(program, resolution);
    expect(output).toBe("");
    expect(status).toBe(0);
    expect(succeed(process.execPath, ["program.js"], folder)).toBe("27\n3,2\nf64\ntrue\n");
  });

  test("a function compiles from its source, layers of the library included", () => {
    writeFileSync(
      join(folder, "model.ts"),
      `import { map, type Tensor } from "typegrad";
import { type LinearParams, linear } from "typegrad/nn";
export const model = <B extends number>(p: LinearParams<2, 1>, x: Tensor<[B, 2]>): Tensor<[B, 1]> =>
  map(linear(p, x), (y) => y * y);
`,
    );
    const { output } = compile(
      `import { tensor, toHost } from "typegrad";
import { compile } from "typegrad/compiler";
import { model } from "./model.js";
declare const console: { log(value: unknown): void };
const compiled = await compile(model<1>, { source: "model.ts", dims: { B: 1 } });
const y = await compiled({ weight: tensor([[1, 2]]), bias: tensor([1]) }, tensor([[3, 4]]));
console.log(toHost(y).data[0]);
`,
      "nodenext",
    );
    expect(output).toBe("");
    expect(succeed(process.execPath, ["program.js"], folder)).toBe("144\n");
    const command = join(installed, "dist/compiler/cli.js");
    expect(succeed(process.execPath, [command, "check", "model.ts", "--dim", "B=1"], folder)).toMatch(
      /^model\.ts#model: equations: \d+\n$/,
    );
  });

  test("a device opens, with its workers", () => {
    const { output } = compile(
      `import { openDevice } from "typegrad/runtime";
declare const console: { log(value: unknown): void };
const device = await openDevice({ kind: "wasm", threads: 2 });
const x = await device.put({ dtype: "f32", shape: [2], data: Float32Array.of(1, 2) });
console.log(device.description);
console.log((await x.read()).data.join());
`,
      "nodenext",
    );
    expect(output).toBe("");
    expect(succeed(process.execPath, ["program.js"], folder)).toBe("wasm, 2 threads\n1,2\n");
  });

  test("a shape that does not fit is refused there", () => {
    const { status, output } = compile(
      'import { add, type Tensor } from "typegrad";\nexport const f = (x: Tensor<[2, 3]>, y: Tensor<[2, 4]>) => add(x, y);\n',
      "nodenext",
    );
    expect(output).toMatch(/program\.ts\(2,\d+\): error/);
    expect(status).not.toBe(0);
  });

  test("typegrad/testing works where fast-check is installed", () => {
    symlinkSync(join(root, "node_modules/fast-check"), join(folder, "node_modules/fast-check"), "junction");
    const { output } = compile(
      `import { map, type Tensor, tensor } from "typegrad";
import { checkGrads } from "typegrad/testing";
declare const console: { log(value: unknown): void };
console.log(checkGrads((x: Tensor<[2]>) => map(x, (x) => x * x), [tensor([1, 2])]).entries);
`,
      "nodenext",
    );
    expect(output).toBe("");
    expect(succeed(process.execPath, ["program.js"], folder)).toBe("2\n");
  });

  describe("a plan that the command built", () => {
    const command = join(installed, "dist/compiler/cli.js");
    const model = `import { map, type Tensor } from "typegrad";
import { type LinearParams, linear } from "typegrad/nn";
export const scaled = <B extends number>(p: LinearParams<2, 1>, x: Tensor<[B, 2]>): Tensor<[B, 1]> =>
  map(linear(p, x), (y) => y * y);
`;
    /** A user's program without the compiler. */
    const caller = (device: string): string => `
import { openDevice } from "typegrad/runtime";
import { load } from "./${device}.js";
declare const console: { log(value: unknown): void };
const device = await openDevice({ kind: "${device}", software: true });
const loaded = await load(device);
const f32 = <const S extends readonly number[]>(shape: S, ...values: number[]) =>
  ({ dtype: "f32", shape, data: Float32Array.from(values) }) as const;
const p = { weight: f32([1, 2], 1, 2), bias: f32([1], 1) };
const call = await loaded.bind({ p });
const y = await (await call(f32([1, 2], 3, 4))).read();
console.log([device.kind, ...y.data].join());
device.close();
`;
    /** The compiler and what it needs, out of the way. */
    const compilers = ["ts-morph", "wabt", "commander", "typegrad/dist/compiler", "typegrad/compiler"];
    const hide = (path: string): string => join(folder, `hidden-${path.replaceAll("/", "-")}`);
    const open = (path: string): string => join(folder, "node_modules", path);
    const withoutCompiler = <Result>(f: () => Result): Result => {
      for (const path of compilers) renameSync(open(path), hide(path));
      try {
        return f();
      } finally {
        for (const path of compilers) renameSync(hide(path), open(path));
      }
    };
    const settings = ["--strict", "--target", "es2022", "--lib", "es2022,dom", "--types", "", "--module", "nodenext"];

    beforeAll(() => writeFileSync(join(folder, "scaled.ts"), model));

    test.for(["wasm", "webgpu"])("runs where no compiler is, with its types (%s)", (device, { skip }) => {
      const args = ["build", "scaled.ts#scaled", "--device", device === "wasm" ? "wasm" : "software"];
      const built = [...args, "--dim", "B=1", "--bind", "p", "-o", `${device}.plan`];
      expect(succeed(process.execPath, [command, ...built], folder)).toMatch(/kernels +\d+, of which \d+ differ/);
      writeFileSync(join(folder, "caller.ts"), caller(device));
      const checked = run(
        process.execPath,
        [tsc, ...settings, "--allowImportingTsExtensions", "--rewriteRelativeImportExtensions", "caller.ts"],
        folder,
      );
      expect(checked).toEqual({ status: 0, output: "" });
      if (device === "webgpu") {
        if (!useSwiftshader()) return skip();
        // The loader of Vulkan lies beside the driver.
        process.env.LD_LIBRARY_PATH = dirname(process.env.VK_DRIVER_FILES as string);
        symlinkSync(join(root, "node_modules/webgpu"), open("webgpu"), "junction");
      }
      const output = withoutCompiler(() => succeed(process.execPath, ["caller.js"], folder));
      expect(output).toBe(`${device},144\n`);
    });

    test("runs by the command too", () => {
      writeFileSync(join(folder, "p.safetensors"), writeSafetensors({ weight: tensor([[1, 2]]), bias: tensor([1]) }));
      writeFileSync(join(folder, "x.safetensors"), writeSafetensors({ x: tensor([[3, 4]]) }));
      const inputs = ["--input", "p=p.safetensors", "--input", "x=x.safetensors", "-o", "y.safetensors"];
      succeed(process.execPath, [command, "run", "wasm.plan", ...inputs], folder);
      const bytes = readFileSync(join(folder, "y.safetensors"));
      expect(new Float32Array(bytes.buffer.slice(bytes.byteOffset + bytes.length - 4))[0]).toBe(144);
    });
  });
});
