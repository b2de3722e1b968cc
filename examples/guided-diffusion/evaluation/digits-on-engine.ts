/** The network of digits where samples are computed too: on a device, or directly. */

import type { Checkpoint } from "../files/checkpoint.ts";
import type { Engine } from "../sampling/engine.ts";
import { digitFeatures } from "./digits.ts";
import { type Extract, inBatches } from "./extract.ts";

/** For images of 28 × 28 and one channel, `batch` of them at a time. */
export const openDigitsOn = async (engine: Engine, weights: Checkpoint, batch = 100): Promise<Extract> => {
  const shape = [batch, 28, 28, 1] as const;
  const network = await engine.prepare(digitFeatures, {
    source: new URL("./digits.ts", import.meta.url),
    parameters: ["params", "images"],
    statics: {},
    weights: { params: weights },
    specs: { images: { dtype: "u32", shape: [...shape] } },
  });
  return inBatches(shape, (images) => network({ images }));
};
