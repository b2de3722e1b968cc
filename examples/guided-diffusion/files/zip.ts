/**
 * Zip archives read by place: the list of entries first, then the bytes of an entry when they are asked for. Everything in
 * the list is checked against the file before an entry is read, and an entry against its checksum.
 *
 * Format: APPNOTE.TXT of PKWARE, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

import type { ByteSource } from "typegrad";
import { crc32 } from "./crc32.ts";
import { canInflateTo, inflate } from "./inflate.ts";
import { chunksOfPart, fail, inPart, nameOf, quote, readPart } from "./part.ts";
import { reserve } from "./take.ts";
import { readDirectory, type ZipEntry } from "./zip-directory.ts";

/** An archive. */
export interface Zip {
  readonly source: ByteSource;
  /** By name, in the order of the archive's list. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The bytes of an entry in order, a few MiB at a time; its checksum is compared after the last. */
  readonly chunks: (entry: ZipEntry) => AsyncGenerator<Uint8Array>;
  /** Bytes `begin` to `end` of an entry. The checksum is that of the whole, which is read once besides where this is a part. */
  readonly read: (entry: ZipEntry, begin?: number, end?: number) => Promise<Uint8Array<ArrayBuffer>>;
}

const localHeader = 30;

/** Where the bytes of an entry begin: behind a header of its own, which must say the same as the list. */
const dataOffset = async (source: ByteSource, { name, rawName, flags, method, headerOffset }: ZipEntry) => {
  const what = `the header of ${quote(name)}`;
  const header = await readPart(source, headerOffset, localHeader + rawName.length, what);
  const view = new DataView(header.buffer);
  if (view.getUint32(0, true) !== 0x04034b50) fail(source, `${what} at ${headerOffset} does not begin with PK\\3\\4`);
  if (view.getUint16(6, true) !== flags || view.getUint16(8, true) !== (method === "stored" ? 0 : 8)) {
    fail(source, `${what} has another method or other flags than the list at the end of the archive`);
  }
  const same = view.getUint16(26, true) === rawName.length && rawName.every((b, i) => b === header[localHeader + i]);
  if (!same) fail(source, `${what} has another name than the list at the end of the archive`);
  return headerOffset + header.length + view.getUint16(28, true);
};

/**
 * Reads the list of an archive's entries.
 * @throws FormatError for an archive that is truncated, encrypted, split, or says what cannot be; nothing is reserved ahead
 */
export const readZip = async (source: ByteSource): Promise<Zip> => {
  const entries = await readDirectory(source);
  const whole = new Map<ZipEntry, Promise<void>>();
  // PyTorch can be told to compute no checksums; all of them are 0 then.
  const hasChecksums = [...entries.values()].some(({ crc }) => crc !== 0);

  async function* chunks(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    const { name, method, compressedSize, size, crc } = entry;
    const what = `the data of ${quote(name)}`;
    const packed = chunksOfPart(source, await dataOffset(source, entry), compressedSize, what);
    let remainder = 0;
    for await (const chunk of method === "stored" ? packed : inflate(packed, size, `${nameOf(source)}: ${what}`)) {
      remainder = crc32(chunk, remainder);
      yield chunk;
    }
    if (hasChecksums && remainder !== crc) {
      fail(source, `${what} has the checksum ${remainder.toString(16)}, and should have ${crc.toString(16)}`);
    }
  }

  /** Reads an entry through, once. */
  const check = (entry: ZipEntry): Promise<void> => {
    const known = whole.get(entry);
    if (known !== undefined) return known;
    const checked = (async () => {
      for await (const _ of chunks(entry));
    })();
    whole.set(entry, checked);
    // A source that could not be read once may be read later.
    checked.catch(() => whole.delete(entry));
    return checked;
  };

  const read = async (entry: ZipEntry, begin = 0, end = entry.size): Promise<Uint8Array<ArrayBuffer>> => {
    const what = `the data of ${quote(entry.name)}`;
    if (begin < 0 || begin > end || end > entry.size) {
      fail(source, `bytes ${begin} to ${end} of ${quote(entry.name)} are asked for, and it has ${entry.size}`);
    }
    const part = end - begin < entry.size;
    if (part && entry.method === "stored") {
      if (hasChecksums) await check(entry);
      return readPart(source, (await dataOffset(source, entry)) + begin, end - begin, what);
    }
    const bytes = inPart(source, what, () => reserve(end - begin));
    let at = 0;
    for await (const chunk of chunks(entry)) {
      const from = Math.max(begin - at, 0);
      if (from < chunk.length && at < end) bytes.set(chunk.subarray(from, end - at), Math.max(at - begin, 0));
      at += chunk.length;
    }
    return bytes;
  };

  for (const { name, method, compressedSize, size } of entries.values()) {
    if (method === "stored" ? size !== compressedSize : !canInflateTo(compressedSize, size)) {
      fail(source, `${quote(name)} has ${compressedSize} bytes that cannot unpack to the ${size} that it claims`);
    }
  }
  return { source, entries, chunks, read };
};
