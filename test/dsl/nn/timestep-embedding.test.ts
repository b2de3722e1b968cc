import { expect, test } from "vitest";
import { inPrecision, tensor, toHost } from "../../../dsl/index.ts";
import { timestepEmbedding } from "../../../dsl/nn/index.ts";

const due = (t: number, channels: number, maxPeriod = 10_000): number[] => {
  const half = Math.floor(channels / 2);
  const angles = Array.from({ length: half }, (_, i) => t * maxPeriod ** (-i / half));
  return [...angles.map(Math.cos), ...angles.map(Math.sin), ...(channels % 2 === 1 ? [0] : [])];
};

test.each([
  [0, 6],
  [1, 6],
  [71.5, 8],
  [999, 7],
  [3, 1],
])("of t = %d in %i channels", (t, channels) => {
  inPrecision("f64", () => {
    const found = timestepEmbedding(tensor([t, 5]), channels);
    expect(found.shape).toEqual([2, channels]);
    [...due(t, channels), ...due(5, channels)].forEach((value, i) => {
      expect(Math.abs((toHost(found).data[i] as number) - value)).toBeLessThan(1e-12);
    });
  });
});

test("another longest period", () => {
  const found = toHost(timestepEmbedding(tensor([3], "i32"), 4, 100)).data;
  due(3, 4, 100).forEach((value, i) => {
    expect(Math.abs((found[i] as number) - value)).toBeLessThan(1e-6);
  });
});

// At the last step of training the rounding of the frequencies is seen: each is off its f64 by 1e-5 or more.
test("has the frequencies of PyTorch's f32", () => {
  const found = toHost(timestepEmbedding(tensor([999]), 192)).data;
  const stored = { 2: 0.0892174318, 3: 0.125231117, 10: 0.858340919, 106: -0.5130798221, 110: -0.0025399739 };
  for (const [channel, value] of Object.entries(stored))
    expect(Math.abs((found[Number(channel)] as number) - value)).toBeLessThan(1e-7);
});

test("refuses channels and timesteps that are none", () => {
  const channels: number = 0;
  expect(() => timestepEmbedding(tensor([1]), channels)).toThrow("nn.timestepEmbedding: the number of channels is 0");
  // @ts-expect-error one for each of a batch
  expect(() => timestepEmbedding(tensor(1), 8)).toThrow("nn.timestepEmbedding: t is f32[], and must be [B]");
});
