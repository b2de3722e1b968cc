/** The classifier, run directly, against the numbers of the original: one network of each pool. */

import { describe, expect, test } from "vitest";
import { classifier } from "../../../../examples/guided-diffusion/networks/classifier.ts";
import { largestGap } from "../../../support/evaluator-probes.ts";
import { openClassifierGolden } from "../../../support/network-golden.ts";

describe.each(["attention", "adaptive", "spatial", "spatial_v2"])("the classifier with the pool %s", async (pool) => {
  const { config, parameters, at, tolerance } = await openClassifierGolden(`classifier-${pool}`);

  test("gives the stored logits", () => {
    const logits = classifier(config, parameters, at("in.x"), at("in.t"));
    expect(logits.shape).toEqual([2, 5]);
    expect(largestGap(logits, at("logits"))).toBeLessThan(tolerance("logits"));
  });
});
