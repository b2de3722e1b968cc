/** The way down to the middle, which UNet and classifier share. */

import { cast, type Dyn, type Tensor } from "typegrad";
import * as random from "typegrad/random";
import { type Embedding, type Features, type Network, runBlock } from "./layers.ts";
import type { TrunkPlan } from "./plan.ts";

/** The key of dropout of the i-th block of a network. */
export const blockKey = (key: random.Key | undefined, i: number): random.Key | undefined =>
  key === undefined ? undefined : random.foldIn(key, i);

/** Down to the middle: its features, and those of each input block. */
export const runTrunk = <B extends number>(
  net: Network,
  plan: TrunkPlan,
  x: Tensor<[B, Dyn, Dyn, Dyn]>,
  emb: Embedding<B>,
  dropout?: random.Key,
): { readonly features: Features<B>; readonly kept: readonly Features<B>[] } => {
  let h: Features<B> = cast(x, net.config.torso ?? "f32");
  const kept: Features<B>[] = [];
  for (const [i, block] of plan.input.entries()) {
    h = runBlock(net, block, h, emb, blockKey(dropout, i));
    kept.push(h);
  }
  return { features: runBlock(net, plan.middle, h, emb, blockKey(dropout, kept.length)), kept };
};
