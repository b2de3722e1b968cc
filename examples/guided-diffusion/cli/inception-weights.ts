/** The weights of Inception, as the commands that compare images in its features take them. */

import { inceptionShapes } from "../evaluation/inception-parameters.ts";
import type { Checkpoint } from "../files/checkpoint.ts";
import { shapeDifferences } from "../networks/explain-mismatch.ts";
import { UsageError } from "./faults.ts";

/**
 * Weights under torchvision's names; what a file has besides (the auxiliary classifier, counts of batches) is left alone.
 * @throws UsageError where some are missing, or of another shape
 */
export const inceptionOf = (checkpoint: Checkpoint): Checkpoint => {
  const found = Object.fromEntries(
    [...checkpoint.entries].flatMap(([key, { shape }]) => (Object.hasOwn(inceptionShapes, key) ? [[key, shape]] : [])),
  );
  const differences = shapeDifferences(found, inceptionShapes);
  if (differences.length > 0)
    throw new UsageError([`${checkpoint.name} is no Inception-v3 of torchvision`, ...differences].join("\n"));
  return checkpoint;
};
