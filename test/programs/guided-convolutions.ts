/** A network of convolutions, and how a sum over its results changes with the image: what classifier guidance asks of one. */

import { conv, fold, grad, map, mul, sum, type Tensor } from "typegrad";
import * as nn from "typegrad/nn";

type Image = Tensor<[1, 16, 32, 32]>;
type Convolution = nn.ConvParams<16, 16, [3, 3]>;

interface Params {
  readonly first: Convolution;
  readonly last: Convolution;
}

const network = (p: Params, x: Image): Image =>
  nn.conv(
    p.last,
    map(nn.conv(p.first, x, { padding: 1 }), (h) => Math.tanh(h)),
    { padding: 1 },
  );

export const gradient = (p: Params, x: Image, y: Image): Image =>
  grad((x: Image): Tensor<[]> => sum(mul(network(p, x), y)))(x);

/** The same weights over one small image, and over several large ones, whose tiles are cut into other blocks. */
export const sizes = (
  p: nn.ConvParams<64, 64, [3, 3]>,
  x: Tensor<[1, 64, 8, 8]>,
  y: Tensor<[8, 64, 64, 64]>,
): readonly [Tensor<[1, 64, 8, 8]>, Tensor<[8, 64, 64, 64]>] => [
  nn.conv(p, x, { padding: 1 }),
  nn.conv(p, y, { padding: 1 }),
];

/** Other weights in each step of a loop, which are transformed there, and some that do not change. */
export const looped = (p: { readonly steps: Tensor<[3, 16, 16, 3, 3]>; readonly last: Convolution }, x: Image): Image =>
  nn.conv(
    p.last,
    fold(p.steps, x, (h, weight): Image => conv(h, weight, undefined, { padding: 1 })),
    { padding: 1 },
  );

/** The network twice with the same weights. */
export const twice = (p: Params, x: Image): Image => network(p, network(p, x));
