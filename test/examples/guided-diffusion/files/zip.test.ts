import { bytesSource } from "typegrad";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../../../examples/guided-diffusion/files/crc32.ts";
import { readZip, type Zip } from "../../../../examples/guided-diffusion/files/zip.ts";
import type { ZipEntry } from "../../../../examples/guided-diffusion/files/zip-directory.ts";
import { zipChunks } from "../../../../examples/guided-diffusion/files/zip-writer.ts";
import { collect, noting, refusal } from "./sources.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const archive = (contents: Readonly<Record<string, Uint8Array>>, deflate = false): Promise<Uint8Array<ArrayBuffer>> =>
  collect(
    zipChunks(
      Object.entries(contents).map(([name, data]) => ({ name, data: () => data })),
      { deflate },
    ),
  );

const open = (bytes: Uint8Array): Promise<Zip> => readZip(bytesSource(bytes, "x.zip"));

const entryOf = ({ entries }: Zip, name: string): ZipEntry => entries.get(name) as ZipEntry;

/** Where the record of the list stands for an entry, by its place in the list. */
const directoryAt = (bytes: Uint8Array, entry: number): number => {
  let at = -1;
  for (let i = 0; i <= entry; i++) at = Buffer.from(bytes).indexOf(Buffer.from("PK\x01\x02"), at + 1);
  return at;
};

const endAt = (bytes: Uint8Array): number => Buffer.from(bytes).lastIndexOf(Buffer.from("PK\x05\x06"));

/** The same bytes with a number set. */
const changed = (bytes: Uint8Array, at: number, value: number, width: 2 | 4 = 4): Uint8Array => {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (width === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
  return copy;
};

test("the checksum is that of zip", () => {
  expect(crc32(text("123456789"))).toBe(0xcbf43926);
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
  for (const cut of [0, 1, 7, 8, 9, 500])
    expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
});

describe("archives", () => {
  const data = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 8);

  test.each([false, true])("give back what was put in, deflated: %s", async (deflate) => {
    const zip = await open(await archive({ "a/b.bin": data, empty: new Uint8Array(0), "ü.txt": text("x") }, deflate));
    expect([...zip.entries.keys()]).toEqual(["a/b.bin", "empty", "ü.txt"]);
    expect(entryOf(zip, "a/b.bin").compressedSize < data.length).toBe(deflate);
    expect(Buffer.compare(await zip.read(entryOf(zip, "a/b.bin")), data)).toBe(0);
    const part = await zip.read(entryOf(zip, "a/b.bin"), 5, 70_000);
    expect(Buffer.compare(part, data.subarray(5, 70_000))).toBe(0);
    expect(await zip.read(entryOf(zip, "empty"))).toEqual(new Uint8Array(0));
  });

  test("of one entry are not read further than that entry", async () => {
    const bytes = await archive({ first: data, second: data });
    const { source, reads } = noting(bytes);
    const zip = await readZip(source);
    reads.length = 0;
    await zip.read(entryOf(zip, "first"));
    expect(Math.max(...reads.map(([offset, length]) => offset + length))).toBeLessThan(data.length + 100);
  });

  test("with a comment, or more than 65535 entries", async () => {
    const bytes = await archive({ a: text("x") });
    const commented = changed(new Uint8Array([...bytes, ...text("hello")]), endAt(bytes) + 20, 5, 2);
    expect([...(await open(commented)).entries.keys()]).toEqual(["a"]);
    const many = Array.from({ length: 70_000 }, (_, i) => ({ name: `${i}`, data: () => new Uint8Array(i % 2) }));
    expect((await open(await collect(zipChunks(many)))).entries.size).toBe(70_000);
  });

  test("with sizes in 64 bits", async () => {
    // The list says 2³² − 1 for each number, and the numbers in a field of their own.
    const plain = await archive({ a: text("hello") });
    const list = directoryAt(plain, 0);
    const record = plain.slice(list, list + 47);
    const view = new DataView(record.buffer);
    for (const at of [20, 24, 42]) view.setUint32(at, 0xffffffff, true);
    view.setUint16(30, 28, true);
    const field = new Uint8Array(28);
    const large = new DataView(field.buffer);
    large.setUint16(0, 1, true);
    large.setUint16(2, 24, true);
    large.setBigUint64(4, 5n, true);
    large.setBigUint64(12, 5n, true);
    const end = plain.slice(endAt(plain));
    new DataView(end.buffer).setUint32(12, 47 + 28, true);
    const zip = await open(new Uint8Array([...plain.slice(0, list), ...record, ...field, ...end]));
    expect(await zip.read(entryOf(zip, "a"))).toEqual(text("hello"));
    const cut = new Uint8Array([...plain.slice(0, list), ...changed(record, 30, 0, 2), ...changed(end, 12, 47)]);
    expect(await refusal(open(cut))).toContain('"a", bytes 4294967295 to');
  });
});

describe("what cannot be", async () => {
  const stored = await archive({ a: text("hello"), b: text("hello") });
  const first = directoryAt(stored, 0);
  const second = directoryAt(stored, 1);
  const end = endAt(stored);

  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "the archive has no list of entries at its end"],
    ["another file", text("x".repeat(100)), "the archive has no list of entries at its end"],
    ["encryption", changed(stored, first + 8, 0x801, 2), '"a" is encrypted'],
    ["strong encryption", changed(stored, first + 8, 0x841, 2), '"a" is encrypted'],
    ["another method", changed(stored, first + 10, 12, 2), '"a" is packed by method 12; 0 (stored) and 8 (deflated)'],
    ["several files", changed(stored, end + 4, 1, 2), "the archive is split over several files"],
    [
      "another count",
      changed(changed(stored, end + 10, 3, 2), end + 8, 3, 2),
      "the list has 2 entries, and should have 3",
    ],
    ["a list past the end", changed(stored, end + 16, 0x7fffffff), "the list of entries is bytes 2147483647 to"],
    [
      "a long list",
      changed(stored, end + 12, 0x7fffffff),
      "the list of entries is 2147483647 bytes, and 67108864 at most",
    ],
    ["a name twice", changed(stored, second + 46, 0x5061, 2), 'two entries have the name "a"'],
    ["entries that overlap", changed(stored, second + 42, 10), "overlaps"],
    ["an entry past the list", changed(stored, second + 42, 10_000), "overlaps the list of entries at"],
    ["a stored size", changed(stored, first + 24, 6), '"a" has 5 bytes that cannot unpack to the 6 that it claims'],
    ["a bomb", changed(changed(stored, first + 10, 8, 2), first + 24, 0xfffffff0), "cannot unpack to the 4294967280"],
    [
      "a zip64 record that is nowhere",
      changed(changed(stored, end + 8, 0xffff, 2), end + 10, 0xffff, 2),
      "the list has 2 entries",
    ],
  ])("%s", async (_, bytes, reason) => {
    expect(await refusal(open(bytes))).toContain(reason);
  });

  test.each<[string, Uint8Array, string]>([
    ["no header", changed(stored, 0, 0), 'the header of "a" at 0 does not begin with PK\\3\\4'],
    ["another name", changed(stored, 30, 0x6c6c6568), 'the header of "a" has another name'],
    ["another method", changed(stored, 8, 8, 2), 'the header of "a" has another method'],
    ["other data", changed(stored, 31, 0), 'the data of "a" has the checksum'],
  ])("%s of an entry", async (_, bytes, reason) => {
    const zip = await open(bytes);
    expect(await refusal(zip.read(entryOf(zip, "a")))).toContain(reason);
    if (reason.includes("checksum")) expect(await refusal(zip.read(entryOf(zip, "a"), 1, 2))).toContain(reason);
  });

  test("deflated data that unpacks to more or less", async () => {
    const deflated = await archive({ a: new Uint8Array(1000) }, true);
    const size = directoryAt(deflated, 0) + 24;
    for (const [claimed, reason] of [
      [999, 'the data of "a" unpacks to more than the 999 bytes that it should have'],
      [1001, 'the data of "a" unpacks to 1000 bytes, and should have 1001'],
    ] as const) {
      const zip = await open(changed(deflated, size, claimed));
      expect(await refusal(zip.read(entryOf(zip, "a")))).toContain(reason);
    }
    const zip = await open(changed(deflated, 31, 0xffffffff));
    expect(await refusal(zip.read(entryOf(zip, "a")))).toContain("is damaged");
  });
});
