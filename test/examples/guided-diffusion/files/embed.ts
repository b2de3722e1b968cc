/** The first layer of a network on the timestep, with weights under the keys of the original: for `tiny.pt`. */

import { linear, type Tensor } from "typegrad";

interface Params {
  readonly "time_embed.0.weight": Tensor<[128, 32]>;
  readonly "time_embed.0.bias": Tensor<[128]>;
}

export const embed = (params: Params, x: Tensor<[1, 32]>): Tensor<[1, 128]> =>
  linear(x, params["time_embed.0.weight"], params["time_embed.0.bias"]);
