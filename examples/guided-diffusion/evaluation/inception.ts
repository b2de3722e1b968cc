/**
 * The Inception-v3 (arXiv 1512.00567) that FID, sFID and the Inception Score are defined by: the TensorFlow graph of
 * 2015, which differs from later forms in its pooling and its resizing. A pure function of parameters under torchvision's
 * key names.
 */

import {
  avgPool,
  cast,
  concat,
  conv,
  type Dyn,
  linear,
  map,
  maxPool,
  mean,
  mul,
  permute,
  relu,
  reshape,
  resize,
  slice,
  type Tensor,
} from "typegrad";
import { type InceptionParams, inceptionKernels, type Unit } from "./inception-parameters.ts";

type Maps<B extends number> = Tensor<[B, Dyn, Dyn, Dyn]>;

export interface InceptionFeatures<B extends number> {
  /** The means of the last block over all places: what FID, precision and recall compare. */
  readonly pool: Tensor<[B, 2048]>;
  /** The first 7 channels in the middle, row by row and channels last, as sFID's reference statistics have them. */
  readonly spatial: Tensor<[B, 2023]>;
  /** What the last layer makes of pool without its bias, as the original's Inception Score has it. */
  readonly logits: Tensor<[B, 1008]>;
}

/** The features of images as files hold them, [images, height, width, 3] of 0 to 255. */
export const inceptionFeatures = <B extends number, H extends number, W extends number>(
  params: InceptionParams,
  images: Tensor<[B, H, W, 3], "u32">,
): InceptionFeatures<B> => {
  const { pool, spatial } = inception(params, permute(cast(images, "f32"), [0, 3, 1, 2]));
  const rows: Tensor<[B, 2023]> = reshape(permute(spatial, [0, 2, 3, 1]), [spatial.shape[0], 2023]);
  return { pool, spatial: rows, logits: linear(pool, params["fc.weight"]) };
};

/** Pixels of 0 to 255, channels first → the features of two places of the network. */
export const inception = <B extends number, H extends number, W extends number>(
  params: InceptionParams,
  pixels: Tensor<[B, 3, H, W]>,
): { readonly pool: Tensor<[B, 2048]>; readonly spatial: Tensor<[B, 7, 17, 17]> } => {
  const x = networkPixels<B>(pixels);

  const early = same(params, "Conv2d_2b_3x3", valid(params, "Conv2d_2a_3x3", valid(params, "Conv2d_1a_3x3", x, 2)));
  const stem = valid(params, "Conv2d_4a_3x3", same(params, "Conv2d_3b_1x1", halve(early)));

  const fine = blockA(params, "Mixed_5d", blockA(params, "Mixed_5c", blockA(params, "Mixed_5b", halve(stem))));
  const middle = blockC(params, "Mixed_6c", blockC(params, "Mixed_6b", blockB(params, "Mixed_6a", fine)));
  const spatial = blockC(params, "Mixed_6d", middle);
  const coarse = blockD(params, "Mixed_7a", blockC(params, "Mixed_6e", spatial));
  const last = blockE(params, "Mixed_7c", blockE(params, "Mixed_7b", coarse, average), (x) =>
    maxPool(x, 3, { stride: 1, padding: 1 }),
  );
  // The block's first channels are those of its branch of 1 × 1.
  return { pool: mean(last, [2, 3]), spatial: slice(spatial, 1, 0, 7) };
};

/** Pixels from −1 to 1, at the size that the network is made for: pixel i of it is at i · in / 299, as in TensorFlow 1. */
export const networkPixels = <B extends number>(pixels: Maps<B>): Maps<B> =>
  map(resize(pixels, 299, "bilinear", { coordinates: "asymmetric" }), (x) => (x - 128) / 128);

interface Window {
  readonly stride: number;
  readonly padding: number | readonly [number, number];
}

/** Convolution, batch norm by the statistics of training, ReLU. The norm is part of kernel and bias: of weights alone. */
const unit = <B extends number>(params: InceptionParams, key: Unit, x: Maps<B>, options: Window): Maps<B> => {
  const kernel: Tensor<[Dyn, Dyn, Dyn, Dyn]> = params[`${key}.conv.weight`];
  const [weight, bias]: readonly [Tensor<[Dyn]>, Tensor<[Dyn]>] = [
    params[`${key}.bn.weight`],
    params[`${key}.bn.bias`],
  ];
  const shift: Tensor<[Dyn]> = params[`${key}.bn.running_mean`];
  const spread: Tensor<[Dyn]> = params[`${key}.bn.running_var`];
  const scale = map(weight, spread, (weight, variance) => weight / Math.sqrt(variance + 1e-3));
  const scaled = mul(kernel, reshape(scale, [scale.shape[0], 1, 1, 1]));
  const shifted = map(bias, shift, scale, (bias, mean, scale) => bias - mean * scale);
  return relu(conv(x, scaled, shifted, options));
};

/** As many places as x has. */
const same = <B extends number>(params: InceptionParams, key: Unit, x: Maps<B>): Maps<B> => {
  const [, , height, width] = inceptionKernels[key];
  return unit(params, key, x, { stride: 1, padding: [(height - 1) / 2, (width - 1) / 2] });
};

/** Kernels that lie inside of x. */
const valid = <B extends number>(params: InceptionParams, key: Unit, x: Maps<B>, stride = 1): Maps<B> =>
  unit(params, key, x, { stride, padding: 0 });

const halve = <B extends number>(x: Maps<B>): Maps<B> => maxPool(x, 3, { stride: 2 });
/** The mean of what lies inside: zeros around x do not count. */
const average = <B extends number>(x: Maps<B>): Maps<B> =>
  avgPool(x, 3, { stride: 1, padding: 1, countPadding: false });

/** 35 × 35 places. */
const blockA = <B extends number>(
  params: InceptionParams,
  name: "Mixed_5b" | "Mixed_5c" | "Mixed_5d",
  x: Maps<B>,
): Maps<B> => {
  const five = same(params, `${name}.branch5x5_2`, same(params, `${name}.branch5x5_1`, x));
  const first = same(params, `${name}.branch3x3dbl_1`, x);
  const double = same(params, `${name}.branch3x3dbl_3`, same(params, `${name}.branch3x3dbl_2`, first));
  return concat(
    [same(params, `${name}.branch1x1`, x), five, double, same(params, `${name}.branch_pool`, average(x))],
    1,
  );
};

/** To 17 × 17. */
const blockB = <B extends number>(params: InceptionParams, name: "Mixed_6a", x: Maps<B>): Maps<B> => {
  const double = same(params, `${name}.branch3x3dbl_2`, same(params, `${name}.branch3x3dbl_1`, x));
  return concat(
    [valid(params, `${name}.branch3x3`, x, 2), valid(params, `${name}.branch3x3dbl_3`, double, 2), halve(x)],
    1,
  );
};

/** 17 × 17 places, kernels of 7 × 7 in two parts. */
const blockC = <B extends number>(
  params: InceptionParams,
  name: "Mixed_6b" | "Mixed_6c" | "Mixed_6d" | "Mixed_6e",
  x: Maps<B>,
): Maps<B> => {
  let seven = same(params, `${name}.branch7x7_1`, x);
  seven = same(params, `${name}.branch7x7_3`, same(params, `${name}.branch7x7_2`, seven));
  let double = same(params, `${name}.branch7x7dbl_1`, x);
  double = same(params, `${name}.branch7x7dbl_3`, same(params, `${name}.branch7x7dbl_2`, double));
  double = same(params, `${name}.branch7x7dbl_5`, same(params, `${name}.branch7x7dbl_4`, double));
  return concat(
    [same(params, `${name}.branch1x1`, x), seven, double, same(params, `${name}.branch_pool`, average(x))],
    1,
  );
};

/** To 8 × 8. */
const blockD = <B extends number>(params: InceptionParams, name: "Mixed_7a", x: Maps<B>): Maps<B> => {
  const three = valid(params, `${name}.branch3x3_2`, same(params, `${name}.branch3x3_1`, x), 2);
  const seven = same(params, `${name}.branch7x7x3_2`, same(params, `${name}.branch7x7x3_1`, x));
  const last = valid(params, `${name}.branch7x7x3_4`, same(params, `${name}.branch7x7x3_3`, seven), 2);
  return concat([three, last, halve(x)], 1);
};

/** 8 × 8 places, kernels of 3 × 3 in two parts side by side. The two blocks of this form pool differently. */
const blockE = <B extends number>(
  params: InceptionParams,
  name: "Mixed_7b" | "Mixed_7c",
  x: Maps<B>,
  pool: (x: Maps<B>) => Maps<B>,
): Maps<B> => {
  const three = same(params, `${name}.branch3x3_1`, x);
  const double = same(params, `${name}.branch3x3dbl_2`, same(params, `${name}.branch3x3dbl_1`, x));
  return concat(
    [
      same(params, `${name}.branch1x1`, x),
      same(params, `${name}.branch3x3_2a`, three),
      same(params, `${name}.branch3x3_2b`, three),
      same(params, `${name}.branch3x3dbl_3a`, double),
      same(params, `${name}.branch3x3dbl_3b`, double),
      same(params, `${name}.branch_pool`, pool(x)),
    ],
    1,
  );
};
