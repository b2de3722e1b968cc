/** The types of parameters: each wrong size in a network's record is caught, and a released network costs the checker little. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ClassifierConfig, UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import * as configs from "../../../../examples/guided-diffusion/networks/configs.ts";
import { type ParameterShapes, parameterShapes } from "../../../../examples/guided-diffusion/networks/parameters.ts";
import { checkTexts, costOf } from "../../../types/checker.ts";

const folder = "examples/guided-diffusion";
const imports = `
import type { Tensor } from "../../dsl/index.ts";
import * as configs from "./networks/configs.ts";
import { classifier } from "./networks/classifier.ts";
import type { ClassifierParams, UNetParams } from "./networks/parameter-types.ts";
import { unet } from "./networks/unet.ts";
`;

const typeOf = (shape: readonly number[]): string => `Tensor<[${shape.join(", ")}]>`;

/** A record written out, and a call with it; then, a line each, calls with one size of one parameter changed. */
const callsWith = (network: "unet" | "classifier", config: string, shapes: ParameterShapes) => {
  const record = Object.entries(shapes).map(([key, shape]) => `  readonly "${key}": ${typeOf(shape)};`);
  const call = (parameters: string): string => `${network}(configs.${config}, ${parameters}, x, t);`;
  const changes = Object.entries(shapes).flatMap(([key, shape]) =>
    shape.map((_, axis) => {
      const other = shape.map((dim, i) => (i === axis ? dim + 32 : dim));
      return call(`{ ...p, "${key}": other as ${typeOf(other)} }`);
    }),
  );
  const head = `${imports}
interface Stored {
${record.join("\n")}
}
declare const p: Stored;
declare const other: unknown;
declare const x: Tensor<[1, 1, 28, 28]>;
declare const t: Tensor<[1], "i32">;
${call("p")}
`;
  return { changes, head, text: `${head}${changes.join("\n")}\n` };
};

describe.each([
  ["unet", "digits", configs.digits],
  ["classifier", "digitsClassifier", configs.digitsClassifier],
] as const)("the parameters of a %s", (network, name, config) => {
  const shapes = parameterShapes(config);

  test("have the shapes that they have at run time, and no other", () => {
    const { text, head, changes } = callsWith(network, name, shapes);
    const refused = new Set(checkTexts(folder, { "changed.ts": text }).map(({ line }) => line));
    const first = head.split("\n").length;
    expect(changes.length).toBeGreaterThan(150);
    expect([...refused].sort((a, b) => a - b)).toEqual(changes.map((_, i) => first + i));
  }, 120_000);
});

describe("the record of a config is that of run time", () => {
  const { digits, digitsClassifier, classifier64 } = configs;
  const deep = { ...digits, widths: [32, 64, 96], resBlocks: 2, attentionFactors: [1, 2], classes: 7 };
  const cases: readonly (readonly [string, UNetConfig | ClassifierConfig])[] = [
    ["blocks that resample", deep],
    ["convolutions that resample", { ...deep, resample: "conv" }],
    ["pools that resample", { ...deep, resample: "pool" }],
    ["what resamples by default", (({ resample: _, ...rest }) => rest)(deep)],
    ["features that are shifted alone", { ...deep, scaleShiftNorm: false }],
    ["one level without attention", { ...digits, widths: [32], attentionFactors: [] }],
    ["a released network", configs.adm512],
    ["an adaptive pool", { ...digitsClassifier, pool: "adaptive" }],
    ["a spatial pool", { ...classifier64, pool: "spatial" }],
    ["a second spatial pool", { ...classifier64, pool: "spatial_v2" }],
    ["an attention pool", classifier64],
  ];
  const texts = cases.map(([, config]) => {
    const record = Object.entries(parameterShapes(config)).map(
      ([key, shape]) => `  readonly "${key}": ${typeOf(shape)};`,
    );
    return `${imports}
type Same<A, B> = [A, B] extends [B, A] ? true : false;
const config = ${JSON.stringify(config)} as const;
type Derived = ${"pool" in config ? "ClassifierParams" : "UNetParams"}<typeof config>;
interface Stored {
${record.join("\n")}
}
export const same: Same<Derived, Stored> = true;
export const fewer: Same<Omit<Derived, "time_embed.0.bias">, Stored> = false;
`;
  });
  const faults = checkTexts(folder, Object.fromEntries(texts.map((text, i) => [`case${i}.ts`, text])));

  test.each(cases.map(([name], i) => [name, i] as const))("with %s", (_, i) => {
    expect(faults.filter(({ file }) => file === `case${i}.ts`)).toEqual([]);
  });
});

test("what callers may not write is refused: calls.types.ts", () => {
  const text = readFileSync(new URL("calls.types.ts", import.meta.url), "utf8");
  expect(text.split("@ts-expect-error").length - 1).toBeGreaterThan(10);
  expect(checkTexts("test/examples/guided-diffusion/networks", { "calls.ts": text })).toEqual([]);
});

describe("a released network", () => {
  const unused = `${imports.replaceAll("import type {", "export type {").replaceAll("import {", "export {").replaceAll("import * as configs", "export * as configs")}`;
  const base = costOf(folder, { "base.ts": unused }, "sources").instantiations;
  const networks = (["adm64", "adm128", "adm256", "adm512"] as const).map((name): readonly [string, string] => [
    name,
    `export const network = <B extends number, S extends number>(
      p: UNetParams<typeof configs.${name}>,
      x: Tensor<[B, 3, S, S]>,
      t: Tensor<[B], "i32">,
      y: Tensor<[B], "i32">,
    ): Tensor<[B, 6, S, S]> => unet(configs.${name}, p, x, t, y);`,
  ]);
  const classifiers = (["classifier64", "classifier512"] as const).map((name): readonly [string, string] => [
    name,
    `export const network = <B extends number, S extends number>(
      p: ClassifierParams<typeof configs.${name}>,
      x: Tensor<[B, 3, S, S]>,
      t: Tensor<[B], "i32">,
    ): Tensor<[B, 1000]> => classifier(configs.${name}, p, x, t);`,
  ]);

  test.each([...networks, ...classifiers])("%s costs less than 30,000 instantiations above the library", (_, text) => {
    const cost = costOf(folder, { "network.ts": `${imports}${text}` }, "sources").instantiations - base;
    expect(cost).toBeLessThan(30_000);
  });
});
