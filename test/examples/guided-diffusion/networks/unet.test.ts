/** The UNet, run directly, against the numbers of the original: small networks of every option. */

import { describe, expect, test } from "vitest";
import { unet } from "../../../../examples/guided-diffusion/networks/unet.ts";
import { largestGap } from "../../../support/evaluator-probes.ts";
import { openUNetGolden } from "../../../support/network-golden.ts";

describe("the UNet", () => {
  test.each(["tiny", "unet-a", "unet-b", "unet-c"])("gives the stored output of %s", async (name) => {
    const { config, parameters, at, tolerance } = await openUNetGolden(name);
    const y = config.classes === undefined ? undefined : at("in.y");
    const out = unet(config, parameters, at("in.x"), at("in.t"), y);
    expect(out.shape).toEqual(at("out").shape);
    expect(largestGap(out, at("out"))).toBeLessThan(tolerance("out"));
  });

  test("gives the stored output for a wide image at a timestep between two", async () => {
    const { config, parameters, at, tolerance } = await openUNetGolden("unet-b");
    const out = unet(config, parameters, at("in.x_wide"), at("in.t_wide"));
    expect(largestGap(out, at("out_wide"))).toBeLessThan(tolerance("out_wide"));
  });

  test("gives the stored output within 0.02 with its torso in f16", async () => {
    const { config, parameters, at, tolerance } = await openUNetGolden("unet-c");
    const half = unet({ ...config, torso: "f16" }, parameters, at("in.x"), at("in.t"), at("in.y"));
    expect(half.dtype).toBe("f32");
    expect(largestGap(half, at("out_fp16_torso"))).toBeLessThan(0.02);
    expect(largestGap(half, at("out"))).toBeGreaterThan(tolerance("out"));
  });
});
