/** The features of the Inception network as a program of settings and inputs. */

import type { Tensor } from "typegrad";
import { type InceptionFeatures, inceptionFeatures } from "../evaluation/inception.ts";
import type { InceptionParams } from "../evaluation/inception-parameters.ts";

export interface InceptionInputs {
  readonly params: InceptionParams;
  /** Bytes, channels last. */
  readonly images: Tensor<[number, number, number, 3], "u32">;
}

/** `settings` gives how many images there are, whose size the network does not ask. */
export const inceptionOutputs = (
  settings: { readonly images: number },
  inputs: InceptionInputs,
): InceptionFeatures<number> => {
  if (inputs.images.shape[0] !== settings.images) throw new Error("there are other images than the settings say");
  return inceptionFeatures(inputs.params, inputs.images);
};
