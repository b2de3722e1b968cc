/** A chain with a formula for a network and a linear classifier: all that a sampler does, in little time. */

import { concat, linear, map, reshape, type Tensor } from "typegrad";
import { type Coefficients, perExample } from "../../examples/guided-diffusion/diffusion/coefficients.ts";
import { ddimStep } from "../../examples/guided-diffusion/diffusion/ddim.ts";
import { ddpmStep } from "../../examples/guided-diffusion/diffusion/ddpm.ts";
import { classifierGradient, guideMean, guideScore } from "../../examples/guided-diffusion/diffusion/guidance.ts";
import { inpaint } from "../../examples/guided-diffusion/diffusion/inpaint.ts";
import { epsilon, learnedRange } from "../../examples/guided-diffusion/diffusion/prediction.ts";
import { predictBy, sampleByKeys } from "../../examples/guided-diffusion/diffusion/sample.ts";
import type { Tables } from "../../examples/guided-diffusion/diffusion/schedule.ts";

type Shape = [2, 1, 4, 4];
type Images = Tensor<Shape>;

/** ε = sin(x + t / 1000) and v = x / 2. */
const network = (x: Images, t: Tensor<[2]>): Tensor<[2, 2, 4, 4]> =>
  concat([map(x, reshape(t, [2, 1, 1, 1]), (x, t) => Math.sin(x + t / 1000)), map(x, (x) => x / 2)], 1);

/** What varies when the program runs, but for noise and steps. */
export interface Wish {
  readonly classifier: Tensor<[3, 16]>;
  readonly y: Tensor<[2], "i32">;
  readonly eta: Tensor<[]>;
  readonly scale: Tensor<[]>;
  readonly known: Images;
  readonly mask: Tensor<[1, 1, 4, 4]>;
}

export const smallChain = (
  sampler: "ddpm" | "ddim",
  x: Images,
  table: Tables<Tensor<[10]>>,
  keys: Tensor<[10, 2], "u32">,
  { classifier, y, eta, scale, known, mask }: Wish,
): Images => {
  const gradient = (x: Images, c: Coefficients<Shape>): Images =>
    classifierGradient((x: Images) => linear(reshape(x, [2, 16]), classifier), x, perExample(c.t, 2), y);
  const step = (x: Images, c: Tables<Tensor<[]>>, noise: Images) => {
    const prediction = predictBy(network, { mean: epsilon, variance: learnedRange }, x, c);
    return sampler === "ddpm"
      ? ddpmStep(guideMean(prediction, gradient(x, c), scale), c, noise)
      : ddimStep(guideScore(prediction, x, c, gradient(x, c), scale), x, c, eta, noise);
  };
  return sampleByKeys(inpaint<Shape>(step, known, mask), x, table, keys);
};
