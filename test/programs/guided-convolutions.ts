/** A network of convolutions, and how a sum over its results changes with the image: what classifier guidance asks of one. */

import { grad, map, mul, sum, type Tensor } from "typegrad";
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

/** The network twice with the same weights. */
export const twice = (p: Params, x: Image): Image => network(p, network(p, x));
