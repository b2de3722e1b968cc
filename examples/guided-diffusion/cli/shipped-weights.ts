/** Weights that come with the repository, and are taken where no files are named. */

import { fileURLToPath } from "node:url";
import { UsageError } from "./faults.ts";

const folder = fileURLToPath(new URL("../weights/", import.meta.url));

/** By preset: the network and the classifier that guides it. */
const shipped: Readonly<Record<string, { readonly model_path: string; readonly classifier_path: string }>> = {
  mnist: {
    model_path: `${folder}mnist.unet.safetensors`,
    classifier_path: `${folder}mnist.classifier.safetensors`,
  },
};

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
  const found = Object.hasOwn(shipped, preset) ? shipped[preset] : undefined;
  if (found === undefined)
    throw new UsageError(
      `--model_path is missing; weights come with --preset ${Object.keys(shipped).join(" or ")} alone`,
    );
  return { ...found, ...(classifier_path !== undefined && { classifier_path }) };
};

/** Networks of features by data set. */
const features: Readonly<Record<string, string>> = { mnist: `${folder}mnist.features.safetensors` };

/** @throws UsageError where none is named and none comes with the data set */
export const shippedFeatures = (dataset: string): string => {
  const found = Object.hasOwn(features, dataset) ? features[dataset] : undefined;
  if (found === undefined)
    throw new UsageError(
      `--features is missing: no network of features comes with ${dataset}; adm train-features --data_dir ${dataset} trains one`,
    );
  return found;
};
