/** What the types of ADM's networks ask of their callers. */

import type { Tensor } from "../../../../dsl/index.ts";
import { classifier } from "../../../../examples/guided-diffusion/networks/classifier.ts";
import type { UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import {
  classifier64,
  digits,
  superRes64To256,
  adm64 as withClasses,
} from "../../../../examples/guided-diffusion/networks/configs.ts";
import type {
  ClassifierParams,
  Parameters,
  UNetParams,
} from "../../../../examples/guided-diffusion/networks/parameter-types.ts";
import { superRes } from "../../../../examples/guided-diffusion/networks/super-res.ts";
import { unet } from "../../../../examples/guided-diffusion/networks/unet.ts";

declare const x: Tensor<[4, 3, 64, 64]>;
declare const t: Tensor<[4], "i32">;
declare const fractional: Tensor<[4]>;
declare const y: Tensor<[4], "i32">;
declare const params: UNetParams<typeof withClasses>;

export const variance: Tensor<[4, 6, 64, 64]> = unet(withClasses, params, x, t, y);
export const between: Tensor<[4, 6, 64, 64]> = unet(withClasses, params, x, fractional, y);
// @ts-expect-error the network is told a class
unet(withClasses, params, x, t);
// @ts-expect-error a label for each image
unet(withClasses, params, x, t, y as unknown as Tensor<[5], "i32">);
// @ts-expect-error a timestep for each image
unet(withClasses, params, x, t as unknown as Tensor<[5], "i32">, y);
// @ts-expect-error labels are whole numbers
unet(withClasses, params, x, t, fractional);
// @ts-expect-error images have three channels
unet(withClasses, params, x as unknown as Tensor<[4, 1, 64, 64]>, t, y);
// @ts-expect-error the parameters are another network's
unet(withClasses, {} as UNetParams<typeof digits>, x, t, y);
// @ts-expect-error the result has a channel for each mean and variance
export const mean: Tensor<[4, 3, 64, 64]> = unet(withClasses, params, x, t, y);

declare const small: UNetParams<typeof digits>;
declare const grey: Tensor<[4, 1, 28, 28]>;
export const digit: Tensor<[4, 2, 28, 28]> = unet(digits, small, grey, t);
// @ts-expect-error the network is told no class
unet(digits, small, grey, t, y);

declare const large: Tensor<[4, 3, 256, 256]>;
declare const upsampler: UNetParams<typeof superRes64To256>;
export const sharp: Tensor<[4, 6, 256, 256]> = superRes(superRes64To256, upsampler, large, x, t, y);
// @ts-expect-error as many small images
superRes(superRes64To256, upsampler, large, x as unknown as Tensor<[5, 3, 64, 64]>, t, y);
// @ts-expect-error both images have three channels
superRes(superRes64To256, upsampler, large, grey, t, y);

declare const guide: ClassifierParams<typeof classifier64>;
export const logits: Tensor<[4, 1000]> = classifier(classifier64, guide, x, t);
// @ts-expect-error a timestep for each image
classifier(classifier64, guide, x, t as unknown as Tensor<[5], "i32">);
// @ts-expect-error there is a key that is missing
classifier(classifier64, {} as Omit<typeof guide, "out.0.weight">, x, t);

// Of a config that is known only when the program runs, the checker asks nothing.
declare const config: UNetConfig;
declare const loaded: Parameters;
export const unknown: Tensor<[4, 6, 64, 64]> = unet(config, loaded, x, t, y);
export const unlabelled: Tensor<[4, 3, 28, 28]> = unet(config, loaded, grey, t);

/** In a body that is generic in the batch. */
export const generic = <B extends number>(x: Tensor<[B, 3, 64, 64]>, t: Tensor<[B], "i32">, y: Tensor<[B], "i32">) =>
  unet(withClasses, params, x, t, y) satisfies Tensor<[B, 6, 64, 64]>;
