/** The step that trains the network of features, and the one that comes with the repository. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bytesSource } from "../../../../dsl/bytes.ts";
import type { Host } from "../../../../dsl/host.ts";
import { tensor, toHost } from "../../../../dsl/index.ts";
import { crossEntropy } from "../../../../dsl/nn/index.ts";
import { key } from "../../../../dsl/random/index.ts";
import { classAgreement } from "../../../../examples/guided-diffusion/evaluation/agreement.ts";
import { digitNetwork, initDigits } from "../../../../examples/guided-diffusion/evaluation/digits.ts";
import { openDigitsOn } from "../../../../examples/guided-diffusion/evaluation/digits-on-engine.ts";
import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import type { Images } from "../../../../examples/guided-diffusion/evaluation/images.ts";
import { openCheckpoint } from "../../../../examples/guided-diffusion/files/checkpoint.ts";
import { openEngine } from "../../../../examples/guided-diffusion/sampling/engine.ts";
import { compileFeaturesStep } from "../../../../examples/guided-diffusion/training/features-step.ts";
import { initialState } from "../../../../examples/guided-diffusion/training/flat-state.ts";
import { openWasm } from "../../../../runtime/wasm/device.ts";
import { readTensors } from "../../../support/goldens.ts";

const digits = await readTensors("digits.safetensors");
const bytes = digits.get("images") as Images;
const labels = digits.get("labels")?.data as Uint8Array;
const weights = fileURLToPath(new URL("../../../../examples/guided-diffusion/weights/", import.meta.url));

test("gives the losses of images before it, and makes them small", async () => {
  const batch = 2;
  const images: Host = {
    dtype: "f32",
    shape: [batch, 1, 28, 28],
    data: Float32Array.from(bytes.data.subarray(0, batch * 784), (byte) => byte / 127.5 - 1),
  };
  const y: Host = { dtype: "i32", shape: [batch], data: Int32Array.from(labels.subarray(0, batch)) };
  const options = { weightDecay: 0.01, averageRates: [] };
  const params = initDigits(key(1));
  const rate = 2e-3;
  const logits = digitNetwork(params, tensor(images as Host<[number, 1, 28, 28], "f32">)).logits;
  const direct = crossEntropy(logits, tensor(y as Host<[number], "i32">), { reduction: "none" });
  const expected = toHost(direct).data as Float32Array;

  const device = await openWasm({ threads: 1 });
  const step = await compileFeaturesStep(options, { device, batch });
  let state: Parameters<typeof step>[0] = initialState(params, 0);
  const losses: number[][] = [];
  for (let i = 0; i < 10; i++) {
    const output = await step(state, { images, labels: y, step: y, importance: images, key: y, rate });
    losses.push(Array.from((await output.losses.loss?.read())?.data as Float32Array));
    state = output.state;
  }
  losses[0]?.forEach((loss, i) => {
    expect(loss).toBeCloseTo(expected[i] as number, 5);
  });
  const mean = (values: readonly number[] = []): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(losses.at(-1))).toBeLessThan(0.5 * mean(losses[0]));
  device.close();
});

test("the network that comes with the repository knows the digits", async () => {
  const file = readFileSync(`${weights}mnist.features.safetensors`);
  const engine = await openEngine("wasm", 1);
  try {
    const extract = await openDigitsOn(engine, await openCheckpoint(bytesSource(file, "features")), 10);
    const { pool, logits } = await extract(bytes);
    expect(pool.shape).toEqual([20, 128]);
    expect(classAgreement(logits as Features, labels)).toBe(1);
  } finally {
    engine.close();
  }
});

test("the weights are those of their cards", () => {
  const cards = readFileSync(`${weights}README.md`, "utf8");
  const files = readdirSync(weights).filter((file) => file.endsWith(".safetensors"));
  expect(files).toHaveLength(6);
  for (const file of files) {
    const digest = createHash("sha256")
      .update(readFileSync(`${weights}${file}`))
      .digest("hex");
    expect(cards, file).toContain(digest);
  }
});
