import { expect, test } from "vitest";
import { lossPlot } from "../../../../examples/guided-diffusion/plots/loss-plot.ts";

const losses = [10, 20, 30].map((step) => ({ step, mse: 1 / step, mse_q0: 2 / step, mse_q1: Number.NaN }));

test("draws what was trained on, what was held out by weights, and quarters", () => {
  const heldOut = [
    { step: 20, weights: "model", mse: 0.06 },
    { step: 20, weights: "ema_0.9", mse: 0.07 },
  ];
  const svg = lossPlot({ title: "digits", column: "mse", losses, heldOut });
  for (const text of ["digits", "training", "held out, model", "held out, ema_0.9", "by quarter"])
    expect(svg).toContain(text);
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).not.toContain("NaN");
});

test("without quarters and held-out images there is one chart of one line", () => {
  const svg = lossPlot({
    title: "",
    column: "mse",
    losses: losses.map(({ step, mse }) => ({ step, mse })),
    heldOut: [],
  });
  expect(svg.match(/<polyline/g)).toHaveLength(1);
});

test("a column that nobody wrote is refused", () => {
  expect(() => lossPlot({ title: "", column: "kl", losses, heldOut: [] })).toThrow("no row has kl");
});
