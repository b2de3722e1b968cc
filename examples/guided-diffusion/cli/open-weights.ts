/** A checkpoint for a network that flags describe. */

import { type Checkpoint, openCheckpoint } from "../files/checkpoint.ts";
import { openFile } from "../files/file.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { explainMismatch } from "../networks/explain-mismatch.ts";
import type { ParameterShapes } from "../networks/parameters.ts";
import { UsageError } from "./faults.ts";

export interface Weights extends Checkpoint {
  readonly close: () => Promise<void>;
}

export const shapesOf = ({ entries }: Checkpoint): ParameterShapes =>
  Object.fromEntries([...entries].map(([key, { shape }]) => [key, shape]));

/** @throws UsageError with what differs, where the file is of another network; FormatError where it is damaged */
export const openWeights = async (file: string, config: UNetConfig | ClassifierConfig): Promise<Weights> => {
  const source = await openFile(file);
  try {
    const checkpoint = await openCheckpoint(source);
    const mismatch = explainMismatch(shapesOf(checkpoint), config);
    if (mismatch !== undefined) throw new UsageError(`${file}: ${mismatch}`);
    return { ...checkpoint, close: source.close };
  } catch (error) {
    await source.close();
    throw error;
  }
};
