/** Networks of features as flags name them: the images that they take, the weights, and that they close what they open. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Host, writeSafetensors } from "../../../../dsl/index.ts";
import { featureNetwork } from "../../../../examples/guided-diffusion/cli/feature-network.ts";
import type { ExtractOptions } from "../../../../examples/guided-diffusion/evaluation/extract.ts";
import { inceptionShapes } from "../../../../examples/guided-diffusion/evaluation/inception-parameters.ts";
import { openEngine } from "../../../../examples/guided-diffusion/sampling/engine.ts";

const targets: ExtractOptions[] = [];
vi.mock("../../../../examples/guided-diffusion/evaluation/extract.ts", async (original) => ({
  ...(await original<object>()),
  openInception: async (_: unknown, target: ExtractOptions) => {
    targets.push(target);
    return async () => ({});
  },
}));

const folder = mkdtempSync(join(tmpdir(), "adm-features-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
const engine = await openEngine("direct");

beforeAll(() => {
  const weights: Record<string, Host> = Object.fromEntries(
    Object.entries(inceptionShapes).map(([key, shape]) => {
      const count = shape.reduce((size, dim) => size * dim, 1);
      return [key, { dtype: "f32", shape: [...shape], data: new Float32Array(count) }];
    }),
  );
  const { "Mixed_6a.branch3x3.conv.weight": _, ...rest } = weights;
  writeFileSync(at("inception.safetensors"), writeSafetensors(weights));
  writeFileSync(at("short.safetensors"), writeSafetensors(rest));
});

const inceptionOn = (name: string) =>
  featureNetwork(
    { data_dir: "mnist", inception: at(name), device: "wasm", threads: 1, plan_cache: at("plans") },
    engine,
    [1, 28, 28],
  );

test("Inception has a device of its own, with the cache of plans, until it is closed", async () => {
  const network = inceptionOn("inception.safetensors");
  network.close();
  await network.open();
  await network.open();
  expect(targets.length).toBe(1);
  expect(targets[0]?.plans).toBeDefined();
  network.close();
  expect((await targets[0]?.device.lost)?.name).toBe("DeviceError");
});

test("weights that are not Inception's are refused", async () => {
  const network = inceptionOn("short.safetensors");
  await expect(network.open()).rejects.toThrow(
    /is no Inception-v3 of torchvision[\s\S]*Mixed_6a.branch3x3.conv.weight/,
  );
  network.close();
});

test("images that a network does not take are refused before it is opened", () => {
  expect(() => featureNetwork({ data_dir: "mnist" }, engine, [3, 28, 28])).toThrow(
    "samples are 28 × 28 × 3, and the network of features takes 28 × 28 × 1; compare in those of --inception",
  );
  const flags = { data_dir: "mnist", inception: at("inception.safetensors") };
  expect(() => featureNetwork(flags, engine, [2, 28, 28])).toThrow("Inception takes images of 1 or 3 channels");
  expect(() => featureNetwork({ ...flags, device: "direct" }, engine, [3, 28, 28])).toThrow("take --device wasm");
});
