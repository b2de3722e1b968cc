/** What guidance asks of a network: gradients by its input. */

import { type Dyn, gather, grad, logSoftmax, mul, reshape, sum, type Tensor } from "../../dsl/index.ts";
import { classifier } from "../../examples/guided-diffusion/networks/classifier.ts";
import type { ClassifierConfig, UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";
import type { Parameters } from "../../examples/guided-diffusion/networks/parameter-types.ts";
import { unet } from "../../examples/guided-diffusion/networks/unet.ts";

type Image<B extends number> = Tensor<[B, Dyn, Dyn, Dyn]>;
type Each<B extends number> = Tensor<[B], "i32">;

/** Of ⟨unet(x), ct⟩. */
export const inputGradient = <B extends number>(
  config: UNetConfig,
  params: Parameters,
  x: Image<B>,
  t: Each<B>,
  y: Each<B> | undefined,
  ct: Image<B>,
): Image<B> => grad((x: Image<B>): Tensor<[]> => sum(mul(unet(config, params, x, t, y), ct)))(x);

/** Of Σ log p(y | x). */
export const guidance = <B extends number>(
  config: ClassifierConfig,
  params: Parameters,
  x: Image<B>,
  t: Each<B>,
  y: Each<B>,
): Image<B> =>
  grad((x: Image<B>): Tensor<[]> => {
    const logProb = logSoftmax(classifier(config, params, x, t));
    return sum(gather(logProb, reshape(y, [...y.shape, 1]), 1));
  })(x);
