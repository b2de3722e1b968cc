/** A checkpoint for a network that flags describe. */

import { type Checkpoint, openCheckpoint } from "../files/checkpoint.ts";
import { type FileSource, openFile } from "../files/file.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { explainMismatch } from "../networks/explain-mismatch.ts";
import type { ParameterShapes } from "../networks/parameters.ts";
import { UsageError } from "./faults.ts";

export const shapesOf = ({ entries }: Checkpoint): ParameterShapes =>
  Object.fromEntries([...entries].map(([key, { shape }]) => [key, shape]));

/** @throws UsageError with what differs, where a file is of another network; FormatError where it is damaged */
const checkpointFor = async (source: FileSource, config: UNetConfig | ClassifierConfig): Promise<Checkpoint> => {
  const checkpoint = await openCheckpoint(source);
  const mismatch = explainMismatch(shapesOf(checkpoint), config);
  if (mismatch !== undefined) throw new UsageError(`${checkpoint.name}: ${mismatch}`);
  return checkpoint;
};

interface Wanted {
  readonly model: readonly [file: string, config: UNetConfig];
  readonly classifier?: readonly [file: string | undefined, config: ClassifierConfig | undefined];
}

interface Weights {
  readonly model: Checkpoint;
  readonly classifier: Checkpoint | undefined;
}

/**
 * Runs work with the weights of networks, whose files are open meanwhile.
 * @throws UsageError with what differs, where a file is of another network; FormatError where it is damaged
 */
export const withWeights = async <T>(
  { model, classifier: [classifierFile, guide] = [undefined, undefined] }: Wanted,
  work: (weights: Weights) => Promise<T>,
): Promise<T> => {
  const sources: FileSource[] = [];
  const open = async (file: string, config: UNetConfig | ClassifierConfig): Promise<Checkpoint> => {
    const source = await openFile(file);
    sources.push(source);
    return checkpointFor(source, config);
  };
  try {
    const weights = {
      model: await open(...model),
      classifier: classifierFile === undefined || guide === undefined ? undefined : await open(classifierFile, guide),
    };
    return await work(weights);
  } finally {
    for (const source of sources) await source.close();
  }
};
