/** A run of training in a file, so that it can go on: state, step, and what it was started with. */

import { type Host, readSafetensors, safetensorsChunks } from "typegrad";
import { openFile, writeFile } from "../files/file.ts";

/** What is kept of a run. Trees of host data under the names that the state has. */
export interface SavedRun {
  /** Steps that were taken. */
  readonly step: number;
  /** What must be the same when it goes on; compared as text. */
  readonly about: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, Host>>;
}

/** Writes a run under its name when all is written: a run that is killed leaves the one before. */
export const saveRun = (path: string, { step, about, tensors }: SavedRun): Promise<void> =>
  writeFile(path, safetensorsChunks(tensors, { ...about, step: String(step) }));

/** @throws FormatError for a file that is damaged or no run */
export const readRun = async (path: string): Promise<SavedRun> => {
  const source = await openFile(path);
  try {
    const { entries, metadata, read } = await readSafetensors(source);
    const { step, ...about } = metadata;
    const tensors: Record<string, Host> = {};
    for (const key of entries.keys()) tensors[key] = await read(key);
    return { step: Number(step), about, tensors };
  } finally {
    await source.close();
  }
};

/**
 * Where a run differs from what is asked for.
 * @throws RangeError that names each difference
 */
export const checkSameRun = (name: string, found: SavedRun["about"], wanted: SavedRun["about"]): void => {
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
  const differences = keys.flatMap((key) =>
    found[key] === wanted[key] ? [] : [`${key} was ${found[key] ?? "not said"}, and is ${wanted[key] ?? "not said"}`],
  );
  if (differences.length > 0)
    throw new RangeError(`${name} cannot go on with other options: ${differences.join("; ")}. Start in another folder`);
};
