/** The super-resolution network, run directly, against the numbers of the original. */

import { expect, test } from "vitest";
import { tensor, zeros } from "../../../../dsl/index.ts";
import type { UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import { superRes } from "../../../../examples/guided-diffusion/networks/super-res.ts";
import { largestGap } from "../../../support/evaluator-probes.ts";
import { networkTitles, openCase, runDirectly } from "../../../support/network-cases.ts";
import { openGolden } from "../../../support/network-golden.ts";

test.each(networkTitles("superRes"))("gives the stored %s", async (title) => {
  const one = await openCase(title);
  const found = runDirectly(one);
  expect(found.shape).toEqual(one.due.shape);
  expect(largestGap(found, one.due)).toBeLessThan(one.tolerance);
});

test("says what does not fit", async () => {
  const { config, parameters } = await openGolden<UNetConfig>("superres");
  const t = tensor([1, 2], "i32");
  expect(() => superRes(config, parameters, zeros([2, 3, 16, 16]), zeros([2, 2, 8, 8]), t, t)).toThrow(
    "x is [2, 3, 16, 16] and lowRes [2, 2, 8, 8]; both must have one batch and 3 channels, half of the config's inChannels",
  );
});
