/** ADM's UNet, run directly, against the numbers of the original: `goldens/unet-a`, 16 × 16 images of 5 classes. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../dsl/bytes.ts";
import { type Tensor, tensor, toHost, vjp } from "../dsl/index.ts";
import { readSafetensors } from "../dsl/safetensors.ts";
import type { AnyTensor } from "../dsl/tensor.ts";
import { type Checkpoint, type UNetConfig, unet } from "./programs/unet.ts";

const golden = (name: string): string => fileURLToPath(new URL(`./goldens/${name}`, import.meta.url));

/** The original's configuration, as ours. */
const configuration = (): UNetConfig => {
  const { config } = JSON.parse(readFileSync(golden("unet-a.json"), "utf8"));
  return {
    modelChannels: config.model_channels,
    widths: config.channel_mult.map((factor: number) => factor * config.model_channels),
    blocksPerLevel: config.num_res_blocks,
    attentionFactors: config.attention_resolutions,
    headChannels: config.num_head_channels,
  };
};

/** The tensors of a file of goldens. */
const load = async (name: string): Promise<Checkpoint & Readonly<Record<string, AnyTensor>>> => {
  const { entries, read } = await readSafetensors(bytesSource(readFileSync(golden(name)), name));
  const tensors: Record<string, AnyTensor> = {};
  for (const key of entries.keys()) tensors[key] = tensor(await read(key));
  return tensors;
};

const elements = (x: AnyTensor): number[] => Array.from(toHost(x).data as Float32Array);
const difference = (a: AnyTensor, b: AnyTensor): number[] => {
  const other = elements(b);
  return elements(a).map((value, i) => value - (other[i] as number));
};
const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const groups = 32;

/**
 * Entries of a parameter that have no effect, and so no gradient: a constant added to a channel before a norm with one
 * channel a group, and one added to all keys of a softmax. What the original stored there is rounding noise.
 */
const withoutEffect = (parameters: Checkpoint, key: string): readonly [from: number, to: number] => {
  const size = parameters[key]?.shape[0];
  const blocks = Object.keys(parameters).map((name) => Number(/^output_blocks\.(\d+)/.exec(name)?.[1] ?? 0));
  const last = `output_blocks.${Math.max(...blocks)}.0`;
  const beforeNorm =
    key.endsWith(".in_layers.2.bias") || key === `${last}.out_layers.3.bias` || key === `${last}.skip_connection.bias`;
  if (beforeNorm && size === groups) return [0, size];
  if (key.endsWith(".qkv.bias")) return [size / 3, (size / 3) * 2];
  return [0, 0];
};

describe("the UNet of goldens/unet-a, run directly", async () => {
  const config = configuration();
  const parameters = await load("unet-a.weights.safetensors");
  const stored = await load("unet-a.safetensors");
  const at = (name: string): AnyTensor => stored[name] as AnyTensor;
  const x: Tensor<[2, 3, 16, 16]> = at("in.x");

  test("gives the stored output within 1e-4, in less than 3 s", () => {
    const start = performance.now();
    const output = unet(config, parameters, x, at("in.t"), at("in.y"));
    const seconds = (performance.now() - start) / 1000;
    expect(output.shape).toEqual([2, 6, 16, 16]);
    expect(largest(difference(output, at("out")))).toBeLessThan(1e-4);
    expect(seconds).toBeLessThan(3);
  });

  describe("and its gradient", () => {
    let gradient: { readonly x: Tensor<[2, 3, 16, 16]>; readonly parameters: Checkpoint };
    let seconds = 0;

    beforeAll(() => {
      const start = performance.now();
      const [, pullback] = vjp((inputs: typeof gradient) =>
        unet(config, inputs.parameters, inputs.x, at("in.t"), at("in.y")),
      )({ x, parameters });
      gradient = pullback(at("in.cotangent"));
      seconds = (performance.now() - start) / 1000;
    }, 60_000);

    test("takes less than 30 s", () => {
      expect(seconds).toBeLessThan(30);
    });

    test("to x agrees within 1e-3 of its largest magnitude", () => {
      const expected = at("grad.x");
      expect(largest(difference(gradient.x, expected))).toBeLessThan(1e-3 * largest(elements(expected)));
    });

    test.each(Object.keys(parameters))("to %s agrees within 1e-3 of its largest magnitude", (key) => {
      const expected = elements(at(`grad.param.${key}`));
      const found = elements(gradient.parameters[key] as AnyTensor);
      const [from, to] = withoutEffect(parameters, key);
      const isZero = (_: number, i: number): boolean => i >= from && i < to;
      const bound = 1e-3 * largest(expected.filter((value, i) => !isZero(value, i)));
      expect(found.length).toBe(expected.length);
      const errors = found.map((value, i) => (isZero(value, i) ? value : value - (expected[i] as number)));
      expect(largest(errors.filter(isZero))).toBeLessThan(1e-4);
      if (from !== 0 || to !== found.length)
        expect(largest(errors.filter((value, i) => !isZero(value, i)))).toBeLessThan(bound);
    });
  });
});
