/**
 * Zip archives read by place: the list of entries first, then the bytes of an entry when they are asked for, by `zip.js`.
 * An entry must agree with the list and with its checksum, and share no byte with another.
 */

import { configure, type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { type ByteSource, FormatError } from "typegrad";
import { fail, nameOf, quote, readPart } from "./part.ts";
import { reserve } from "./take.ts";

// Workers would outlive a command. The size is of what is read at once.
configure({ useWebWorkers: false, chunkSize: 2 ** 20 });

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly compressedSize: number;
  readonly isStored: boolean;
}

/** An archive. */
export interface Zip {
  readonly source: ByteSource;
  /** By name, in the order of the archive's list. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The bytes of an entry in order, a few at a time; its checksum is compared after the last. */
  readonly chunks: (entry: ZipEntry) => AsyncGenerator<Uint8Array>;
  /** Bytes `begin` to `end` of an entry. The checksum is that of the whole, which is read once besides where this is a part. */
  readonly read: (entry: ZipEntry, begin?: number, end?: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/** Deflate makes at most 258 bytes of two bits: what claims more is no deflated data. */
const largestRatio = 1032;

/** A source as the library reads it: less comes where the source ends. */
const readerOf = (source: ByteSource): Reader<ByteSource> =>
  Object.assign(new Reader(source), {
    size: source.size,
    readUint8Array: (offset: number, length: number) => {
      const begin = Math.min(offset, source.size);
      return readPart(source, begin, Math.min(length, source.size - begin), "the archive");
    },
  });

/** The library says in a field what an archive is ambiguous in. */
type Fault = Error & { readonly reason?: string };

const textOf = ({ message, reason }: Fault): string => (reason === undefined ? message : `${message}, ${reason}`);

/**
 * Reads the list of an archive's entries.
 * @throws FormatError for an archive that is truncated, encrypted, split, or says what cannot be; nothing is reserved ahead
 */
export const readZip = async (source: ByteSource): Promise<Zip> => {
  const reader = readerOf(source);
  const named = (error: unknown, what: string): unknown =>
    // What the source throws is no fault of the format, and has its own name.
    error instanceof FormatError || (error as NodeJS.ErrnoException).syscall !== undefined
      ? error
      : new FormatError(`${nameOf(source)}: ${what}: ${textOf(error as Fault)}`);

  // Not its strict way: PyTorch writes a record of large archives in small ones too, which is found ambiguous.
  const found = await new ZipReader(reader, { filenameValidation: "tolerant" }).getEntries().catch((error) => {
    throw named(error, "the list of entries");
  });
  const files = new Map<ZipEntry, FileEntry>();
  for (const file of found) {
    const { filename: name, uncompressedSize: size, compressedSize, compressionMethod, encrypted } = file;
    if (encrypted) fail(source, `${quote(name)} is encrypted`);
    const isStored = compressionMethod === 0;
    if (isStored ? size !== compressedSize : size > largestRatio * (compressedSize + 1)) {
      fail(source, `${quote(name)} has ${compressedSize} bytes that cannot unpack to the ${size} that it claims`);
    }
    if (!file.directory) files.set({ name, size, compressedSize, isStored }, file);
  }
  const entries = new Map([...files.keys()].map((entry) => [entry.name, entry]));
  if (entries.size < files.size) fail(source, "two entries have one name");
  // PyTorch can be told to compute no checksums; all of them are 0 then.
  const checkCrc32 = found.some(({ crc32 }) => crc32 !== 0);

  async function* chunks(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const file = files.get(entry) as FileEntry;
    const written = file.getData(writable, { strictness: "strict", checkCrc32, checkOverlappingEntry: true });
    // The reader below is told of a failure, also of one before the first byte; that nobody reads on is none.
    written.catch((error) => writable.abort(error)).catch(() => undefined);
    try {
      yield* readable;
      await written;
    } catch (error) {
      throw named(error, `the data of ${quote(entry.name)}`);
    }
  }

  const places = new Map<ZipEntry, Promise<number>>();
  /** Where an entry that is stored begins, when it has been read through, once. */
  const placeOf = (entry: ZipEntry): Promise<number> => {
    const known = places.get(entry);
    if (known !== undefined) return known;
    const place = (async () => {
      for await (const _ of chunks(entry));
      return files.get(entry)?.localDirectory?.dataOffset as number;
    })();
    places.set(entry, place);
    // A source that could not be read once may be read later.
    place.catch(() => places.delete(entry));
    return place;
  };

  const read = async (entry: ZipEntry, begin = 0, end = entry.size): Promise<Uint8Array<ArrayBuffer>> => {
    const what = `the data of ${quote(entry.name)}`;
    if (begin < 0 || begin > end || end > entry.size) {
      fail(source, `bytes ${begin} to ${end} of ${quote(entry.name)} are asked for, and it has ${entry.size}`);
    }
    if (entry.isStored && end - begin < entry.size) {
      return readPart(source, (await placeOf(entry)) + begin, end - begin, what);
    }
    const bytes = reserve(end - begin);
    let at = 0;
    for await (const chunk of chunks(entry)) {
      const from = Math.max(begin - at, 0);
      if (from < chunk.length && at < end) bytes.set(chunk.subarray(from, end - at), Math.max(at - begin, 0));
      at += chunk.length;
    }
    return bytes;
  };
  return { source, entries, chunks, read };
};
