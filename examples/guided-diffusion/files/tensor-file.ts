/** What all files of tensors are alike in: names, dtypes and shapes at hand, elements read when they are asked for. */

import { type Host, type HostDType, ShapeError } from "typegrad";
import { bytesOfHost, countOf, widthOf } from "./elements.ts";

export interface TensorEntry {
  readonly dtype: HostDType;
  readonly shape: readonly number[];
}

/** A file of tensors; `readSafetensors` of the language gives one too. */
export interface TensorFile {
  /** In the order of the file. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Reads one tensor; the others stay where they are. */
  readonly read: (name: string) => Promise<Host>;
}

/** Host data that is at hand, as a file has it. */
export const tensorFileOf = (tensors: Readonly<Record<string, Host>>): TensorFile => ({
  entries: new Map(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
  read: async (name) => {
    const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (tensor === undefined) throw new RangeError(`there is no tensor ${name}`);
    return tensor;
  },
});

/**
 * The bytes of a tensor that is to be written.
 * @throws ShapeError where the data is not what the entry says
 */
export const bytesOfEntry = async ({ entries, read }: TensorFile, name: string): Promise<Uint8Array> => {
  const { dtype, shape } = entries.get(name) as TensorEntry;
  const host = await read(name);
  const bytes = bytesOfHost(host);
  if (host.dtype !== dtype || bytes.length !== countOf(shape) * widthOf(dtype)) {
    throw new ShapeError(
      `${name} is ${dtype}[${shape.join(", ")}], and its data has ${host.data.length} elements of ${host.dtype}`,
    );
  }
  return bytes;
};
