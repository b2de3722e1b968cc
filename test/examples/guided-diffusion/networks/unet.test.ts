/** The UNet, run directly, against the numbers of the original: small networks of every option. */

import { describe, expect, test } from "vitest";
import { vjp } from "../../../../dsl/index.ts";
import * as random from "../../../../dsl/random/index.ts";
import type { AnyTensor } from "../../../../dsl/tensor.ts";
import type { UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import { unet } from "../../../../examples/guided-diffusion/networks/unet.ts";
import { largestGap } from "../../../support/evaluator-probes.ts";
import { networkTitles, openCase, runDirectly } from "../../../support/network-cases.ts";
import { openGolden, wrongGradients } from "../../../support/network-golden.ts";

describe("the UNet, run directly, gives the stored", () => {
  test.each(networkTitles("unet", "inputGradient"))("%s", async (title) => {
    const one = await openCase(title);
    const found = runDirectly(one);
    expect(found.shape).toEqual(one.due.shape);
    expect(largestGap(found, one.due)).toBeLessThan(one.tolerance);
  });

  test("gradients of unet-a by its parameters, each within 1e-3 of its largest magnitude", async () => {
    const golden = await openGolden<UNetConfig>("unet-a");
    const { config, parameters, at } = golden;
    const [, pullback] = vjp((params: typeof parameters) => unet(config, params, at("in.x"), at("in.t"), at("in.y")))(
      parameters,
    );
    const gradients: Readonly<Record<string, AnyTensor>> = pullback(at("in.cotangent"));
    expect(Object.keys(gradients)).toEqual(Object.keys(parameters));
    expect(wrongGradients(golden, gradients)).toEqual([]);
  });
});

describe("the UNet", async () => {
  const { config, parameters, at } = await openGolden<UNetConfig>("unet-a");
  const [x, t, y] = [at("in.x"), at("in.t"), at("in.y")];

  test("is the same with its blocks checkpointed", () => {
    const plain = unet(config, parameters, x, t, y);
    expect(largestGap(unet({ ...config, checkpoint: true }, parameters, x, t, y), plain)).toBe(0);
  });

  test("drops features by a key alone, and others by another", () => {
    const dropping = { ...config, dropout: 0.5 };
    const plain = unet(config, parameters, x, t, y);
    expect(largestGap(unet(dropping, parameters, x, t, y), plain)).toBe(0);
    expect(largestGap(unet(config, parameters, x, t, y, random.key(1)), plain)).toBe(0);
    const dropped = unet(dropping, parameters, x, t, y, random.key(1));
    expect(largestGap(dropped, plain)).toBeGreaterThan(0.1);
    expect(largestGap(unet(dropping, parameters, x, t, y, random.key(1)), dropped)).toBe(0);
    expect(largestGap(unet(dropping, parameters, x, t, y, random.key(2)), dropped)).toBeGreaterThan(0.1);
  });
});
