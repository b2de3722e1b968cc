/** The container of PyTorch 1.6 and later: a zip archive of `<root>/data.pkl` and a `<root>/data/<key>` for each storage. */

import { fail, inPart, quote } from "./part.ts";
import { readPickle } from "./pickle.ts";
import { type Container, largestPickle } from "./pt-container.ts";
import { torchNames } from "./torch-names.ts";
import type { Zip, ZipEntry } from "./zip.ts";

/** @throws FormatError where the archive is none of PyTorch, of another order of bytes, or its pickle cannot be read */
export const openZip = async ({ source, entries, read }: Zip): Promise<Container> => {
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    return fail(source, `the archive has ${pickles.length} entries <root>/data.pkl, and must have one`);
  }
  const pickle = pickles[0] as ZipEntry;
  const root = pickle.name.slice(0, -"data.pkl".length);
  const order = entries.get(`${root}byteorder`);
  if (order !== undefined) {
    if (order.size > 16) fail(source, `${quote(order.name)} has ${order.size} bytes; it is "little" or "big"`);
    const text = new TextDecoder().decode(await read(order));
    if (text !== "little") fail(source, `its order of bytes is ${quote(text)}; only "little" can be read`);
  }
  if (pickle.size > largestPickle) {
    fail(source, `${quote(pickle.name)} has ${pickle.size} bytes, and may have ${largestPickle}`);
  }
  const bytes = await read(pickle);
  const { value } = inPart(source, quote(pickle.name), () => readPickle(bytes, 0, torchNames));
  const entryOf = (key: string): ZipEntry | undefined => entries.get(`${root}data/${key}`);
  return {
    root: value,
    sizeOf: ({ key }) => entryOf(key)?.size,
    read: (key, begin, end) => read(entryOf(key) as ZipEntry, begin, end),
  };
};
