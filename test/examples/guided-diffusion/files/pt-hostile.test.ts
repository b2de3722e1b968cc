/** Files of PyTorch that say what cannot be, or ask for code to be run. */

import { type ByteSource, bytesSource } from "typegrad";
import { describe, expect, test } from "vitest";
import {
  pickleCall,
  pickleCount,
  pickleGlobal,
  pickleOf,
  pickleText,
  pickleTuple,
} from "../../../../examples/guided-diffusion/files/pickle-writer.ts";
import { readPt } from "../../../../examples/guided-diffusion/files/pt.ts";
import { legacyMagic } from "../../../../examples/guided-diffusion/files/pt-legacy.ts";
import { archive, archiveOf, dict, join, storage, tensor } from "./hostile.ts";
import { goldenBytes, noting, readAll, refusal } from "./sources.ts";

const counts = (...values: readonly number[]): Uint8Array[] => values.map(pickleCount);
const minus = (value: number): Uint8Array => join("J", new Uint8Array(Int32Array.of(-value).buffer));
/** 2⁶² as LONG1. */
const huge = join([0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x40]);
const four = { shape: counts(2, 2), strides: counts(2, 1) };

const refused = async (source: ByteSource | Promise<ByteSource>): Promise<string> =>
  refusal(readPt(await source).then(readAll));

describe("pickles that ask for code", () => {
  test.each([
    ["os", "system"],
    ["builtins", "eval"],
    ["torch", "load"],
    ["torch._utils", "_rebuild_device_tensor_from_numpy"],
    ["__torch__.Net", "Net"],
    ["toString", "constructor"],
  ])("%s.%s is named in the error", async (module, name) => {
    const call = pickleCall(pickleGlobal(module, name), pickleText("echo"));
    expect(await refused(archiveOf(dict(["w", call])))).toContain(
      `x.pt: "x/data.pkl": the pickle names "${module}.${name}", which nothing here needs`,
    );
  });

  test("by the name on the stack", async () => {
    const named = join(pickleText("posix"), pickleText("system"), [0x93]);
    expect(await refused(archiveOf(named))).toContain('the pickle names "posix.system"');
  });

  test("through what is allowed", async () => {
    const dictCalled = pickleCall(dict(["a", pickleCount(1)]), pickleCount(1));
    expect(await refused(archiveOf(dictCalled))).toContain("what is called is no function");
    const classCalled = pickleCall(pickleGlobal("torch", "FloatStorage"), pickleCount(1));
    expect(await refused(archiveOf(classCalled))).toContain("what is called is no function");
    const built = join(tensor(storage(4), four), "}", "b");
    expect(await refused(archiveOf(built))).toContain("attributes are set on what has none");
    const instance = join("(", pickleText("a"), "iposix\nsystem\n");
    expect(await refused(archiveOf(instance))).toContain('opcode "i" is none that files of tensors have');
  });

  test("keys that are special to JavaScript are keys", async () => {
    const file = await readPt(await archiveOf(dict(["__proto__", tensor(storage(4), four)])));
    expect([...file.entries.keys()]).toEqual(["__proto__"]);
    expect((await file.read("__proto__")).shape).toEqual([2, 2]);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
  });
});

describe("tensors that cannot be", () => {
  test.each<[string, Uint8Array, string]>([
    ["past its storage", tensor(storage(4), { shape: counts(5), strides: counts(1) }), "reaches to element 4 of a"],
    ["past by strides", tensor(storage(4), { shape: counts(2, 2), strides: counts(3, 1) }), "reaches to element 4"],
    [
      "past by its offset",
      tensor(storage(4), { ...four, offset: pickleCount(1) }),
      "and offset 1 reaches to element 4",
    ],
    ["a negative offset", tensor(storage(4), { ...four, offset: minus(1) }), "a tensor has offset -1"],
    [
      "a negative stride",
      tensor(storage(4), { shape: counts(2), strides: [minus(1)] }),
      "strides [-1]; they are whole",
    ],
    ["a negative dim", tensor(storage(4), { shape: [minus(1)], strides: counts(1) }), "shape [-1] and"],
    ["a huge dim", tensor(storage(4), { shape: [huge], strides: counts(0) }), "a tensor has offset 0, shape"],
    ["a huge stride", tensor(storage(4), { shape: counts(2), strides: [huge] }), "they are whole numbers"],
    [
      "dims that overflow",
      tensor(storage(4), { shape: counts(2 ** 52, 2 ** 52), strides: counts(2 ** 52, 1) }),
      "reaches",
    ],
    [
      "repeats without end",
      tensor(storage(4), { shape: counts(2 ** 40), strides: counts(0) }),
      '"w" repeats its elements to 4398046511104 bytes',
    ],
    ["a stride missing", tensor(storage(4), { shape: counts(2, 2), strides: counts(1) }), "a stride for each dim"],
    ["no storage", tensor(pickleCount(0), four), "_rebuild_tensor_v2 is called with other arguments"],
    [
      "more than its storage has",
      tensor(storage(5), four),
      'the storage "0" has 16 bytes, and "w" says that it has 20',
    ],
    ["no such storage", tensor(storage(4, { key: "7" }), four), '"w" is in the storage "7", which is missing'],
    ["a key that climbs", tensor(storage(4, { key: "../byteorder" }), four), "which is missing"],
    [
      "complex numbers",
      tensor(storage(2, { type: "ComplexFloatStorage" }), four),
      '"torch.ComplexFloatStorage", which',
    ],
  ])("%s", async (_, value, text) => {
    expect(await refused(archiveOf(dict(["w", value])))).toContain(text);
  });

  test("bools that are neither", async () => {
    const value = dict(["w", tensor(storage(4, { type: "BoolStorage" }), four)]);
    expect(await refused(archiveOf(value, { data: Uint8Array.of(0, 1, 2, 0) }))).toBe(
      'x.pt: "w": element 2, a bool, is 2',
    );
  });

  test("another order of bytes", async () => {
    const value = dict(["w", tensor(storage(4), four)]);
    expect(await refused(archiveOf(value, { byteorder: "big" }))).toBe(
      'x.pt: its order of bytes is "big"; only "little" can be read',
    );
  });
});

describe("pickles that are damaged", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "the pickle is truncated: 1 bytes are due at 0, of 0"],
    ["no end", join([0x80, 2], "}"), "the pickle is truncated"],
    ["an empty stack", join([0x80, 2], "."), "nothing is left on the stack"],
    ["no mark", join([0x80, 2], "}u."), "there is no mark on the stack"],
    ["a pop beneath a mark", join([0x80, 2], "}(", [0x85], "."), "nothing is left on the stack"],
    ["an empty memo", join([0x80, 2], "h\x05."), "there is nothing in place 5 of the memo"],
    ["a long text", join([0x80, 2], "X", [255, 255, 255, 255]), "the pickle is truncated: 4294967295 bytes are due"],
    ["a long integer", join([0x80, 2, 0x8b, 255, 255, 255, 255]), "an integer of 4294967295 bytes"],
    ["no UTF-8", join([0x80, 2], "X", [1, 0, 0, 0, 0xff], "."), "a text is not UTF-8"],
    ["an old protocol", join([0x80, 1], "}."), "protocol 1; 2 to 5 can be read"],
    ["items of a list", join([0x80, 2], "]K\x01K\x01s."), "items are set in what is no dict"],
    ["an appended tuple", join([0x80, 2], ")K\x01a."), "something is appended to what is no list"],
    ["keys that are lists", join([0x80, 2], "}]K\x01s."), "a key of a dict is neither text nor a number"],
    ["an odd number of items", join([0x80, 2], "}(K\x01u."), "items are set in what is no dict"],
    ["a list inside of itself", join([0x80, 2], "]q\x00h\x00a."), '"0" is inside of itself'],
  ])("%s", async (_, pickle, text) => {
    expect(await refused(archive(pickle))).toContain(text);
  });

  test("dicts that double at each level", async () => {
    const level = (below: number): Uint8Array =>
      join("}q", [below + 1], "(", "K\x01h", [below], "K\x02h", [below], "u");
    const pickle = join([0x80, 2], "K\x07q\x00", ...Array.from({ length: 60 }, (_, i) => level(i)), ".");
    expect(await refused(archive(pickle))).toContain("has more than 100000 leaves");
  });

  test("lists as deep as the file", async () => {
    const pickle = join([0x80, 2], "]".repeat(50_000), "a".repeat(49_999), ".");
    expect(await refused(archive(pickle))).toContain("is nested more than 100 deep");
  });
});

describe("the old container", () => {
  const info = (isLittle: boolean): Uint8Array =>
    pickleOf(join("}", pickleText("little_endian"), [isLittle ? 0x88 : 0x89], "s"));
  const count = (value: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(value).buffer);
  const keys = (...names: readonly string[]): Uint8Array => pickleOf(join("](", ...names.map(pickleText), "e"));
  const value = pickleOf(dict(["w", tensor(storage(4), four)]));
  const legacy = (...parts: readonly Uint8Array[]): ByteSource =>
    bytesSource(join(legacyMagic, pickleOf(pickleCount(1001)), ...parts), "x.pt");

  test("is read", async () => {
    const file = await readPt(legacy(info(true), value, keys("0"), count(4n), new Uint8Array(16)));
    expect((await file.read("w")).shape).toEqual([2, 2]);
  });

  test("a view of a storage, as the first versions of PyTorch wrote them", async () => {
    const view = pickleTuple(pickleText("v"), ...counts(2, 4));
    const type = pickleGlobal("torch", "FloatStorage");
    const id = join(
      pickleTuple(pickleText("storage"), type, pickleText("0"), pickleText("cpu"), pickleCount(6), view),
      "Q",
    );
    const data = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
    const file = await readPt(legacy(info(true), pickleOf(dict(["w", tensor(id, four)])), keys("0"), count(6n), data));
    expect([...(await file.read("w")).data]).toEqual([2, 3, 4, 5]);
    const past = pickleOf(dict(["w", tensor(id, { ...four, offset: pickleCount(1) })]));
    expect(await refused(legacy(info(true), past, keys("0"), count(6n), data))).toContain("reaches to element 4");
  });

  test.each<[string, ByteSource, string]>([
    ["big-endian", legacy(info(false), value, keys("0"), count(4n), new Uint8Array(16)), "was not little-endian"],
    ["no keys", legacy(info(true), value, value, count(4n), new Uint8Array(16)), "the keys of storages are no list"],
    ["a key twice", legacy(info(true), value, keys("0", "0")), "the keys of storages are no list of different texts"],
    ["a key too many", legacy(info(true), value, keys("1")), 'the storage "1" belongs to no tensor'],
    ["a key missing", legacy(info(true), value, keys()), '"w" is in the storage "0", which is missing'],
    [
      "a short storage",
      legacy(info(true), value, keys("0"), count(4n), new Uint8Array(15)),
      "has 4 elements, and the file",
    ],
    ["a negative count", legacy(info(true), value, keys("0"), count(-1n), new Uint8Array(16)), "has -1 elements"],
    ["a huge count", legacy(info(true), value, keys("0"), count(2n ** 62n)), "has 4611686018427387904 elements"],
    ["another count", legacy(info(true), value, keys("0"), count(3n), new Uint8Array(12)), "says that it has 16"],
    ["bytes at the end", legacy(info(true), value, keys("0"), count(4n), new Uint8Array(17)), "after the last storage"],
    ["no object", legacy(info(true)), "the pickles: the pickle is truncated"],
  ])("%s", async (_, source, text) => {
    expect(await refused(source)).toContain(text);
  });
});

test("files of another kind", async () => {
  expect(await refused(bytesSource(new TextEncoder().encode("<html>"), "x.pt"))).toBe(
    "x.pt: this is no file of torch.save: neither a zip archive nor the container before it",
  );
  expect(await refused(bytesSource(new Uint8Array(0), "x.pt"))).toContain("this is no file of torch.save");
  expect(await refused(bytesSource(goldenBytes("samples_5x8x8x3.npz"), "x.npz"))).toBe(
    "x.npz: the archive has 0 entries <root>/data.pkl, and must have one",
  );
});

test("nothing is reserved for sizes that a file does not have", async () => {
  const value = dict(["w", tensor(storage(2 ** 40), { shape: counts(2 ** 40), strides: counts(1) })]);
  const { size, read } = await archiveOf(value);
  const { source, reads } = noting(await read(0, size));
  await refused(source);
  expect(Math.max(...reads.map(([, length]) => length))).toBeLessThanOrEqual(size);
});
