/** Zip archives piece by piece: each entry is made when it is due, and none is held beside the next. */

import { Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";

/** An entry that is to be written. */
export interface NewEntry {
  readonly name: string;
  /** Its bytes, made when they are due. */
  readonly data: () => Uint8Array | Promise<Uint8Array>;
}

export interface ZipOptions {
  /** The bytes of each entry begin at a multiple of 64. */
  readonly isAligned?: boolean;
  readonly deflate?: boolean;
}

/** The first day of the format: archives of the same entries are the same bytes. */
const date = new Date(1980, 0, 1);

/** The bytes of an archive, in order. */
export async function* zipChunks(
  entries: Iterable<NewEntry>,
  { isAligned = false, deflate = false }: ZipOptions = {},
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const writer = new ZipWriter(new WritableStream<Uint8Array>({ write: (chunk) => void ready.push(chunk) }), {
    level: deflate ? 6 : 0,
    // The library's name for aligned entries, after a format that asks for them.
    usdz: isAligned,
    lastModDate: date,
    extendedTimestamp: false,
    useWebWorkers: false,
  });
  for (const { name, data } of entries) {
    await writer.add(name, new Uint8ArrayReader(await data()));
    yield* ready.splice(0);
  }
  await writer.close();
  yield* ready.splice(0);
}
