/** The Inception network on WASM against the stored results of the original's form, with weights by a rule. */

import { type Host, slice, tensor, toHost } from "typegrad";
import { beforeAll, describe, expect, test } from "vitest";
import { type ExtractedFeatures, openInception } from "../../../../examples/guided-diffusion/evaluation/extract.ts";
import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import { networkPixels } from "../../../../examples/guided-diffusion/evaluation/inception.ts";
import { inceptionShapes } from "../../../../examples/guided-diffusion/evaluation/inception-parameters.ts";
import { logitsOf } from "../../../../examples/guided-diffusion/evaluation/inception-score.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { spread } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { openDevice } from "../../../../runtime/index.ts";
import { readJson, readTensors } from "../../../support/goldens.ts";

interface Golden {
  readonly keys: readonly (readonly [string, readonly number[]])[];
  readonly values: number;
  readonly errors: Readonly<Record<string, { readonly max_abs_diff_from_float64: number; readonly max_abs: number }>>;
}

const golden = readJson<Golden>("inception.json");
const stored = await readTensors("inception.safetensors");
const at = (name: string): Host => stored.get(name) as Host;

/** The k-th parameter of the golden file. */
const fill = (key: string, shape: readonly number[], k: number): Host => {
  const count = shape.reduce((size, dim) => size * dim, 1);
  const scale = shape.length === 1 ? 0.2 : Math.sqrt(((key === "fc.weight" ? 12 : 24) * (shape[0] as number)) / count);
  const offset = /bn\.(weight|running_var)$/.test(key) ? 1 : 0;
  const data = new Float32Array(count);
  const values = spread(k + 1, count);
  for (let i = 0; i < count; i++) data[i] = offset + scale * (values[i] as number);
  return { dtype: "f32", shape, data };
};

/** Channels last, as files of images have them. */
const images = ((): Host<[2, 64, 64, 3], "u8"> => {
  const data = at("images").data as Uint8Array;
  const place = (i: number): number => {
    const [image, pixel, channel] = [Math.floor(i / 12288), Math.floor(i / 3) % 4096, i % 3];
    return (image * 3 + channel) * 4096 + pixel;
  };
  return { dtype: "u8", shape: [2, 64, 64, 3], data: Uint8Array.from(data, (_, i) => data[place(i)] as number) };
})();

/** The largest difference from a stored tensor, and what an independent f32 implementation may have. */
const compare = (found: ArrayLike<number>, name: string, error: string) => {
  const expected = at(name).data as Float32Array;
  expect(found.length).toBe(expected.length);
  const { max_abs_diff_from_float64: off, max_abs: largest } = golden.errors[error] as Golden["errors"][string];
  const difference = Array.from(found).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))),
    0,
  );
  return { difference, allowed: Math.max(10 * off, 1e-6 * largest) };
};

test("has the keys and shapes of a checkpoint, in its order", () => {
  expect(Object.entries(inceptionShapes)).toEqual(golden.keys);
  const values = Object.values(inceptionShapes).reduce(
    (sum, shape) => sum + shape.reduce((size, dim) => size * dim, 1),
    0,
  );
  expect(values).toBe(golden.values);
});

test("sees the stored pixels, which are a corner of the first image", () => {
  const data = Float32Array.from((at("images").data as Uint8Array).subarray(0, 3 * 64 * 64));
  const pixels = networkPixels(tensor({ dtype: "f32", shape: [1, 3, 64, 64], data }));
  const found = toHost(slice(slice(pixels, 2, 0, 40), 3, 0, 40)).data as Float32Array;
  const expected = at("resized").data as Float32Array;
  expect(found.length).toBe(expected.length);
  // The stored input differs from f64 by 7.4e-6.
  expect(found.reduce((most, x, i) => Math.max(most, Math.abs(x - (expected[i] as number))), 0)).toBeLessThan(7.4e-5);
});

describe("on WASM", () => {
  let found: ExtractedFeatures;
  let params: Readonly<Record<string, Host>>;

  beforeAll(async () => {
    params = Object.fromEntries(golden.keys.map(([key, shape], k) => [key, fill(key, shape, k)]));
    const device = await openDevice({ kind: "wasm" });
    const extract = await openInception([64, 64], { device, weights: tensorFileOf(params), batch: 2 });
    found = await extract(images);
    device.close();
  }, 60_000);

  const bias = (): Float32Array => params["fc.bias"]?.data as Float32Array;

  test("pool features", () => {
    const { difference, allowed } = compare(found.pool.data, "pool", "pool");
    expect(difference).toBeLessThan(allowed);
  });

  test("spatial features, channels last", () => {
    const { difference, allowed } = compare(found.spatial?.data ?? [], "spatial_nhwc_flat", "spatial");
    expect(difference).toBeLessThan(allowed);
  });

  test("logits, which have no bias", () => {
    const logits = Array.from(found.logits?.data ?? [], (value, i) => value + (bias()[i % 1008] as number));
    const { difference, allowed } = compare(logits, "logits", "logits");
    expect(difference).toBeLessThan(allowed);
  });

  test("logits of pool features, by the evaluator's own product", () => {
    const logits = logitsOf(found.pool, params["fc.weight"] as Features);
    const { difference, allowed } = compare(
      Array.from(logits.data, (value, i) => value + (bias()[i % 1008] as number)),
      "logits",
      "logits",
    );
    expect(difference).toBeLessThan(allowed);
  });
});
