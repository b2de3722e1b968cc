import { bytesSource } from "typegrad";
import { describe, expect, test } from "vitest";
import { readZip, type Zip, type ZipEntry } from "../../../../examples/guided-diffusion/files/zip.ts";
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

/** Opens an archive and reads all that is in it. */
const readThrough = async (bytes: Uint8Array): Promise<void> => {
  const zip = await open(bytes);
  for (const entry of zip.entries.values()) await zip.read(entry);
};

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

  test("with a comment", async () => {
    const bytes = await archive({ a: text("x") });
    const commented = changed(new Uint8Array([...bytes, ...text("hello")]), endAt(bytes) + 20, 5, 2);
    expect([...(await open(commented)).entries.keys()]).toEqual(["a"]);
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
    expect(await refusal(readThrough(cut))).toContain("Zip64 extra field not found");
  });
});

describe("what cannot be", async () => {
  const stored = await archive({ a: text("hello"), b: text("hello") });
  const first = directoryAt(stored, 0);
  const second = directoryAt(stored, 1);
  const end = endAt(stored);

  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "x.zip: the list of entries: File format is not recognized"],
    ["another file", text("x".repeat(100)), "End of central directory not found"],
    ["encryption", changed(stored, first + 8, 0x801, 2), '"a" is encrypted'],
    ["strong encryption", changed(stored, first + 8, 0x841, 2), '"a" is encrypted'],
    ["another method", changed(stored, first + 10, 12, 2), 'the data of "a": Ambiguous archive'],
    ["several files", changed(stored, end + 4, 1, 2), "Split zip file"],
    ["another count", changed(changed(stored, end + 10, 3, 2), end + 8, 3, 2), "Central directory header not found"],
    ["a list past the end", changed(changed(stored, end + 16, 0x7fffffff), first, 0), "Central directory header not"],
    ["a name twice", changed(stored, second + 46, 0x5061, 2), "two entries have one name"],
    ["entries that overlap", changed(stored, second + 42, 10), 'the data of "b": Local file header not found'],
    ["an entry past the list", changed(stored, second + 42, 10_000), 'the data of "b": Local file header not found'],
    ["a stored size", changed(stored, first + 24, 6), '"a" has 5 bytes that cannot unpack to the 6 that it claims'],
    ["a bomb", changed(changed(stored, first + 10, 8, 2), first + 24, 0xfffffff0), "cannot unpack to the 4294967280"],
    [
      "a zip64 record that is nowhere",
      changed(changed(stored, end + 8, 0xffff, 2), end + 10, 0xffff, 2),
      "Central directory header not found",
    ],
  ])("%s", async (_, bytes, reason) => {
    expect(await refusal(readThrough(bytes))).toContain(reason);
  });

  test.each<[string, Uint8Array, string]>([
    ["no header", changed(stored, 0, 0), 'the data of "a": Local file header not found'],
    ["another name", changed(stored, 30, 0x6c6c6568), 'the data of "a": Ambiguous archive'],
    ["another method", changed(stored, 8, 8, 2), 'the data of "a": Ambiguous archive'],
    ["other data", changed(stored, 31, 0), 'the data of "a": Invalid CRC32'],
  ])("%s of an entry", async (_, bytes, reason) => {
    const zip = await open(bytes);
    expect(await refusal(zip.read(entryOf(zip, "a")))).toContain(reason);
    if (reason.includes("CRC32")) expect(await refusal(zip.read(entryOf(zip, "a"), 1, 2))).toContain(reason);
  });

  test("deflated data that unpacks to more or less", async () => {
    const deflated = await archive({ a: new Uint8Array(1000) }, true);
    const record = directoryAt(deflated, 0);
    for (const claimed of [999, 1001]) {
      expect(await refusal(readThrough(changed(deflated, record + 24, claimed)))).toContain('the data of "a": ');
    }
    const packedAt = record - new DataView(deflated.buffer).getUint32(record + 20, true);
    expect(await refusal(readThrough(changed(deflated, packedAt, 0xffffffff)))).toContain('the data of "a": ');
  });

  test("an entry inside of another, whose bytes would be unpacked twice", async () => {
    const inner = await archive({ b: text("hello") });
    const outer = await archive({ a: inner.slice(0, directoryAt(inner, 0)) });
    const at = Buffer.from(outer).indexOf("PK\x03\x04", 4);
    const record = changed(inner.slice(directoryAt(inner, 0), endAt(inner)), 42, at);
    const list = outer.slice(directoryAt(outer, 0), endAt(outer));
    const end = changed(changed(outer.slice(endAt(outer)), 8, 0x20002), 12, list.length + record.length);
    const both = new Uint8Array([...outer.slice(0, directoryAt(outer, 0)), ...list, ...record, ...end]);
    expect(await refusal(readThrough(both))).toBe('x.zip: the data of "b": Overlapping entry found');
  });
});
