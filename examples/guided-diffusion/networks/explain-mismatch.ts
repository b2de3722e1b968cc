/** Why a checkpoint does not fit a config, in words. */

import type { ClassifierConfig, UNetConfig } from "./config.ts";
import { type ParameterShapes, parameterShapes } from "./parameters.ts";
import { type Preset, presets } from "./presets.ts";

const show = (shape: readonly number[] | undefined): string => (shape ? `[${shape.join(", ")}]` : "missing");

/** The first few of a list, and how many there are besides. */
const some = (title: string, lines: readonly string[]): readonly string[] => {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, 5).map((line) => `  ${line}`);
  return [`${title}:`, ...shown, ...(lines.length > 5 ? [`  and ${lines.length - 5} more`] : [])];
};

/** What differs between the keys and shapes that were found and those that are wanted, a line each; none where nothing does. */
export const shapeDifferences = (found: ParameterShapes, wanted: ParameterShapes): readonly string[] => {
  const keys = Object.keys(wanted);
  const missing = keys.filter((key) => !Object.hasOwn(found, key));
  const left = Object.keys(found).filter((key) => !Object.hasOwn(wanted, key));
  const differing = keys.filter((key) => Object.hasOwn(found, key) && show(found[key]) !== show(wanted[key]));
  return [
    ...some(
      "missing",
      missing.map((key) => `${key} ${show(wanted[key])}`),
    ),
    ...some(
      "not in the network",
      left.map((key) => `${key} ${show(found[key])}`),
    ),
    ...some(
      "of another shape",
      differing.map((key) => `${key} is ${show(found[key])}, and the network has ${show(wanted[key])}`),
    ),
  ];
};

/** How a checkpoint differs from a config, and the preset that it fits; `undefined` where it fits the config. */
export const explainMismatch = (found: ParameterShapes, config: UNetConfig | ClassifierConfig): string | undefined => {
  const differences = shapeDifferences(found, parameterShapes(config));
  if (differences.length === 0) return undefined;
  return ["the checkpoint is of another network than the flags describe", ...differences, advice(found)].join("\n");
};

const advice = (found: ParameterShapes): string => {
  const all = Object.entries<Preset>(presets);
  const networks = all.filter(([, { config }]) => fits(found, config));
  const classifiers = all.filter(([, { classifier }]) => classifier && fits(found, classifier.config));
  const names = (list: typeof all): string => list.map(([name]) => name).join(", ");
  if (networks.length > 0) return `it fits the network of the presets: ${names(networks)}`;
  if (classifiers.length > 0) return `it fits the classifier of the presets: ${names(classifiers)}`;
  return "it fits no preset: give the flags that it was trained with";
};

const fits = (found: ParameterShapes, config: UNetConfig | ClassifierConfig): boolean => {
  const wanted = Object.entries(parameterShapes(config));
  return (
    wanted.length === Object.keys(found).length && wanted.every(([key, shape]) => show(found[key]) === show(shape))
  );
};
