/** Zip archives piece by piece: each entry is made when it is due, and none is held beside the next. */

import { deflateSync } from "fflate";
import { crc32 } from "./crc32.ts";
import { join } from "./part.ts";

/** An entry that is to be written. */
export interface NewEntry {
  readonly name: string;
  /** Its bytes, made when they are due. */
  readonly data: () => Uint8Array | Promise<Uint8Array>;
}

export interface ZipOptions {
  /** The bytes of each entry begin at a multiple of this. */
  readonly align?: number;
  readonly deflate?: boolean;
}

/** From here on a number stands in 64 bits. */
const limit32 = 0xffffffff;
const limit16 = 0xffff;

/** The first of January 1980, the first day of the format: archives of the same entries are the same bytes. */
const date = 0x21;

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Fields one after the other, little-endian. */
const pack = (fields: readonly Field[]): Uint8Array => {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
};

/** An extra field that fills up to where the data may begin; `FB` is what PyTorch names it. */
const padding = (headerEnd: number, align: number): Uint8Array => {
  if (headerEnd % align === 0) return new Uint8Array(0);
  const length = (align - ((headerEnd + 4) % align)) % align;
  return join(
    pack([
      [2, 0x4246],
      [2, length],
    ]),
    new Uint8Array(length),
  );
};

/** What stands both in the header of an entry and in the list: from the version to the size, the lengths after it. */
const described = (
  isLarge: boolean,
  method: number,
  crc: number,
  packedSize: number,
  size: number,
): readonly Field[] => [
  [2, isLarge ? 45 : 20],
  [2, 0x800], // names are UTF-8
  [2, method],
  [2, 0],
  [2, date],
  [4, crc],
  [4, Math.min(packedSize, limit32)],
  [4, Math.min(size, limit32)],
];

/** The bytes of an archive, in order. */
export async function* zipChunks(
  entries: Iterable<NewEntry>,
  { align = 1, deflate = false }: ZipOptions = {},
): AsyncGenerator<Uint8Array> {
  const list: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const bytes = await data();
    const packed = deflate ? deflateSync(bytes) : bytes;
    const rawName = new TextEncoder().encode(name);
    const isLarge = bytes.length >= limit32 || packed.length >= limit32;
    const fields = described(isLarge, deflate ? 8 : 0, crc32(bytes), packed.length, bytes.length);
    const sizes: readonly Field[] = [
      [8, bytes.length],
      [8, packed.length],
    ];
    const local = isLarge ? pack([[2, 1], [2, 16], ...sizes]) : new Uint8Array(0);
    const extra = join(local, padding(offset + 30 + rawName.length + local.length, align));
    const header = pack([[4, 0x04034b50], ...fields, [2, rawName.length], [2, extra.length]]);
    yield join(header, rawName, extra);
    yield packed;

    const large = [...(isLarge ? sizes : []), ...(offset >= limit32 ? [[8, offset] as const] : [])];
    const more = large.length > 0 ? pack([[2, 1], [2, 8 * large.length], ...large]) : new Uint8Array(0);
    const rest: readonly Field[] = [
      [2, rawName.length],
      [2, more.length],
      [2, 0], // no comment
      [2, 0], // the first disk
      [2, 0],
      [4, 0],
      [4, Math.min(offset, limit32)],
    ];
    list.push(join(pack([[4, 0x02014b50], [2, 45], ...fields, ...rest]), rawName, more));
    offset += header.length + rawName.length + extra.length + packed.length;
  }
  const directory = join(...list);
  yield directory;
  yield endOf(list.length, directory.length, offset);
}

/** What stands after the list: the record of large archives where it is needed, and the record of all. */
const endOf = (count: number, size: number, offset: number): Uint8Array => {
  const isLarge = count >= limit16 || size >= limit32 || offset >= limit32;
  const record: readonly Field[] = [
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, offset],
  ];
  const locator: readonly Field[] = [
    [4, 0x07064b50],
    [4, 0],
    [8, offset + size],
    [4, 1],
  ];
  return pack([
    ...(isLarge ? [...record, ...locator] : []),
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, Math.min(count, limit16)],
    [2, Math.min(count, limit16)],
    [4, Math.min(size, limit32)],
    [4, Math.min(offset, limit32)],
    [2, 0],
  ]);
};
