/**
 * Every golden case of an operator, and every draw of random numbers, by name: values and gradients against numbers of other
 * libraries, run directly, as a compiled program, on WebAssembly and on WebGPU.
 */

import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { dtypes } from "../dsl/dtype.ts";
import { inPrecision } from "../dsl/evaluate.ts";
import { tensor } from "../dsl/host.ts";
import { expectClose } from "../dsl/testing/index.ts";
import { relativelyWithin, same } from "../examples/guided-diffusion/goldens/compare.ts";
import { type DeviceName, type GoldenDevice, openGoldenDevice } from "../examples/guided-diffusion/goldens/device.ts";
import { openFolder } from "../examples/guided-diffusion/goldens/folder.ts";
import type { GoldenCase as OperatorCase } from "../examples/guided-diffusion/goldens/operator-adapters.ts";
import { operators } from "../examples/guided-diffusion/goldens/operator-programs.ts";
import { inputsOf, operatorCases } from "../examples/guided-diffusion/goldens/operators.ts";
import { randomCases } from "../examples/guided-diffusion/goldens/random.ts";
import type { Finding, GoldenCase } from "../examples/guided-diffusion/goldens/row.ts";
import { randomParts } from "./programs/random-parts.ts";
import { elements } from "./support/evaluator-probes.ts";
import { outside, outsideOfRandom } from "./support/golden-ops-outside.ts";
import { useSwiftshader } from "./support/swiftshader.ts";

type Words = readonly [number, number];

const folder = await openFolder(fileURLToPath(new URL("goldens", import.meta.url)));
const { cases, count } = await folder.json<{ readonly cases: readonly OperatorCase[]; readonly count: number }>(
  "ops.json",
);
const random = await folder.json<{
  readonly threefry2x32_block: readonly {
    readonly key: Words;
    readonly counter: readonly Words[];
    readonly out: readonly Words[];
  }[];
  readonly erf_inv_float32: { readonly x: readonly number[]; readonly bits: readonly string[] };
  readonly per_seed: readonly object[];
}>("random.json");
const stored = await folder.tensors("ops.safetensors");

const inside = cases.filter(({ name }) => !(name in outside));
const outsideNames = Object.keys(outside);
const named = <T extends { readonly name: string }>(list: readonly T[]): (readonly [string, T])[] =>
  list.map((one) => [one.name, one] as const);

const listed = async <T>(items: AsyncIterable<T> | Iterable<T>): Promise<readonly T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const expectAllPass = (findings: readonly Finding[]): void => {
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
};

const devices: readonly { readonly name: DeviceName; readonly there: boolean }[] = [
  { name: "direct", there: true },
  { name: "program", there: true },
  { name: "wasm", there: true },
  { name: "webgpu", there: useSwiftshader() },
];

const present = devices.filter(({ there }) => there);
const opened = new Map<DeviceName, GoldenDevice>();
for (const { name } of present) opened.set(name, await openGoldenDevice(name));
const direct = opened.get("direct") as GoldenDevice;
const draws = await listed(randomCases(folder, direct));

describe.each(devices)("on $name", ({ name, there }) => {
  const device = opened.get(name) ?? direct;
  const ops = listed(operatorCases(folder, device));
  const findingsOf = async (golden: string, list: Promise<readonly GoldenCase[]>): Promise<readonly Finding[]> =>
    listed((await list).find(({ name }) => name === golden)?.run() ?? []);

  afterAll(device.close);

  it.skipIf(!there).each(named(inside))("%s", async (_, { name, grads }) => {
    const findings = await findingsOf(`ops/${name}`, ops);
    expectAllPass(findings);
    const quantities = findings.map(({ quantity }) => quantity);
    expect(quantities.sort()).toEqual(["out", ...grads.map((name) => `grad.${name}`)].sort());
  });

  it.skipIf(!there).each(outsideNames)("%s is left out, and says so", async (name) => {
    const findings = await findingsOf(`ops/${name}`, ops);
    expect(findings.map(({ verdict }) => verdict)).toEqual(["skipped"]);
  });

  it.skipIf(!there).each(draws.map(({ name }) => name))("%s", async (name) => {
    expectAllPass(await findingsOf(name, listed(randomCases(folder, device))));
  });

  it.skipIf(!there)("random/threefry2x32_block and random/erf_inv_float32", async () => {
    const rows = random.threefry2x32_block.flatMap(({ key: [k0, k1], counter, out }) =>
      counter.map(([c0, c1], i) => ({ k0, k1, c0, c1, out: out[i] as Words })),
    );
    const [k0, k1, c0, c1] = (["k0", "k1", "c0", "c1"] as const).map((word) =>
      tensor(
        rows.map((row) => row[word]),
        "u32",
      ),
    );
    const { x, bits } = random.erf_inv_float32;
    const settings = { words: [0, 1] as const };
    const inputs = { k0, k1, c0, c1, x: tensor([...x]) } as unknown as Parameters<typeof randomParts>[1];
    const source = new URL("programs/random-parts.ts", import.meta.url).href;
    const { words, inverses } = await (await device.prepare(randomParts, source, settings, inputs))(inputs);
    const due = new Float32Array(Uint32Array.from(bits, (text) => Number.parseInt(text, 16)).buffer);
    expectAllPass([
      ...words.map((found, i) =>
        same(
          `word ${i}`,
          Array.from(elements(found)),
          rows.map(({ out }) => out[i]),
        ),
      ),
      relativelyWithin("erf⁻¹", elements(inverses), due, 2e-6),
    ]);
  });
});

// In f64 nothing is rounded to a half.
describe("directly in f64", () => {
  it.each(named(inside.filter(({ dtype }) => dtype !== "f16")))("%s", (name, golden) => {
    const [results = {}] = inPrecision("f64", () => operators({ cases: [golden] }, [inputsOf(stored, golden)]));
    for (const [quantity, value] of Object.entries(results)) {
      // The numbers are f32, off from exact ones by `difference`, which was rounded to f32 itself.
      const [difference, magnitude] = golden.float64[quantity] ?? [0, 0];
      expectClose(value, stored.host(`${name}/${quantity}`), { absolute: 1.1 * difference + 1e-7 * magnitude });
    }
  });
});

describe("the lists of cases", () => {
  it("are whole: every case of an op runs, or stands in one list", () => {
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(count);
    expect(names).toEqual(expect.arrayContaining(outsideNames));
  });

  it("are whole: every field of a seed is drawn, or stands in one list", async () => {
    for (const [i, seed] of random.per_seed.entries()) {
      const fields = Object.keys(seed).filter((field) => field !== "seed" && field !== "key");
      expect(fields).toEqual(expect.arrayContaining(Object.keys(outsideOfRandom)));
      const wanted = fields
        .filter((field) => !(field in outsideOfRandom))
        .map((field) => field.replace(/32$|_shape_2x3$/, "").replace(/_(.)/g, (_, letter) => letter.toUpperCase()));
      const findings = await listed(draws.filter(({ name }) => name.startsWith("random/seed"))[i]?.run() ?? []);
      expect(new Set(findings.map(({ quantity }) => quantity.split(" ")[0]))).toEqual(new Set(wanted));
    }
  });

  // One that begins to work belongs among the others.
  it.each(outsideNames)("%s has no meaning in the language", (name) => {
    const golden = cases.find((one) => one.name === name) as OperatorCase;
    expect(() => operators({ cases: [golden] }, [inputsOf(stored, golden)])).toThrow(/bf16/);
    for (const dtype of ["bf16", "u8", "u16"]) expect(dtypes).not.toContain(dtype);
  });
});
