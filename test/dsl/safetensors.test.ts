import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteSource, bytesSource, FormatError } from "../../dsl/bytes.ts";
import { bfloatToNumber } from "../../dsl/half.ts";
import { type Host, tensor } from "../../dsl/host.ts";
import { readSafetensors, safetensorsChunks, type TensorTree, writeSafetensors } from "../../dsl/safetensors.ts";

const source = (bytes: Uint8Array): ByteSource => bytesSource(bytes, "a.safetensors");

/** A file of a header as text, and of zeros. */
const fileOf = (header: string, dataSize: number, length?: bigint): Uint8Array => {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataSize);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
};

const entry = (dtype: string, shape: readonly number[], begin: number, end: number): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

/** One tensor of each dtype. */
const sample: Readonly<Record<string, Host>> = {
  f64: { dtype: "f64", shape: [2], data: Float64Array.of(0.1, -Infinity) },
  f32: { dtype: "f32", shape: [1, 2], data: Float32Array.of(1.5, NaN) },
  f16: { dtype: "f16", shape: [3], data: Uint16Array.of(0, 0x3c00, 0xfc00) },
  bf16: { dtype: "bf16", shape: [1], data: Uint16Array.of(0x4049) },
  i64: { dtype: "i64", shape: [2], data: BigInt64Array.of(-(2n ** 63n), 5n) },
  i32: { dtype: "i32", shape: [], data: Int32Array.of(-7) },
  i16: { dtype: "i16", shape: [1], data: Int16Array.of(-300) },
  i8: { dtype: "i8", shape: [3], data: Int8Array.of(-128, 0, 127) },
  u64: { dtype: "u64", shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  u32: { dtype: "u32", shape: [1], data: Uint32Array.of(4294967295) },
  u16: { dtype: "u16", shape: [1], data: Uint16Array.of(65535) },
  u8: { dtype: "u8", shape: [0, 4], data: new Uint8Array(0) },
  bool: { dtype: "bool", shape: [2, 1], data: Uint8Array.of(1, 0) },
};

const readAll = async (bytes: Uint8Array): Promise<Readonly<Record<string, Host>>> => {
  const file = await readSafetensors(source(bytes));
  const pairs = [...file.entries.keys()].map(async (name) => [name, await file.read(name)] as const);
  return Object.fromEntries(await Promise.all(pairs));
};

describe("reading", () => {
  test("a file that another program wrote", async () => {
    // Written by the format's own library from PyTorch; the first elements of each tensor as printed there.
    const bytes = readFileSync(new URL("../goldens/odd.safetensors", import.meta.url));
    const read = await readAll(bytes);
    const first = Object.fromEntries(
      Object.entries(read).map(([name, { dtype, shape, data }]) => [name, [dtype, shape, ...data.slice(0, 3)]]),
    );
    expect(first).toEqual({
      base: ["f32", [2, 3, 4], 0, 1, 2],
      bf16: ["bf16", [2], 0x4049, 0xfe96],
      boolean: ["bool", [2], 1, 0],
      channels_last: ["f32", [1, 3, 4, 4], 0, 1, 2],
      empty: ["f32", [0, 3]],
      expanded: ["f32", [5], 0, 0, 0],
      f16: ["f16", [3], 0x3c01, 0xfbff, 0x0001],
      f64: ["f64", [1], 1 / 3],
      i32: ["i32", [2], 7, -8],
      i64: ["i64", [2], 1099511627776n, -1n],
      "nested.tensor": ["f32", [3, 4], 0, 1, 2],
      parameter: ["f32", [2], 1, 2],
      row: ["f32", [4], 20, 21, 22],
      scalar: ["f32", [], 2.5],
      sliced: ["f32", [2, 2, 2], 4, 6, 8],
      transposed: ["f32", [4, 3, 2], 0, 12, 4],
      u8: ["u8", [2], 0, 255],
    });
    expect(bfloatToNumber(0xfe96)).toBe(-9.969209968386869e37);
  });

  test("touches only the tensor that is asked for", async () => {
    const bytes = writeSafetensors(sample);
    const parts: [number, number][] = [];
    const counted: ByteSource = {
      size: bytes.length,
      read: async (offset, length) => {
        parts.push([offset, length]);
        return bytes.subarray(offset, offset + length);
      },
    };
    const file = await readSafetensors(counted);
    const headerSize = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(parts).toEqual([
      [0, 8],
      [8, headerSize],
    ]);
    const { data } = await file.read("i64");
    expect(data).toEqual(sample.i64?.data);
    const { begin } = file.entries.get("i64") as { begin: number };
    expect(parts.slice(2)).toEqual([[8 + headerSize + begin, 16]]);
  });

  test("elements that stand at no multiple of their size", async () => {
    const header = { a: entry("U8", [3], 0, 3), b: entry("F32", [1], 3, 7), c: entry("I64", [], 7, 15) };
    const bytes = fileOf(JSON.stringify(header), 15);
    const view = new DataView(bytes.buffer, bytes.length - 15);
    view.setFloat32(3, 2.5, true);
    view.setBigInt64(7, -9n, true);
    const shifted = Buffer.concat([Buffer.from([1]), bytes]).subarray(1);
    const { b, c } = await readAll(shifted);
    expect(b).toEqual({ dtype: "f32", shape: [1], data: Float32Array.of(2.5) });
    expect(c).toEqual({ dtype: "i64", shape: [], data: BigInt64Array.of(-9n) });
  });

  test("gives data of its own, also where the source is a Buffer", async () => {
    const bytes = Buffer.from(writeSafetensors(sample));
    const { i32 } = await readAll(bytes);
    bytes.fill(0);
    expect(i32).toEqual(sample.i32);
  });

  test("a name that is not there", async () => {
    const file = await readSafetensors(source(writeSafetensors(sample)));
    await expect(file.read("no")).rejects.toThrow('a.safetensors: there is no tensor "no" in it');
  });
});

describe("writing", () => {
  test("comes back, with metadata", async () => {
    const metadata = { format: "pt", note: "π" };
    const bytes = writeSafetensors(sample, metadata);
    expect(await readAll(bytes)).toEqual(sample);
    expect((await readSafetensors(source(bytes))).metadata).toEqual(metadata);
    expect((await readSafetensors(source(writeSafetensors(sample)))).metadata).toEqual({});
  });

  test("puts each tensor where its array could stand", async () => {
    const bytes = writeSafetensors(sample);
    const { entries } = await readSafetensors(source(bytes));
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    for (const [name, { begin }] of entries) expect(begin % (sample[name] as Host).data.BYTES_PER_ELEMENT).toBe(0);
  });

  test("names the leaves of a tree by their paths", async () => {
    const bytes = writeSafetensors({
      blocks: [{ weight: tensor([1, 2]) }, { weight: tensor([3]) }],
      step: tensor(4, "i32"),
    });
    expect(await readAll(bytes)).toEqual({
      "blocks.0.weight": { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) },
      "blocks.1.weight": { dtype: "f32", shape: [1], data: Float32Array.of(3) },
      step: { dtype: "i32", shape: [], data: Int32Array.of(4) },
    });
  });

  test("takes names that JavaScript knows", async () => {
    const tree = JSON.parse('{ "__proto__": 0, "constructor": 0, "10": 0, "": 0, "\\"\\\\": 0 }') as Record<
      string,
      unknown
    >;
    const filled = Object.fromEntries(Object.keys(tree).map((name) => [name, sample.i32 as Host]));
    const file = await readSafetensors(source(writeSafetensors(filled)));
    expect([...file.entries.keys()].sort()).toEqual(Object.keys(tree).sort());
  });

  test("of nothing", async () => {
    expect(await readAll(writeSafetensors({}))).toEqual({});
  });

  test("in chunks shares the memory of host data", () => {
    const data = Float32Array.of(1, 2);
    const [, chunk] = safetensorsChunks({ x: { dtype: "f32", shape: [2], data } });
    expect(chunk?.buffer).toBe(data.buffer);
  });

  test.each([
    [tensor(1), "a tensor has no name"],
    [{ __metadata__: tensor(1) }, "__metadata__ is no name for a tensor"],
    [{ "a.b": tensor(1), a: { b: tensor(2) } }, "two tensors have the name a.b"],
    [{ a: { b: 3 } }, "a number at a.b, where a tensor or host data is due"],
    [{ a: null }, "null at a, where"],
    [{ a: new Float32Array(2) }, "an array without a shape at a, where"],
    [{ a: { dtype: "f32", shape: [3], data: new Float32Array(2) } }, "a: the data has 2 elements, and [3] has 3"],
    [{ a: { dtype: "f64", shape: [2], data: new Float32Array(2) } }, "a: host data of dtype f64 is Float32Array"],
  ])("refuses tree %#", (tree, text) => {
    expect(() => writeSafetensors(tree as TensorTree)).toThrow(`writeSafetensors: ${text}`);
  });

  test("refuses metadata that is no text", () => {
    const metadata = { step: 3 } as unknown as Record<string, string>;
    expect(() => writeSafetensors({}, metadata)).toThrow("writeSafetensors: metadata has number at step");
  });
});

describe("what is no safetensors file", () => {
  const one = (value: unknown): string => JSON.stringify({ w: value });
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;

  test.each([
    ["empty", new Uint8Array(0), "the length of the header is bytes 0 to 8, and the file ends at 0"],
    ["too short", new Uint8Array(7), "the length of the header is bytes 0 to 8, and the file ends at 7"],
    ["cut in the header", fileOf(one(0), 0).subarray(0, 10), "the header is 7 bytes from 8, of a file of 10"],
    ["4 GiB of header", fileOf("{}", 0, 2n ** 32n), "the header is 4294967296 bytes from 8, of a file of 10"],
    ["all of header", fileOf("{}", 0, 2n ** 64n - 1n), "the header is 18446744073709551615 bytes from 8"],
    ["no header", fileOf("", 4), "the header, bytes 8 to 8, is no JSON"],
    ["no JSON", fileOf("{w}", 0), "the header, bytes 8 to 11, is no JSON"],
    ["no text", fileOf("", 3, 3n).fill(0xff, 8), "the header, bytes 8 to 11, is no JSON"],
    ["an array", fileOf("[]", 0), "the header is no JSON object"],
    ["null", fileOf("null", 0), "the header is no JSON object"],
    ["deep", fileOf(deep, 0), "the header"],
    ["an entry that is no object", fileOf(one(3), 0), 'the entry of "w" is no object'],
    ["a name twice", fileOf('{"w": 1, "\\u0077" : 2}', 0), 'the header names "w" twice'],
    ["a field twice", fileOf('{"w": {"dtype": "F32", "dtype": "F64"}}', 0), 'the header names "dtype" twice'],
    ["metadata of numbers", fileOf('{"__metadata__": {"a": 1}}', 0), '__metadata__ has no string at "a"'],
    ["metadata that is a list", fileOf('{"__metadata__": []}', 0), "__metadata__ is no object"],
    ["an unknown dtype", fileOf(one(entry("F8_E4M3", [1], 0, 1)), 1), '"w" has the dtype "F8_E4M3"; known are F64'],
    ["a dtype of objects", fileOf(one(entry("toString", [1], 0, 1)), 1), '"w" has the dtype "toString"'],
    ["no dtype", fileOf(one({ shape: [], data_offsets: [0, 4] }), 4), '"w" has the dtype undefined'],
    ["a negative dim", fileOf(one(entry("F32", [-1], 0, 4)), 4), '"w" has the shape [-1]; dims are whole'],
    ["half a dim", fileOf(one(entry("F32", [0.5], 0, 4)), 4), '"w" has the shape [0.5]'],
    ["a dim of text", fileOf('{"w":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}', 4), '"w" has the shape ["1"]'],
    ["no shape", fileOf(one({ dtype: "F32", data_offsets: [0, 4] }), 4), '"w" has the shape undefined'],
    [
      "a huge dim",
      fileOf('{"w":{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}}', 4),
      '"w" has the shape [1e+300]',
    ],
    [
      "dims that overflow",
      fileOf(one(entry("F32", [2 ** 40, 2 ** 40], 0, 4)), 4),
      '"w" has bytes 0 to 4, which are 4; F32 of [1099511627776,1099511627776] has more than the 4 that follow the header',
    ],
    [
      "dims that wrap",
      fileOf(one(entry("U8", [2 ** 32, 2 ** 32, 2 ** 32], 0, 0)), 0),
      '"w" has bytes 0 to 0, which are 0; U8 of',
    ],
    ["too few bytes", fileOf(one(entry("F32", [2], 0, 4)), 4), '"w" has bytes 0 to 4, which are 4; F32 of [2] has'],
    ["too many bytes", fileOf(one(entry("F32", [1], 0, 8)), 8), '"w" has bytes 0 to 8, which are 8; F32 of [1] has 4'],
    ["bytes past the end", fileOf(one(entry("F32", [2], 0, 8)), 7), '"w" has bytes 0 to 8, of 7 that follow'],
    ["bytes in reverse", fileOf(one(entry("F32", [1], 4, 0)), 4), '"w" has bytes 4 to 0'],
    ["one offset", fileOf(one({ dtype: "F32", shape: [1], data_offsets: [0] }), 4), '"w" has data_offsets [0]'],
    [
      "offsets of text",
      fileOf('{"w":{"dtype":"F32","shape":[1],"data_offsets":["0",4]}}', 4),
      '"w" has data_offsets ["0",4]',
    ],
    ["negative offsets", fileOf(one(entry("F32", [1], -4, 0)), 4), '"w" has data_offsets [-4,0]'],
    ["a hole at the start", fileOf(one(entry("F32", [1], 4, 8)), 8), 'bytes 0 to 4, between the header and "w"'],
    ["a hole at the end", fileOf(one(entry("F32", [1], 0, 4)), 8), 'bytes 4 to 8, after "w", belong to no tensor'],
    [
      "an overlap",
      fileOf(JSON.stringify({ a: entry("F32", [2], 0, 8), b: entry("F32", [2], 4, 12) }), 12),
      '"b", bytes 4 to 12, overlaps "a", which ends at 8',
    ],
  ])("%s", async (_, bytes, text) => {
    await expect(readSafetensors(source(bytes))).rejects.toThrow(FormatError);
    await expect(readSafetensors(source(bytes))).rejects.toThrow(`a.safetensors: ${text}`);
  });

  test("a bool that is neither", async () => {
    const bytes = fileOf(one(entry("BOOL", [3], 0, 3)), 3);
    bytes[bytes.length - 1] = 2;
    const file = await readSafetensors(source(bytes));
    await expect(file.read("w")).rejects.toThrow(
      `a.safetensors: element 2 of "w", a BOOL, is 2 at ${bytes.length - 1}`,
    );
  });

  test("a long name is cut in messages", async () => {
    const bytes = fileOf(JSON.stringify({ ["x".repeat(10_000)]: 3 }), 0);
    const error: unknown = await readSafetensors(source(bytes)).catch((error: unknown) => error);
    expect(String(error).length).toBeLessThan(200);
  });

  test("a file that grows shorter while it is read", async () => {
    const bytes = writeSafetensors(sample);
    let size = bytes.length;
    const shrinking: ByteSource = {
      size,
      read: async (offset, length) => bytes.subarray(offset, Math.min(size, offset + length)),
    };
    const file = await readSafetensors(shrinking);
    size = 100;
    await expect(file.read("f64")).rejects.toThrow('the bytes: the data of "f64" is 16 bytes from');
    await expect(file.read("f64")).rejects.toThrow(FormatError);
  });

  test("nothing is reserved for lengths that the file does not have", async () => {
    const asked: number[] = [];
    const spying = (bytes: Uint8Array): ByteSource => ({
      size: bytes.length,
      read: async (offset, length) => {
        asked.push(length);
        return bytes.subarray(offset, offset + length);
      },
    });
    for (const bytes of [
      fileOf("{}", 0, 2n ** 32n),
      fileOf(one(entry("F32", [2 ** 40], 0, 2 ** 42)), 4),
      fileOf(one(entry("F32", [2 ** 40, 2 ** 40], 0, 4)), 4),
    ])
      await expect(readSafetensors(spying(bytes))).rejects.toThrow(FormatError);
    expect(Math.max(...asked)).toBeLessThan(1000);
    // A file that claims a size which it has: the header's own limit.
    const huge: ByteSource = { ...spying(fileOf("{}", 0, 2n ** 32n)), size: 2 ** 40 };
    await expect(readSafetensors(huge)).rejects.toThrow("of a header of 100000000 at most");
  });
});

describe("damaged files", () => {
  const bytes = writeSafetensors(sample, { format: "pt" });
  const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));

  /** Every tensor read, or the codec's own error. */
  const survives = async (damaged: Uint8Array): Promise<boolean> => {
    try {
      await readAll(damaged);
      return true;
    } catch (error) {
      if (error instanceof FormatError) return false;
      throw error;
    }
  };

  test("cut anywhere are refused", async () => {
    for (let length = 0; length < bytes.length; length++) expect(await survives(bytes.subarray(0, length))).toBe(false);
    expect(await survives(bytes)).toBe(true);
  });

  test("with other bytes are read or refused, and never crash", async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(headerEnd + 8), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const damaged = bytes.slice();
          for (const [place, value] of changes) damaged[place] = value;
          if (!(await survives(damaged))) refused++;
        },
      ),
      { seed: 31, numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  test("with digits changed are read or refused", async () => {
    const digits = [...bytes.subarray(8, headerEnd)].flatMap((byte, i) => (byte >= 48 && byte <= 57 ? [i + 8] : []));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...digits), fc.constantFrom(..."0123456789-,.e[]"), async (place, character) => {
        const damaged = bytes.slice();
        damaged[place] = character.charCodeAt(0);
        if (!(await survives(damaged))) refused++;
      }),
      { seed: 32, numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(700);
  });
});
