/** One compiled loop of guided, in-painted steps with noise by keys, on each device, beside the direct run. */

import { describe, expect, test } from "vitest";
import { compile } from "../../../../compiler/index.ts";
import { map, stack, type Tensor, tensor, unstack } from "../../../../dsl/index.ts";
import { key, normal, split } from "../../../../dsl/random/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import { coefficientTable, descending } from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import { type Step, sample, sampleByKeys } from "../../../../examples/guided-diffusion/diffusion/sample.ts";
import { namedSchedule, type ScheduleName } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { smallChain, type Wish } from "../../../programs/small-chain.ts";
import { useSwiftshader } from "../../../support/swiftshader.ts";
import { elementsOf } from "../../../support/tensors.ts";

type Shape = [2, 1, 4, 4];
const keys = split(key(7), 10);
const pictures = (seed: number): Tensor<Shape> => normal(key(seed), [2, 1, 4, 4]);
const wish = (eta: number, scale: number): Wish => ({
  classifier: normal(key(1), [3, 16]),
  y: tensor([2, 0], "i32"),
  eta: tensor(eta),
  scale: tensor(scale),
  known: pictures(2),
  // The upper half.
  mask: tensor([
    [
      [
        [1, 1, 1, 1],
        [1, 1, 1, 1],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
    ],
  ]) as unknown as Tensor<[1, 1, 4, 4]>,
});
const tableOf = (name: ScheduleName, spacing: string) => {
  const schedule = respace(namedSchedule(name, 1000), spacing);
  return coefficientTable(schedule, descending(schedule));
};

const devices = [
  { device: "wasm", there: true },
  { device: "software", there: useSwiftshader() },
] as const;
const samplers = ["ddpm", "ddim"] as const;

describe.each(devices)("on $device", ({ device, there }) => {
  test.skipIf(!there).each(samplers)(
    "%s: one program serves every schedule of ten steps, scale and η",
    async (sampler) => {
      const compiled = await compile(smallChain, {
        source: new URL("../../../programs/small-chain.ts", import.meta.url).href,
        statics: { sampler },
        device,
      });
      for (const [name, spacing, eta, scale] of [
        ["linear", "10", 0, 0],
        ["linear", "ddim10", 0.5, 1.5],
        ["cosine", "5,5", 1, 4],
      ] as const) {
        const args = [sampler, pictures(3), tableOf(name, spacing), keys, wish(eta, scale)] as const;
        const expected = smallChain(...args);
        // Guided x₀ is not clipped, and is large at the first steps of a chain.
        const largest = Math.max(...elementsOf(expected).map(Math.abs));
        expectClose(await compiled(...args), expected, { absolute: 2e-4 * Math.max(1, largest) });
      }
    },
    120_000,
  );
});

test("noise by keys is the noise that the keys give", () => {
  const table = tableOf("linear", "10");
  const noise = stack(unstack(keys).map((key) => normal(key, [2, 1, 4, 4])));
  // Every step's noise tells in the result.
  const step: Step<Shape> = (x, _, noise) => ({ x: map(x, noise, (x, noise) => 2 * x + noise), xStart: x });
  expect(elementsOf(sampleByKeys(step, pictures(3), table, keys))).toEqual(
    elementsOf(sample(step, pictures(3), table, noise as Tensor<[10, ...Shape]>)),
  );
});
