/** Checkpoints of other networks, explained. */

import { expect, test } from "vitest";
import * as configs from "../../../../examples/guided-diffusion/networks/configs.ts";
import { explainMismatch } from "../../../../examples/guided-diffusion/networks/explain-mismatch.ts";
import { parameterShapes } from "../../../../examples/guided-diffusion/networks/parameters.ts";

const shapes = parameterShapes(configs.adm256Unconditional);

test("a checkpoint that fits needs no words, whatever its order", () => {
  expect(explainMismatch(shapes, configs.adm256Unconditional)).toBeUndefined();
  const reversed = Object.fromEntries(Object.entries(shapes).reverse());
  expect(explainMismatch(reversed, configs.adm256Unconditional)).toBeUndefined();
});

test("a missing table of labels is named, with the presets that fit", () => {
  expect(explainMismatch(shapes, configs.adm256)).toBe(
    `the checkpoint is of another network than the flags describe
missing:
  label_emb.weight [1000, 1024]
it fits the network of the presets: 256-uncond, lsun-bedroom, lsun-cat, lsun-horse, lsun-horse-nodropout`,
  );
});

test("of many differences the first are shown", () => {
  const text = explainMismatch(parameterShapes(configs.classifier64), configs.adm64);
  expect(text).toContain("missing:\n  label_emb.weight [1000, 768]\n");
  expect(text).toContain("not in the network:\n  input_blocks.6.0.skip_connection.weight [256, 128, 1, 1]");
  expect(text).toContain("\nof another shape:\n  time_embed.0.weight is [512, 128], and the network has [768, 192]\n");
  expect(text).toMatch(/\n {2}and \d+ more\n/);
  expect(text).toMatch(/\nit fits the classifier of the presets: 64$/);
});

test("a checkpoint of no preset is told so", () => {
  const { "out.2.bias": _, ...others } = shapes;
  expect(explainMismatch(others, configs.adm256Unconditional)).toMatch(
    /missing:\n {2}out\.2\.bias \[6\]\nit fits no preset: give the flags that it was trained with$/,
  );
});
