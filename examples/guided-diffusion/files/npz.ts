/** Archives of NumPy arrays, `.npz`: a zip archive of a `<name>.npy` for each, stored or deflated. */

import type { ByteSource, Host } from "typegrad";
import { countOf, hostOfBytes } from "./elements.ts";
import { type NpyStream, openNpy, readElements } from "./npy.ts";
import { fail, inPart, quote } from "./part.ts";
import type { TensorEntry, TensorFile } from "./tensor-file.ts";
import type { Zip, ZipEntry } from "./zip.ts";
import { readZip } from "./zip.ts";

export interface Npz extends TensorFile {
  /**
   * An array a few rows at a time, rows being along its first axis, for arrays that no memory holds whole. The last may
   * have fewer.
   * @throws FormatError as `read`, and for an array in Fortran's order, whose rows are not together
   */
  readonly rows: (name: string, count: number) => AsyncGenerator<Host>;
}

/**
 * Reads the headers of all arrays and checks them; elements are read when they are asked for.
 * @throws FormatError for an archive that is damaged, or has what is no array
 */
export const readNpz = async (source: ByteSource): Promise<Npz> => readNpzZip(await readZip(source));

/** The same for an archive that is open. */
export const readNpzZip = async (zip: Zip): Promise<Npz> => {
  const { source } = zip;
  const open = (entry: ZipEntry): Promise<NpyStream> =>
    inPart(source, quote(entry.name), () => openNpy(zip.chunks(entry), entry.size));

  const members = new Map<string, ZipEntry>();
  const entries = new Map<string, TensorEntry>();
  for (const entry of zip.entries.values()) {
    if (!entry.name.endsWith(".npy")) fail(source, `${quote(entry.name)} is no array of NumPy, <name>.npy`);
    const name = entry.name.slice(0, -".npy".length);
    const stream = await open(entry);
    await stream.close();
    const { dtype, shape } = stream.header;
    members.set(name, entry);
    entries.set(name, { dtype, shape });
  }
  const memberOf = (name: string): ZipEntry =>
    members.get(name) ??
    fail(source, `there is no array ${quote(name)} in it; it has ${[...members.keys()].join(", ")}`);

  const read = async (name: string): Promise<Host> => {
    const entry = memberOf(name);
    const stream = await open(entry);
    return inPart(source, quote(entry.name), () => readElements(stream));
  };

  async function* rows(name: string, count: number): AsyncGenerator<Host> {
    if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`rows: ${count} is no number of rows`);
    const entry = memberOf(name);
    const stream = await open(entry);
    try {
      const { dtype, shape, isFortran } = stream.header;
      const [total, ...row] = shape;
      if (total === undefined) return fail(source, `${quote(name)} is a scalar, and has no rows`);
      if (isFortran && shape.length > 1) fail(source, `${quote(name)} is in Fortran's order, and has no rows to read`);
      for (let at = 0; at < total; at += count) {
        const part = [Math.min(count, total - at), ...row];
        const bytes = await inPart(source, quote(entry.name), () => stream.elements(countOf(part)));
        yield hostOfBytes(bytes, dtype, part);
      }
      await inPart(source, quote(entry.name), stream.end);
    } finally {
      await stream.close();
    }
  }
  return { entries, read, rows };
};
