/** Images, timesteps and labels that a network takes, or why it does not. */

import type { In } from "typegrad";
import { type ClassifierConfig, reduction, type UNetConfig } from "./config.ts";

type AnyIn = In<readonly number[]>;

const shown = (x: AnyIn): string => `[${x.shape.join(", ")}]`;

/** @throws RangeError, which names the option and the repair */
export const checkInput = (config: UNetConfig | ClassifierConfig, x: AnyIn, t: AnyIn, y: AnyIn | undefined): void => {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  if (x.shape.length !== 4 || channels !== config.inChannels) {
    throw new RangeError(
      `x is ${shown(x)}, and must be [batch, ${config.inChannels}, height, width]: the config's inChannels is ${config.inChannels}`,
    );
  }
  const factor = reduction(config);
  if (height % factor !== 0 || width % factor !== 0) {
    throw new RangeError(
      `x is ${shown(x)}, and its height and width must be divisible by ${factor}: each of the ${config.widths.length} levels (widths) but the first halves them; resize or pad x, or take fewer levels`,
    );
  }
  if (t.shape.length !== 1 || t.shape[0] !== batch) {
    throw new RangeError(`t is ${shown(t)}, and must be [${batch}]: a timestep for each image of x ${shown(x)}`);
  }
  checkLabels("classes" in config ? config.classes : undefined, batch, y);
  if ("pool" in config) checkImageSize(config, x);
};

const checkLabels = (classes: number | undefined, batch: number, y: AnyIn | undefined): void => {
  if (y === undefined && classes !== undefined) {
    throw new RangeError(
      `y is missing: the network is told one of ${classes} classes (classes); pass y, i32[${batch}]`,
    );
  }
  if (y === undefined) return;
  if (classes === undefined) {
    throw new RangeError(
      "y was passed to a network that is told no classes; leave it out, or set classes (--class_cond True) for parameters with a label_emb.weight",
    );
  }
  if (y.shape.length !== 1 || y.shape[0] !== batch) {
    throw new RangeError(`y is ${shown(y)}, and must be [${batch}]: a label for each image`);
  }
};

/** The attention pool has a position for each place of the image that it was made for. */
const checkImageSize = ({ pool, imageSize }: ClassifierConfig, x: AnyIn): void => {
  const [, , height, width] = x.shape;
  if (pool === "attention" && (height !== imageSize || width !== imageSize)) {
    throw new RangeError(
      `x is ${shown(x)}, and the attention pool takes images of ${imageSize} × ${imageSize} alone (imageSize); resize x, or take another pool`,
    );
  }
};
