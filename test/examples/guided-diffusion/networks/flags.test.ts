/** Configs from the original's flags: defaults, derivations, and what is refused. */

import { expect, test } from "vitest";
import { classifierConfig, superResConfig, unetConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";

test("flags that are left out have the original's defaults", () => {
  expect(unetConfig({})).toEqual({
    inChannels: 3,
    outChannels: 3,
    modelChannels: 128,
    widths: [128, 256, 384, 512],
    resBlocks: 2,
    attentionFactors: [4, 8],
    scaleShiftNorm: true,
    heads: 4,
  });
  expect(superResConfig({})).toMatchObject({ inChannels: 6, widths: [128, 128, 256, 256, 512, 512], heads: 4 });
  expect(classifierConfig({})).toMatchObject({ outChannels: 1000, resBlocks: 2, headChannels: 64, pool: "attention" });
});

test("every flag has its option", () => {
  const flags = {
    num_heads: 2,
    num_heads_upsample: 1,
    use_checkpoint: true,
    use_fp16: true,
    use_new_attention_order: true,
    use_scale_shift_norm: false,
    resblock_updown: true,
    learn_sigma: true,
    class_cond: true,
    dropout: 0.3,
    norm_groups: 16,
    num_classes: 7,
  } as const;
  expect(unetConfig(flags)).toEqual({
    inChannels: 3,
    outChannels: 6,
    modelChannels: 128,
    widths: [128, 256, 384, 512],
    resBlocks: 2,
    attentionFactors: [4, 8],
    resample: "resBlock",
    heads: 2,
    headsUp: 1,
    groups: 16,
    classes: 7,
    dropout: 0.3,
    torso: "f16",
    checkpoint: true,
    attentionOrder: "new",
  });
});

test("levels follow from the size, or from channel_mult, whose fractions are cut", () => {
  expect(unetConfig({ image_size: 512, num_channels: 192, attention_resolutions: "" })).toMatchObject({
    widths: [96, 192, 192, 384, 384, 768, 768],
    attentionFactors: [],
  });
  expect(superResConfig({ large_size: 512 }).widths.length).toBe(6);
  expect(unetConfig({ image_size: 32, num_channels: 64, channel_mult: "1,1.51" }).widths).toEqual([64, 96]);
});

test("what flags cannot be is refused", () => {
  expect(() => unetConfig({ image_size: 32 })).toThrow(
    "image_size 32 has no default channel_mult, as 64, 128, 256, 512 have; give channel_mult, such as 1,2,2",
  );
  expect(() => superResConfig({ large_size: 100 })).toThrow("large_size 100 has no default channel_mult");
  expect(() => unetConfig({ channel_mult: "1,,2" })).toThrow('channel_mult is "1,,2", and must be numbers above 0');
  expect(() => unetConfig({ attention_resolutions: "16,x" })).toThrow('attention_resolutions is "16,x"');
  expect(() => unetConfig({ num_channels: 100 })).toThrow(
    "level 0 has 100 channels (widths), which its group norms cannot part into 32 groups",
  );
});
