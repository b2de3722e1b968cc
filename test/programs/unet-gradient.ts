/** What guidance asks of a network: the gradient by its input. */

import { grad, mul, sum, type Tensor } from "../../dsl/index.ts";
import { type Checkpoint, type Image, type UNetConfig, unet } from "./unet.ts";

/** Of ⟨unet(x), ct⟩. */
export const inputGradient = <B extends number>(
  config: UNetConfig,
  p: Checkpoint,
  x: Image<B>,
  t: Tensor<[B], "i32">,
  y: Tensor<[B], "i32">,
  ct: Image<B>,
): Image<B> => grad((x: Image<B>): Tensor<[]> => sum(mul(unet(config, p, x, t, y), ct)))(x);
