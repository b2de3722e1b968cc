/** ADM's UNet for 256 × 256 images (arXiv 2105.05233), unrolled: what its types cost, and what they catch. */

import { silu, type Tensor } from "../../../dsl/index.ts";
import { type ConvParams, conv, groupNorm, type NormParams } from "../../../dsl/nn/index.ts";
import { type Attention, attend, join, type Res, type ResSkip, res, resDown, resSkip, resUp } from "./blocks.ts";

export interface UNet {
  readonly stem: ConvParams<3, 256, [3, 3]>;
  // 256 × 256, 256 channels, down
  readonly in1: Res<256, 256>;
  readonly in2: Res<256, 256>;
  readonly in3: Res<256, 256>;
  // 128 × 128, 256 channels, down
  readonly in4: Res<256, 256>;
  readonly in5: Res<256, 256>;
  readonly in6: Res<256, 256>;
  // 64 × 64, 512 channels, down
  readonly in7: ResSkip<256, 512>;
  readonly in8: Res<512, 512>;
  readonly in9: Res<512, 512>;
  // 32 × 32, 512 channels, down
  readonly in10: Res<512, 512>;
  readonly in10Attention: Attention<512>;
  readonly in11: Res<512, 512>;
  readonly in11Attention: Attention<512>;
  readonly in12: Res<512, 512>;
  // 16 × 16, 1024 channels, down
  readonly in13: ResSkip<512, 1024>;
  readonly in13Attention: Attention<1024>;
  readonly in14: Res<1024, 1024>;
  readonly in14Attention: Attention<1024>;
  readonly in15: Res<1024, 1024>;
  // 8 × 8, 1024 channels, down
  readonly in16: Res<1024, 1024>;
  readonly in16Attention: Attention<1024>;
  readonly in17: Res<1024, 1024>;
  readonly in17Attention: Attention<1024>;
  // 8 × 8, middle
  readonly middle0: Res<1024, 1024>;
  readonly middle1: Attention<1024>;
  readonly middle2: Res<1024, 1024>;
  // 8 × 8, 1024 channels, up
  readonly out0: ResSkip<2048, 1024>;
  readonly out0Attention: Attention<1024>;
  readonly out1: ResSkip<2048, 1024>;
  readonly out1Attention: Attention<1024>;
  readonly out2: ResSkip<2048, 1024>;
  readonly out2Attention: Attention<1024>;
  readonly out2Up: Res<1024, 1024>;
  // 16 × 16, 1024 channels, up
  readonly out3: ResSkip<2048, 1024>;
  readonly out3Attention: Attention<1024>;
  readonly out4: ResSkip<2048, 1024>;
  readonly out4Attention: Attention<1024>;
  readonly out5: ResSkip<1536, 1024>;
  readonly out5Attention: Attention<1024>;
  readonly out5Up: Res<1024, 1024>;
  // 32 × 32, 512 channels, up
  readonly out6: ResSkip<1536, 512>;
  readonly out6Attention: Attention<512>;
  readonly out7: ResSkip<1024, 512>;
  readonly out7Attention: Attention<512>;
  readonly out8: ResSkip<1024, 512>;
  readonly out8Attention: Attention<512>;
  readonly out8Up: Res<512, 512>;
  // 64 × 64, 512 channels, up
  readonly out9: ResSkip<1024, 512>;
  readonly out10: ResSkip<1024, 512>;
  readonly out11: ResSkip<768, 512>;
  readonly out11Up: Res<512, 512>;
  // 128 × 128, 256 channels, up
  readonly out12: ResSkip<768, 256>;
  readonly out13: ResSkip<512, 256>;
  readonly out14: ResSkip<512, 256>;
  readonly out14Up: Res<256, 256>;
  // 256 × 256, 256 channels, up
  readonly out15: ResSkip<512, 256>;
  readonly out16: ResSkip<512, 256>;
  readonly out17: ResSkip<512, 256>;
  readonly norm: NormParams<256>;
  readonly head: ConvParams<256, 6, [3, 3]>;
}

/** x and the embedding of timestep and label → mean and variance channels. */
export const unet = <B extends number>(
  p: UNet,
  x: Tensor<[B, 3, 256, 256]>,
  emb: Tensor<[B, 1024]>,
): Tensor<[B, 6, 256, 256]> => {
  const in0 = conv(p.stem, x, { padding: 1 });
  // 256 × 256, 256 channels, down
  const in1 = res(p.in1, in0, emb);
  const in2 = res(p.in2, in1, emb);
  const in3 = resDown(p.in3, in2, emb);
  // 128 × 128, 256 channels, down
  const in4 = res(p.in4, in3, emb);
  const in5 = res(p.in5, in4, emb);
  const in6 = resDown(p.in6, in5, emb);
  // 64 × 64, 512 channels, down
  const in7 = resSkip(p.in7, in6, emb);
  const in8 = res(p.in8, in7, emb);
  const in9 = resDown(p.in9, in8, emb);
  // 32 × 32, 512 channels, down
  const in10 = attend(p.in10Attention, res(p.in10, in9, emb));
  const in11 = attend(p.in11Attention, res(p.in11, in10, emb));
  const in12 = resDown(p.in12, in11, emb);
  // 16 × 16, 1024 channels, down
  const in13 = attend(p.in13Attention, resSkip(p.in13, in12, emb));
  const in14 = attend(p.in14Attention, res(p.in14, in13, emb));
  const in15 = resDown(p.in15, in14, emb);
  // 8 × 8, 1024 channels, down
  const in16 = attend(p.in16Attention, res(p.in16, in15, emb));
  const in17 = attend(p.in17Attention, res(p.in17, in16, emb));
  // 8 × 8, middle
  const middle = res(p.middle2, attend(p.middle1, res(p.middle0, in17, emb)), emb);
  // 8 × 8, 1024 channels, up
  const out0 = attend(p.out0Attention, resSkip(p.out0, join(middle, in17), emb));
  const out1 = attend(p.out1Attention, resSkip(p.out1, join(out0, in16), emb));
  const out2 = resUp(p.out2Up, attend(p.out2Attention, resSkip(p.out2, join(out1, in15), emb)), emb);
  // 16 × 16, 1024 channels, up
  const out3 = attend(p.out3Attention, resSkip(p.out3, join(out2, in14), emb));
  const out4 = attend(p.out4Attention, resSkip(p.out4, join(out3, in13), emb));
  const out5 = resUp(p.out5Up, attend(p.out5Attention, resSkip(p.out5, join(out4, in12), emb)), emb);
  // 32 × 32, 512 channels, up
  const out6 = attend(p.out6Attention, resSkip(p.out6, join(out5, in11), emb));
  const out7 = attend(p.out7Attention, resSkip(p.out7, join(out6, in10), emb));
  const out8 = resUp(p.out8Up, attend(p.out8Attention, resSkip(p.out8, join(out7, in9), emb)), emb);
  // 64 × 64, 512 channels, up
  const out9 = resSkip(p.out9, join(out8, in8), emb);
  const out10 = resSkip(p.out10, join(out9, in7), emb);
  const out11 = resUp(p.out11Up, resSkip(p.out11, join(out10, in6), emb), emb);
  // 128 × 128, 256 channels, up
  const out12 = resSkip(p.out12, join(out11, in5), emb);
  const out13 = resSkip(p.out13, join(out12, in4), emb);
  const out14 = resUp(p.out14Up, resSkip(p.out14, join(out13, in3), emb), emb);
  // 256 × 256, 256 channels, up
  const out15 = resSkip(p.out15, join(out14, in2), emb);
  const out16 = resSkip(p.out16, join(out15, in1), emb);
  const out17 = resSkip(p.out17, join(out16, in0), emb);
  return conv(p.head, silu(groupNorm(p.norm, out17, 32)), { padding: 1 });
};
