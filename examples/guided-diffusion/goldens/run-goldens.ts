/** All cases of a folder, one after the other. */

import { FormatError } from "typegrad";
import type { GoldenDevice } from "./device.ts";
import { checkpointCases, imageCases, npzCases } from "./files.ts";
import type { Folder } from "./folder.ts";
import { inceptionCases } from "./inception.ts";
import { lossCases } from "./losses.ts";
import { metricCases } from "./metrics.ts";
import { networkCases } from "./networks.ts";
import { operatorCases } from "./operators.ts";
import { randomCases } from "./random.ts";
import { failed, type GoldenCase, type Row } from "./row.ts";
import { samplingCases } from "./sampling.ts";
import { scheduleCases } from "./schedules.ts";
import { trainingCases } from "./training.ts";

/** The cases of one kind that a folder has. Those that match what is wanted will be run, and may be prepared together. */
export type Family = (folder: Folder, device: GoldenDevice, wanted: RegExp) => AsyncIterable<GoldenCase>;

export const families: readonly Family[] = [
  networkCases,
  scheduleCases,
  lossCases,
  trainingCases,
  samplingCases,
  checkpointCases,
  npzCases,
  imageCases,
  metricCases,
  inceptionCases,
  operatorCases,
  randomCases,
];

/**
 * The rows of the cases whose names match. A case that throws is one that fails, and the others go on.
 * @throws FormatError for a file of the folder that is damaged
 */
export async function* runGoldens(folder: Folder, device: GoldenDevice, only = /(?:)/): AsyncGenerator<Row> {
  for (const family of families) {
    for await (const golden of family(folder, device, only)) {
      if (!only.test(golden.name)) continue;
      try {
        for await (const finding of golden.run()) yield { case: golden.name, ...finding };
      } catch (error) {
        if (error instanceof FormatError) throw error;
        yield { case: golden.name, ...failed("all", (error as Error).message) };
      }
    }
  }
}
