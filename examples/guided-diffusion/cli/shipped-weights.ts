/** Weights that come with the repository, and are taken where no files are named. */

import { fileURLToPath } from "node:url";
import { UsageError } from "./faults.ts";

const folder = fileURLToPath(new URL("../weights/", import.meta.url));

const fileOf = (preset: string, network: string): string => `${folder}${preset}.${network}.safetensors`;

/** Presets whose weights are here, named as the data that they were trained on. */
export const presetsWithWeights: readonly string[] = ["mnist", "fashion"];

export interface WeightFlags {
  readonly preset?: string | undefined;
  readonly model_path?: string | undefined;
  readonly classifier_path?: string | undefined;
}

export interface WeightFiles {
  readonly model_path: string;
  readonly classifier_path?: string | undefined;
}

/**
 * The files that flags name; both that come with the preset, where they name none.
 * @throws UsageError where no network is named and none comes with the preset
 */
export const weightFilesOf = ({ preset = "", model_path, classifier_path }: WeightFlags): WeightFiles => {
  if (model_path !== undefined) return { model_path, classifier_path };
  if (!presetsWithWeights.includes(preset))
    throw new UsageError(
      `--model_path is missing; weights come with --preset ${presetsWithWeights.join(" or ")} alone`,
    );
  return { model_path: fileOf(preset, "unet"), classifier_path: classifier_path ?? fileOf(preset, "classifier") };
};

/** The network of features that was trained on a data set. */
export const shippedFeatures = (dataset: string): string => fileOf(dataset, "features");
