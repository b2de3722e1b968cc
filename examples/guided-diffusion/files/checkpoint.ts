/** Weights of a network in a file of any form, told apart by what is in it. */

import { type ByteSource, FormatError, readSafetensors } from "typegrad";
import type { Reader } from "typegrad/runtime";
import { readNpzZip } from "./npz.ts";
import { fail, nameOf, quote, readPart } from "./part.ts";
import { readPt, readPtZip } from "./pt.ts";
import { legacyMagic } from "./pt-legacy.ts";
import type { TensorFile } from "./tensor-file.ts";
import { readZip } from "./zip.ts";

/** Weights by the names that the original gives them. */
export interface Checkpoint extends TensorFile {
  /** Names the file in messages. */
  readonly name: string;
  /** What a file says beside its tensors; of those here, only `.safetensors` can. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Opens a `.pt` of either container, a `.safetensors` or an `.npz`. Names and shapes are read and checked; elements stay
 * where they are until `read(key)` asks for them.
 * @throws FormatError for a file that is none of these, or is damaged
 */
export const openCheckpoint = async (source: ByteSource): Promise<Checkpoint> => {
  const { entries, read, metadata = {} } = await openFile(source);
  return { name: nameOf(source), entries, read, metadata };
};

const openFile = async (source: ByteSource): Promise<TensorFile & Pick<Checkpoint, "metadata">> => {
  const first = await readPart(source, 0, Math.min(source.size, 16), "the beginning");
  if (first[0] === 0x50 && first[1] === 0x4b) {
    const zip = await readZip(source);
    const isNpz = [...zip.entries.keys()].every((name) => name.endsWith(".npy"));
    return isNpz ? readNpzZip(zip) : readPtZip(zip);
  }
  if (legacyMagic.every((byte, i) => first[i] === byte)) return readPt(source);
  // The header of safetensors is JSON, after its length in eight bytes.
  if (first[8] === 0x7b) return readSafetensors(source);
  const text = String.fromCharCode(...first).replace(/[^ -~]/g, "·");
  return fail(source, `this is no .pt, .safetensors or .npz; it begins with ${quote(text)}`);
};

/**
 * A reader for `bind` of a loaded plan: `bind(readerOf({ params: checkpoint }))`. The names of a plan are a parameter of
 * the function, a dot, and a key of the checkpoint; `bind` asks for one after the other, so no two are held.
 * @throws FormatError where the checkpoint has no such key
 */
export const readerOf =
  (checkpoints: Readonly<Record<string, Checkpoint>>): Reader =>
  (path) => {
    const [parameter = "", ...key] = path.split(".");
    const checkpoint = Object.hasOwn(checkpoints, parameter) ? checkpoints[parameter] : undefined;
    if (checkpoint === undefined) {
      throw new RangeError(`there is no checkpoint for ${parameter}, of which ${path} is asked for`);
    }
    const name = key.join(".");
    if (!checkpoint.entries.has(name)) throw new FormatError(`${checkpoint.name}: there is no ${quote(name)} in it`);
    return checkpoint.read(name);
  };
