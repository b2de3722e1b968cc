/** The list of entries at the end of a zip archive, checked against the file. */

import type { ByteSource } from "typegrad";
import { fail, quote, readPart } from "./part.ts";

export interface ZipEntry {
  readonly name: string;
  readonly method: "stored" | "deflated";
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
  readonly headerOffset: number;
  /** As the header of the entry must repeat them. */
  readonly rawName: Uint8Array;
  readonly flags: number;
}

interface Place {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
  /** Where what describes the list begins, which the list ends before. */
  readonly limit: number;
}

/** The list is read into memory whole. */
const largestDirectory = 64 * 2 ** 20;

/** Where a number has no room in 16 or 32 bits, it stands elsewhere in 64. */
const elsewhere16 = 0xffff;
const elsewhere32 = 0xffffffff;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The record at the very end of the archive, before a comment of up to 64 KiB. */
const findEnd = async (source: ByteSource): Promise<Place> => {
  const length = Math.min(source.size, 22 + 0xffff);
  const tail = await readPart(source, source.size - length, length, "the end of the archive");
  const view = viewOf(tail);
  for (let at = length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + 22 + view.getUint16(at + 20, true) !== length) continue;
    if (view.getUint32(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== view.getUint16(at + 10, true)) {
      fail(source, "the archive is split over several files");
    }
    const limit = source.size - length + at;
    const count = view.getUint16(at + 10, true);
    const [size, offset] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    const isLarge = count === elsewhere16 || size === elsewhere32 || offset === elsewhere32;
    return (isLarge ? await findEnd64(source, limit) : undefined) ?? { offset, size, count, limit };
  }
  return fail(source, "the archive has no list of entries at its end; the file is truncated, or no zip archive");
};

/** A whole number of 64 bits, where it is one that can be the place of a byte. */
const integer64 = (view: DataView, at: number): number => {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
};

/** The record of large archives; `undefined` where there is none, and the numbers of the small record are meant. */
const findEnd64 = async (source: ByteSource, end: number): Promise<Place | undefined> => {
  if (end < 20) return undefined;
  const locator = viewOf(await readPart(source, end - 20, 20, "the place of the zip64 record"));
  if (locator.getUint32(0, true) !== 0x07064b50) return undefined;
  const limit = integer64(locator, 8);
  const view = viewOf(await readPart(source, limit, 56, "the zip64 record"));
  if (view.getUint32(0, true) !== 0x06064b50) fail(source, `there is no zip64 record at ${limit}, where it should be`);
  return { offset: integer64(view, 48), size: integer64(view, 40), count: integer64(view, 32), limit };
};

/** @throws FormatError for a list that does not belong to this file, or has entries that cannot be read */
export const readDirectory = async (source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> => {
  const { offset, size, count, limit } = await findEnd(source);
  if (size > largestDirectory) fail(source, `the list of entries is ${size} bytes, and ${largestDirectory} at most`);
  if (offset + size > limit) {
    fail(source, `the list of entries is bytes ${offset} to ${offset + size}, and must end before ${limit}`);
  }
  const bytes = await readPart(source, offset, size, "the list of entries");
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  while (at < size) {
    const { entry, next } = parseEntry(source, bytes, at);
    if (entries.has(entry.name)) fail(source, `two entries have the name ${quote(entry.name)}`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (entries.size !== count) fail(source, `the list has ${entries.size} entries, and should have ${count}`);
  checkPlaces(source, [...entries.values()], offset);
  return entries;
};

const parseEntry = (source: ByteSource, bytes: Uint8Array, at: number): { entry: ZipEntry; next: number } => {
  const view = viewOf(bytes);
  if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
    return fail(source, `the list of entries is damaged at its byte ${at}`);
  }
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
    number,
    number,
    number,
  ];
  const extraAt = at + 46 + nameLength;
  const next = extraAt + extraLength + commentLength;
  if (next > bytes.length) return fail(source, `the list of entries is damaged at its byte ${at}`);
  const rawName = bytes.slice(at + 46, extraAt);
  const name = new TextDecoder().decode(rawName);
  const flags = view.getUint16(at + 8, true);
  // Bits 0, 6 and 13 are of encryption.
  if (flags & 0x2041) return fail(source, `${quote(name)} is encrypted`);
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) {
    return fail(source, `${quote(name)} is packed by method ${method}; 0 (stored) and 8 (deflated) can be read`);
  }
  const [size, compressedSize, headerOffset] = largeSizes(
    source,
    name,
    viewOf(bytes.subarray(extraAt, extraAt + extraLength)),
    [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)],
  );
  const crc = view.getUint32(at + 16, true);
  const kind = method === 0 ? "stored" : "deflated";
  return { entry: { name, method: kind, compressedSize, size, crc, headerOffset, rawName, flags }, next };
};

type Sizes = readonly [size: number, compressedSize: number, headerOffset: number];

/** Sizes and place of an entry, from its zip64 field where they have no room in their own. */
const largeSizes = (source: ByteSource, name: string, extra: DataView, sizes: Sizes): Sizes => {
  let at = 0;
  while (at + 4 <= extra.byteLength && extra.getUint16(at, true) !== 1) at += 4 + extra.getUint16(at + 2, true);
  if (at + 4 > extra.byteLength) return sizes;
  const end = Math.min(at + 4 + extra.getUint16(at + 2, true), extra.byteLength);
  at += 4;
  return sizes.map((value) => {
    if (value !== elsewhere32) return value;
    if (at + 8 > end)
      return fail(source, `${quote(name)} says that its size stands in a zip64 field, which has no room`);
    at += 8;
    return integer64(extra, at - 8);
  }) as unknown as Sizes;
};

/** Entries lie one after the other before the list: a byte that belonged to two would be unpacked twice. */
const checkPlaces = (source: ByteSource, entries: readonly ZipEntry[], end: number): void => {
  const sorted = entries.toSorted((a, b) => a.headerOffset - b.headerOffset);
  for (const [i, { name, headerOffset, rawName, compressedSize }] of sorted.entries()) {
    const limit = sorted[i + 1]?.headerOffset ?? end;
    const last = headerOffset + 30 + rawName.length + compressedSize;
    if (last > limit) {
      const what = sorted[i + 1] === undefined ? "the list of entries" : quote(sorted[i + 1]?.name);
      fail(source, `${quote(name)}, bytes ${headerOffset} to ${last}, overlaps ${what} at ${limit}`);
    }
  }
};
