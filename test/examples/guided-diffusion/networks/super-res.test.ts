/** The super-resolution network, run directly, against the numbers of the original: `goldens/superres`. */

import { expect, test } from "vitest";
import { slice, type Tensor } from "../../../../dsl/index.ts";
import { superRes } from "../../../../examples/guided-diffusion/networks/super-res.ts";
import { largestGap } from "../../../support/evaluator-probes.ts";
import { openUNetGolden } from "../../../support/network-golden.ts";

const { config, parameters, at, tolerance } = await openUNetGolden("superres");
const [t, y] = [at("in.t"), at("in.y")];
const first = (x: Tensor<[2], "i32">): Tensor<[1], "i32"> => slice(x, 0, 0, 1);

test("gives the stored output for images of twice the size", () => {
  const out = superRes(config, parameters, at("in.x"), at("in.low_res"), t, y);
  expect(largestGap(out, at("out"))).toBeLessThan(tolerance("out"));
});

test("gives the stored output for sizes that are no multiples", () => {
  const out = superRes(config, parameters, at("in.x_odd"), at("in.low_res_odd"), first(t), first(y));
  expect(out.shape).toEqual([1, 6, 16, 20]);
  expect(largestGap(out, at("out_odd"))).toBeLessThan(tolerance("out_odd"));
});

test("says what does not fit", () => {
  const wrong: Tensor<[2, 2, 8, 8]> = slice(at("in.low_res") as Tensor<[2, 3, 8, 8]>, 1, 0, 2);
  expect(() => superRes(config, parameters, at("in.x"), wrong, t, y)).toThrow(
    "x is [2, 3, 16, 16] and lowRes [2, 2, 8, 8]; both must have one batch and 3 channels, half of the config's inChannels",
  );
});
