/** Flags that change what samples are, and no other column of a row, change the digest of the process. */

import { expect, test } from "vitest";
import { processDigest } from "../../../../examples/guided-diffusion/cli/process-digest.ts";
import { guideOf, networkOf, scheduleOfFlags } from "../../../../examples/guided-diffusion/cli/sampling-flags.ts";

const digestOfFlags = (given: Readonly<Record<string, unknown>>): string => {
  const flags = { preset: "mnist", timestep_respacing: "ddim25", ...given };
  const { config, objective, imageSize, channels } = networkOf(flags);
  const image = [channels, imageSize, imageSize] as const;
  return processDigest({
    schedule: scheduleOfFlags(flags),
    image,
    config,
    objective,
    guide: guideOf(flags, imageSize),
  });
};

test("is of all that flags say of schedule, networks and objective", () => {
  const plain = digestOfFlags({});
  expect(plain).toMatch(/^[0-9a-f]{12}$/);
  expect(digestOfFlags({ preset: "mnist" })).toBe(plain);
  const others = [
    { timestep_respacing: "25" },
    { noise_schedule: "linear" },
    { diffusion_steps: 500 },
    { rescale_timesteps: true, diffusion_steps: 500 },
    { predict_xstart: true },
    { num_head_channels: 8 },
    { use_new_attention_order: true },
    { image_size: 32 },
    { classifier_pool: "spatial" },
  ].map(digestOfFlags);
  expect(new Set([plain, ...others]).size).toBe(1 + others.length);
});
