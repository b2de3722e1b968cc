/** The classifier, run directly, against the numbers of the original: one network of each pool. */

import { describe, expect, test } from "vitest";
import { gather, grad, logSoftmax, mean, neg, reshape, type Tensor } from "../../../../dsl/index.ts";
import type { AnyTensor } from "../../../../dsl/tensor.ts";
import { classifier } from "../../../../examples/guided-diffusion/networks/classifier.ts";
import type { ClassifierConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import { largestGap } from "../../../support/evaluator-probes.ts";
import { networkTitles, openCase, runDirectly } from "../../../support/network-cases.ts";
import { openGolden, wrongGradients } from "../../../support/network-golden.ts";

describe("the classifier, run directly, gives the stored", () => {
  test.each(networkTitles("classifier", "guidance"))("%s", async (title) => {
    const one = await openCase(title);
    const found = runDirectly(one);
    expect(found.shape).toEqual(one.due.shape);
    expect(largestGap(found, one.due)).toBeLessThan(one.tolerance);
  });

  test("gradients of its cross-entropy by the parameters of its pool", async () => {
    const golden = await openGolden<ClassifierConfig>("classifier-attention");
    const { config, parameters, at } = golden;
    const y: Tensor<[2], "i32"> = at("in.y");
    const gradients: Readonly<Record<string, AnyTensor>> = grad((params: typeof parameters): Tensor<[]> => {
      const logProb = logSoftmax(classifier(config, params, at("in.x"), at("in.t")));
      return neg(mean(gather(logProb, reshape(y, [2, 1]), 1)));
    })(parameters);
    const pool = Object.entries(gradients).filter(([key]) => key.startsWith("out."));
    expect(pool.length).toBe(7);
    expect(wrongGradients(golden, Object.fromEntries(pool))).toEqual([]);
  });
});
