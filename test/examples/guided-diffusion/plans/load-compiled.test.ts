/** Plans that are kept: found again by all that determines them, and compiled anew where what is kept is no good. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { pairDistances } from "../../../../examples/guided-diffusion/evaluation/distances.ts";
import { loadCompiled } from "../../../../examples/guided-diffusion/plans/load-compiled.ts";
import { keyOf, openPlanCache, type PlanCache } from "../../../../examples/guided-diffusion/plans/plan-cache.ts";
import { digestOf } from "../../../../examples/guided-diffusion/plans/sources-digest.ts";
import { type DeviceTensor, openDevice } from "../../../../runtime/index.ts";

const disk = vi.hoisted(() => ({ isReadOnly: false }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const refusing = ((...args: Parameters<typeof fs.utimesSync>) => {
    if (disk.isReadOnly) throw Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
    fs.utimesSync(...args);
  }) satisfies typeof fs.utimesSync;
  return { ...fs, utimesSync: refusing };
});

const sources = vi.hoisted(() => ({ change: 0 }));
vi.mock("../../../../examples/guided-diffusion/plans/sources-digest.ts", async (original) => {
  const digests = await original<typeof import("../../../../examples/guided-diffusion/plans/sources-digest.ts")>();
  return { ...digests, freshSourcesDigest: () => `${digests.freshSourcesDigest()}${sources.change || ""}` };
});

const folder = mkdtempSync(join(tmpdir(), "adm-plans-"));
const device = await openDevice({ kind: "wasm", threads: 1 });
afterAll(() => {
  device.close();
  rmSync(folder, { recursive: true });
});

const source = new URL("../../../../examples/guided-diffusion/evaluation/distances.ts", import.meta.url);
const at = (name: string): string => join(folder, name);

/** A cache that counts what it is told to keep: one plan for each compilation. */
const counted = (name: string): PlanCache & { readonly kept: () => number } => {
  const cache = openPlanCache(at(name));
  let kept = 0;
  return {
    read: cache.read,
    write: (key, bytes) => {
      kept++;
      cache.write(key, bytes);
    },
    kept: () => kept,
  };
};

/** Distances of two points to one, on a plan that is kept or not. */
const distances = async (plans: PlanCache, columns = 1): Promise<number[]> => {
  const loaded = await loadCompiled(pairDistances, { source, dims: { M: 2, N: columns, K: 2 } }, { device, plans });
  const a = { dtype: "f32", shape: [2, 2], data: Float32Array.of(0, 0, 3, 4) } as const;
  const b = { dtype: "f32", shape: [columns, 2], data: new Float32Array(2 * columns) } as const;
  const result = (await loaded(a as never, b as never)) as DeviceTensor;
  return [...((await result.read()).data as Float32Array)];
};

test("a plan is compiled once, and another for other sizes", async () => {
  const plans = counted("once");
  expect(await distances(plans)).toEqual([0, 25]);
  expect(await distances(plans)).toEqual([0, 25]);
  expect(plans.kept()).toBe(1);
  expect(await distances(plans, 2)).toEqual([0, 0, 25, 25]);
  expect(plans.kept()).toBe(2);
  expect(readdirSync(at("once")).every((name) => /^[0-9a-f]{64}\.plan$/.test(name))).toBe(true);
});

test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
  ["empty", () => new Uint8Array()],
  ["cut short", (bytes) => bytes.subarray(0, bytes.length - 1)],
  ["changed in one bit", (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte))],
  ["of another version", (bytes) => bytes.map((byte, i) => (i === 8 ? byte + 1 : byte))],
])("a file that is %s is compiled anew, and replaced", async (what, damaged) => {
  const plans = counted(what);
  await distances(plans);
  const file = join(at(what), readdirSync(at(what))[0] as string);
  const whole = readFileSync(file);
  writeFileSync(file, damaged(whole));
  expect(await distances(plans)).toEqual([0, 25]);
  expect(plans.kept()).toBe(2);
  expect(readFileSync(file)).toEqual(whole);
});

test("what the compiler refuses has the line of the program, with a folder for plans and without", async () => {
  const refused = new URL("../../../errors/await.ts", import.meta.url);
  const program = (x: unknown) => x;
  for (const plans of [undefined, counted("refused")]) {
    const loading = loadCompiled(program, { source: refused }, { device, plans });
    await expect(loading).rejects.toMatchObject({
      name: "CompileError",
      message: expect.stringMatching(/await\.ts:4:\d+ TG301 /),
      diagnostics: [{ code: "TG301" }],
    });
  }
  expect(existsSync(at("refused"))).toBe(false);
});

test("compiling ends when it is told to", async () => {
  const controller = new AbortController();
  const loading = loadCompiled(
    pairDistances,
    { source, dims: { M: 2, N: 1, K: 2 } },
    { device, signal: controller.signal },
  );
  controller.abort(new Error("interrupted"));
  await expect(loading).rejects.toThrow(/^interrupted$/);
});

test("a plan of sources that have changed since its key was made serves, and is not kept", async () => {
  const plans = counted("changed");
  sources.change = 1;
  try {
    expect(await distances(plans)).toEqual([0, 25]);
  } finally {
    sources.change = 0;
  }
  expect(plans.kept()).toBe(0);
  expect(await distances(plans)).toEqual([0, 25]);
  expect(plans.kept()).toBe(1);
});

test("a program that changes while it is compiled is not kept as what it was", async () => {
  const program = new URL(`${pathToFileURL(folder)}/program.ts`);
  const write = (factor: number): void =>
    writeFileSync(
      program,
      `import { mul, type Tensor } from ${JSON.stringify(resolve("dsl/index.ts"))};
export const scaled = (x: Tensor<readonly [2], "f32">): Tensor<readonly [2], "f32"> => mul(x, ${factor});
`,
    );
  write(2);
  const plans = counted("program");
  const scaled = (x: never): never => x;
  const load = (cache: PlanCache) => loadCompiled(scaled, { source: program }, { device, plans: cache });
  const changing: PlanCache = {
    ...plans,
    read: (key) => {
      write(3);
      return plans.read(key);
    },
  };
  await load(changing);
  expect(plans.kept()).toBe(0);
  await load(plans);
  expect(plans.kept()).toBe(1);
});

test("where nothing can be written it says so, and computes", async () => {
  writeFileSync(at("file"), "");
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    expect(await distances(openPlanCache(join(at("file"), "plans")))).toEqual([0, 25]);
    expect(write.mock.calls.flat().join("")).toMatch(/^the compiled plan is not kept in .*file.plans: /);
  } finally {
    write.mockRestore();
  }
});

test("what can be read and not written serves", async () => {
  const plans = counted("read-only");
  await distances(plans);
  disk.isReadOnly = true;
  try {
    expect(await distances(plans)).toEqual([0, 25]);
  } finally {
    disk.isReadOnly = false;
  }
  expect(plans.kept()).toBe(1);
});

test("what could not be kept leaves nothing behind", () => {
  // A folder is where the plan's file would be.
  mkdirSync(at("taken/key.plan/in-the-way"), { recursive: true });
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    openPlanCache(at("taken")).write("key", Uint8Array.of(1));
    expect(write.mock.calls.flat().join("")).toContain("the compiled plan is not kept in");
  } finally {
    write.mockRestore();
  }
  expect(readdirSync(at("taken"))).toEqual(["key.plan"]);
});

test("those that were used last are kept, and no half of one", () => {
  const plans = openPlanCache(at("many"));
  for (let i = 0; i < 100; i++) {
    plans.write(`${i}`, Uint8Array.of(i));
    utimesSync(join(at("many"), `${i}.plan`), 1000 + i, 1000 + i);
  }
  expect(plans.read("0")).toEqual(Buffer.of(0));
  plans.write("100", Uint8Array.of(100));
  expect(plans.read("0")).toEqual(Buffer.of(0));
  expect(plans.read("1")).toBeUndefined();
  expect(readdirSync(at("many")).length).toBe(100);
});

test("keys tell apart what is not the same", () => {
  const values = [{}, { a: undefined }, { a: null }, { a: NaN }, { a: "NaN" }, { a: Infinity }, { a: -0 }, { a: 0 }];
  const more = [{ a: 1, b: 2 }, { b: 2, a: 1 }, [1, [2]], [[1], 2]];
  const keys = [...values, ...more].map((value) => keyOf(value));
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyOf({ a: 1 }, 2)).toBe(keyOf({ a: 1 }, 2));
  expect(() => keyOf({ f: () => 1 })).toThrow("internal: a plan cannot be kept under a key with a function in it");
});

test("the digest of sources is of their texts and names, deep in folders too, and of nothing else", () => {
  mkdirSync(at("sources/deep"), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(at(`sources/${name}`), text);
  const digest = (): string => digestOf([at("sources")]);
  write("a.ts", "1");
  write("deep/b.ts", "2");
  const first = digest();
  write("notes.md", "3");
  expect(digest()).toBe(first);
  write("deep/b.ts", "3");
  const second = digest();
  expect(second).not.toBe(first);
  write("c.ts", "");
  expect(digest()).not.toBe(second);
  rmSync(at("sources/c.ts"));
  write("deep/b.ts", "2");
  expect(digest()).toBe(first);
});
