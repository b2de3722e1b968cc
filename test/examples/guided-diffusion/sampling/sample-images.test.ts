/** Samples that are no numbers end a batch, whatever asked for it. */

import { expect, test } from "vitest";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import { namedSchedule } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { fillParameters } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { unetConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";
import { openEngine } from "../../../../examples/guided-diffusion/sampling/engine.ts";
import { openSampler } from "../../../../examples/guided-diffusion/sampling/sample-images.ts";

const config = unetConfig({
  ...{ image_size: 8, num_channels: 32, num_res_blocks: 1, channel_mult: "1", attention_resolutions: "" },
  ...{ num_head_channels: 16, learn_sigma: true, image_channels: 1 },
});

test.each(["direct", "wasm"] as const)("no numbers are no images: %s", async (device) => {
  const filled = fillParameters(config);
  const bias = filled["out.2.bias"] as { readonly data: Float32Array };
  const engine = await openEngine(device, 1);
  const sample = async () => {
    const sampler = await openSampler(engine, {
      sampling: { config, objective: { mean: "epsilon", variance: "learnedRange" }, clip: true, sampler: "ddim" },
      ...{ schedule: respace(namedSchedule("cosine", 100), "2"), image: [1, 8, 8], batch: 1 },
      ...{ model: { name: "filled", ...tensorFileOf(filled) }, scale: 0, eta: 0, seed: 1 },
    });
    return sampler({ first: 0 });
  };
  expect((await sample()).length).toBe(64);
  bias.data[0] = NaN;
  await expect(sample()).rejects.toThrow("the network gave what is no number");
  engine.close();
});
