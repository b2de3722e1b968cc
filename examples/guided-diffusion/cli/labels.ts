/** Labels of samples: drawn, all one, or as a file has them. */

import { UsageError } from "./faults.ts";

/** How many classes labels are drawn from; none where nothing is told or guided. */
export const classesOf = (told: number | undefined, guided: number | undefined): number | undefined => {
  if (told !== undefined && guided !== undefined && told !== guided)
    throw new UsageError(
      `the network is told one of ${told} classes, and the classifier knows ${guided}: they must agree`,
    );
  return told ?? guided;
};

/** @throws UsageError for a label that is not there, or that nobody would be told */
export const checkClass = (label: number | undefined, classes: number | undefined): void => {
  if (label === undefined) return;
  if (classes === undefined)
    throw new UsageError(
      `--class ${label}: the network is told no class and no classifier guides it; set --class_cond True, or give --classifier_path`,
    );
  if (label >= classes) throw new UsageError(`--class ${label}: there are ${classes} classes, 0 to ${classes - 1}`);
};
