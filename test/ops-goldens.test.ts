/** Every golden case of an operator: values and gradients against numbers of another library. */

import { describe, expect, it } from "vitest";
import { inPrecision } from "../dsl/evaluate.ts";
import { type Host, tensor } from "../dsl/host.ts";
import type { AnyTensor } from "../dsl/tensor.ts";
import { expectClose } from "../dsl/testing/index.ts";
import { vjp } from "../dsl/transform.ts";
import { adapterOf, type GoldenCase } from "../examples/guided-diffusion/goldens/operator-adapters.ts";
import { outside } from "./support/golden-ops-outside.ts";
import { readJson, readTensors } from "./support/goldens.ts";

const { cases, count } = readJson<{ readonly cases: readonly GoldenCase[]; readonly count: number }>("ops.json");
const stored = await readTensors("ops.safetensors");

const known = cases.filter(({ name }) => !(name in outside));

const hostOf = (key: string): Host => {
  const host = stored.get(key);
  if (host === undefined) throw new Error(`there is no ${key} in ops.safetensors`);
  return host;
};

const read = (key: string): AnyTensor => tensor(hostOf(key));

/** Value and gradients by our call. */
const results = (golden: GoldenCase): Readonly<Record<string, AnyTensor>> => {
  const prefix = `${golden.name}/in.`;
  const inputs = Object.fromEntries(
    [...stored.keys()].filter((key) => key.startsWith(prefix)).map((key) => [key.slice(prefix.length), read(key)]),
  );
  const adapter = adapterOf(golden);
  if (adapter === undefined) throw new Error(`no adapter for ${golden.name}`);
  const varied = Object.fromEntries(golden.grads.map((name) => [name, inputs[name] as AnyTensor]));
  const [out, pullback] = vjp((values: typeof varied) => adapter.run({ ...inputs, ...values }, golden))(varied);
  if (golden.grads.length === 0) return { out };
  const gradients = pullback(read(`${golden.name}/cotangent`));
  return { out, ...Object.fromEntries(Object.entries(gradients).map(([name, value]) => [`grad.${name}`, value])) };
};

/** Compares each result within what the README of the goldens advises for its precision. */
const compare = (golden: GoldenCase, allowed: (difference: number, magnitude: number) => number): void => {
  const found = results(golden);
  expect(Object.keys(found).sort()).toEqual(["out", ...golden.grads.map((name) => `grad.${name}`)].sort());
  for (const [name, value] of Object.entries(found)) {
    const [difference, magnitude] = golden.float64[name] ?? [0, 0];
    try {
      expectClose(value, hostOf(`${golden.name}/${name}`), { absolute: allowed(difference, magnitude) });
    } catch (error) {
      throw new Error(`${golden.name}, ${name}: ${(error as Error).message}`);
    }
  }
};

describe.each(known.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  it("in f32", () => {
    compare(golden, (difference, magnitude) => Math.max(10 * difference, 1e-6 * magnitude));
  });

  // In f64 nothing is rounded to a half.
  if (golden.dtype === "f16") return;

  // The numbers are f32, off from exact ones by `difference`, which was rounded to f32 itself.
  it("in f64", () => {
    inPrecision("f64", () => compare(golden, (difference, magnitude) => 1.1 * difference + 1e-7 * magnitude));
  });
});

describe("the list of cases", () => {
  it("is whole: every case is run, or stands in one list", () => {
    expect(cases).toHaveLength(count);
    expect(known.filter((golden) => adapterOf(golden) === undefined).map(({ name }) => name)).toEqual([]);
    const names = new Set(cases.map(({ name }) => name));
    for (const name of Object.keys(outside)) expect(names).toContain(name);
  });
});
