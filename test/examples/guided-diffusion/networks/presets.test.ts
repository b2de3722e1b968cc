/** Presets: each config is what the original's flags describe. */

import { describe, expect, test } from "vitest";
import { classifierConfig, superResConfig, unetConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";
import { type Preset, presets } from "../../../../examples/guided-diffusion/networks/presets.ts";

const entries = Object.entries<Preset>(presets);

test("there is one for each released diffusion model, and two more", () => {
  expect(new Set(entries.map(([, { file }]) => file)).size).toBe(11 + 1);
  expect(Object.keys(presets).length).toBe(13);
});

describe.each(entries)("the preset %s", (_, preset) => {
  test("has the config of its flags", () => {
    const config = preset.network === "unet" ? unetConfig(preset.flags) : superResConfig(preset.flags);
    expect(config).toEqual(preset.config);
  });

  test("has a classifier with the config of its flags, or none", () => {
    const { classifier } = preset;
    expect(classifier && classifierConfig(classifier.flags)).toEqual(classifier?.config);
  });
});
