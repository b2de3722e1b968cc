/** The same noise with and without guidance, on a small network. */

import { expect, test } from "vitest";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import { namedSchedule } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { fillParameters } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { classifierConfig, unetConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";
import { compareGuidance } from "../../../../examples/guided-diffusion/sampling/compare-guidance.ts";
import { drawOf, startNoise } from "../../../../examples/guided-diffusion/sampling/draws.ts";
import { openEngine } from "../../../../examples/guided-diffusion/sampling/engine.ts";

const config = unetConfig({
  ...{ image_size: 8, num_channels: 32, num_res_blocks: 1, channel_mult: "1", attention_resolutions: "" },
  ...{ num_head_channels: 16, learn_sigma: true, image_channels: 1 },
});
const guide = classifierConfig({
  ...{ image_size: 8, classifier_width: 32, classifier_depth: 1, classifier_channel_mult: "1", image_channels: 1 },
  ...{ classifier_attention_resolutions: "", classifier_head_channels: 16, num_classes: 2 },
});
const weightsOf = (config: Parameters<typeof fillParameters>[0]) => ({
  name: "filled",
  ...tensorFileOf(fillParameters(config)),
});

test("both begin with one noise, guidance alone tells them apart, and the way ends with the images", async () => {
  const compare = async (scale: number) => {
    const steps: number[] = [];
    const comparison = await compareGuidance(
      await openEngine("direct"),
      {
        sampling: {
          config,
          objective: { mean: "epsilon", variance: "learnedRange" },
          clip: true,
          sampler: "ddpm",
          guide,
        },
        ...{ schedule: respace(namedSchedule("cosine", 100), "5"), image: [1, 8, 8], labels: [0, 1] },
        ...{ model: weightsOf(config), classifier: weightsOf(guide), scale, eta: 0, seed: 1, points: 2 },
      },
      (done, total) => {
        steps.push(done);
        expect(total).toBe(10);
      },
    );
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    return comparison;
  };
  const strong = await compare(20);
  const none = await compare(0);
  expect(strong.trajectory.map(({ done }) => done)).toEqual([0, 1, 3, 5]);
  expect(strong.trajectory[0]?.x).toEqual(startNoise([drawOf(1, 0), drawOf(1, 1)], [1, 8, 8]).data);
  expect(strong.trajectory.at(-1)?.x).toEqual(strong.guided);
  expect(none.guided).toEqual(none.unguided);
  expect(strong.unguided).toEqual(none.unguided);
  expect(strong.guided).not.toEqual(strong.unguided);
}, 60_000);
