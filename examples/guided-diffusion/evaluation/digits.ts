/**
 * A small network for images of digits, [images, 28, 28, 1]: its features take the place of Inception's where pictures are
 * too small for that, and its classes say whether a sample is what was asked for.
 */

import { cast, conv, linear, map, maxPool, permute, relu, reshape, type Tensor } from "typegrad";
import * as nn from "typegrad/nn";
import * as random from "typegrad/random";

/** Three convolutions and two linear layers, under the key names of its checkpoint. */
export type DigitParams = Readonly<{
  "c1.weight": Tensor<[32, 1, 3, 3]>;
  "c1.bias": Tensor<[32]>;
  "c2.weight": Tensor<[64, 32, 3, 3]>;
  "c2.bias": Tensor<[64]>;
  "c3.weight": Tensor<[64, 64, 3, 3]>;
  "c3.bias": Tensor<[64]>;
  "f1.weight": Tensor<[128, 576]>;
  "f1.bias": Tensor<[128]>;
  "f2.weight": Tensor<[10, 128]>;
  "f2.bias": Tensor<[10]>;
}>;

/** Parameters before training, drawn by PyTorch's rules. */
export const initDigits = (key: random.Key): DigitParams => {
  const layer = (i: number): random.Key => random.foldIn(key, i);
  const kernel: [3, 3] = [3, 3];
  const c1 = nn.initConv(layer(0), 1, 32, kernel);
  const [c2, c3] = [nn.initConv(layer(1), 32, 64, kernel), nn.initConv(layer(2), 64, 64, kernel)];
  const [f1, f2] = [nn.initLinear(layer(3), 576, 128), nn.initLinear(layer(4), 128, 10)];
  return {
    ...{ "c1.weight": c1.weight, "c1.bias": c1.bias, "c2.weight": c2.weight, "c2.bias": c2.bias },
    ...{ "c3.weight": c3.weight, "c3.bias": c3.bias },
    ...{ "f1.weight": f1.weight, "f1.bias": f1.bias, "f2.weight": f2.weight, "f2.bias": f2.bias },
  };
};

/** Named as Inception's, so that both serve alike. */
export interface DigitFeatures<B extends number> {
  readonly pool: Tensor<[B, 128]>;
  readonly logits: Tensor<[B, 10]>;
}

/** The features of images as files hold them, of 0 to 255. */
export const digitFeatures = <B extends number>(
  params: DigitParams,
  images: Tensor<[B, 28, 28, 1], "u32">,
): DigitFeatures<B> =>
  digitNetwork(
    params,
    map(permute(cast(images, "f32"), [0, 3, 1, 2]), (x) => x / 127.5 - 1),
  );

/** The same for images from −1 to 1, channels first. */
export const digitNetwork = <B extends number>(params: DigitParams, x: Tensor<[B, 1, 28, 28]>): DigitFeatures<B> => {
  const fine = maxPool(relu(conv(x, params["c1.weight"], params["c1.bias"], { padding: 1 })), 2);
  const middle = maxPool(relu(conv(fine, params["c2.weight"], params["c2.bias"], { padding: 1 })), 2);
  const coarse = maxPool(relu(conv(middle, params["c3.weight"], params["c3.bias"], { padding: 1 })), 2);
  const flat = reshape(coarse, [x.shape[0], 576]);
  const pool = relu(linear(flat, params["f1.weight"], params["f1.bias"]));
  return { pool, logits: linear(pool, params["f2.weight"], params["f2.bias"]) };
};
