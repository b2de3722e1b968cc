import { bytesSource, type Host, readSafetensors } from "typegrad";
import { describe, expect, test } from "vitest";
import { readNpy } from "../../../../examples/guided-diffusion/files/npy.ts";
import { readNpz } from "../../../../examples/guided-diffusion/files/npz.ts";
import { npzChunks, writeNpy } from "../../../../examples/guided-diffusion/files/npz-writer.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { readZip, type ZipEntry } from "../../../../examples/guided-diffusion/files/zip.ts";
import { zipChunks } from "../../../../examples/guided-diffusion/files/zip-writer.ts";
import { collect, golden, goldenBytes, readAll, refusal } from "./sources.ts";

const text = (value: string): Uint8Array => Uint8Array.from(value, (character) => character.charCodeAt(0));

/** An array with a header as it is given. */
const npy = (header: string, data: readonly number[] = [], version = 1): Uint8Array => {
  const length = version === 1 ? [header.length & 255, header.length >> 8] : [header.length, 0, 0, 0];
  return Uint8Array.from([...text("\x93NUMPY"), version, 0, ...length, ...text(header), ...data]);
};

describe("files that NumPy wrote", () => {
  test.each(["samples_5x8x8x3.npz", "samples_5x8x8x3.compressed.npz", "samples_5x8x8x3.nolabels.npz"])(
    "%s: images, and labels where there are some",
    async (name) => {
      const { images, labels } = await readAll(await readSafetensors(golden("npz.safetensors")));
      const { arr_0, arr_1 } = await readAll(await readNpz(golden(name)));
      expect(arr_0).toEqual(images);
      if (!name.includes("nolabels")) expect(arr_1).toEqual(labels);
    },
  );

  test("statistics", async () => {
    const file = await readNpz(golden("reference-stats.npz"));
    expect([...file.entries].map(([name, { dtype, shape }]) => [name, dtype, ...shape])).toEqual([
      ["mu", "f64", 24],
      ["sigma", "f64", 24, 24],
      ["mu_s", "f64", 7],
      ["sigma_s", "f64", 7, 7],
      ["arr_0", "u8", 5, 8, 8, 3],
    ]);
    const sigma = (await file.read("sigma")).data as Float64Array;
    for (let i = 0; i < 24; i++) {
      expect(sigma[i * 25]).toBeGreaterThan(0);
      for (let j = 0; j < i; j++) expect(sigma[i * 24 + j]).toBeCloseTo(sigma[j * 24 + i] as number, 14);
    }
  });

  test("other orders of elements and bytes, halves, scalars, bools, nothing", async () => {
    const arrays = await readAll(await readNpz(golden("fortran.npz")));
    const contents = Object.entries(arrays).map(([name, { dtype, shape, data }]) => [name, dtype, shape, [...data]]);
    // As numpy.load prints them.
    expect(contents).toEqual([
      ["f_order", "f32", [2, 3], [0, 1, 2, 3, 4, 5]],
      ["big_endian", "i32", [3], [0, 1, 2]],
      ["half", "f16", [2], [0x3e00, 0xc000]],
      ["scalar", "f64", [], [3.25]],
      ["boolean", "bool", [2], [1, 0]],
      ["empty", "f32", [0, 4], []],
    ]);
  });
});

describe("files that are written", () => {
  test.each([false, true])("have what was read, deflated: %s", async (deflate) => {
    const arrays = await readAll(await readNpz(golden("fortran.npz")));
    const bytes = await collect(npzChunks(tensorFileOf(arrays), { deflate }));
    expect(await readAll(await readNpz(bytesSource(bytes)))).toEqual(arrays);
  });

  test("have the members that NumPy writes, byte for byte", async () => {
    for (const name of ["samples_5x8x8x3.npz", "reference-stats.npz"]) {
      const theirs = await readZip(golden(name));
      const ours = await readZip(bytesSource(await collect(npzChunks(await readNpz(golden(name))))));
      expect([...ours.entries.keys()]).toEqual([...theirs.entries.keys()]);
      for (const [member, entry] of theirs.entries) {
        expect(await ours.read(ours.entries.get(member) as ZipEntry)).toEqual(await theirs.read(entry));
      }
    }
  });

  test("of every dtype but bf16", async () => {
    const arrays: Record<string, Host> = {
      i16: { dtype: "i16", shape: [2], data: Int16Array.of(-300, 7) },
      i8: { dtype: "i8", shape: [1, 1], data: Int8Array.of(-1) },
      u16: { dtype: "u16", shape: [1], data: Uint16Array.of(65535) },
      u32: { dtype: "u32", shape: [1], data: Uint32Array.of(4294967295) },
      u64: { dtype: "u64", shape: [], data: BigUint64Array.of(2n ** 64n - 1n) },
    };
    for (const array of Object.values(arrays)) expect(await readNpy(bytesSource(writeNpy(array)))).toEqual(array);
    const bf16: Host = { dtype: "bf16", shape: [1], data: Uint16Array.of(1) };
    expect(() => writeNpy(bf16)).toThrow("NumPy has no bf16; there are f64");
  });
});

describe("rows", () => {
  test("come a few at a time", async () => {
    for (const name of ["samples_5x8x8x3.npz", "samples_5x8x8x3.compressed.npz"]) {
      const file = await readNpz(golden(name));
      const { data } = await file.read("arr_0");
      const parts: Host[] = [];
      for await (const part of file.rows("arr_0", 2)) parts.push(part);
      expect(parts.map(({ shape }) => shape[0])).toEqual([2, 2, 1]);
      expect(parts.flatMap((part) => [...part.data])).toEqual([...data]);
    }
  });

  test("can be left before the end", async () => {
    const file = await readNpz(golden("samples_5x8x8x3.compressed.npz"));
    for await (const { shape } of file.rows("arr_0", 3)) {
      expect(shape).toEqual([3, 8, 8, 3]);
      break;
    }
  });

  test("are refused where they are not together", async () => {
    const file = await readNpz(golden("fortran.npz"));
    const first = (name: string): Promise<unknown> => file.rows(name, 1).next();
    expect(await refusal(first("f_order"))).toBe(
      `fortran.npz: "f_order" is in Fortran's order, and has no rows to read`,
    );
    expect(await refusal(first("scalar"))).toBe('fortran.npz: "scalar" is a scalar, and has no rows');
    expect(await refusal(first("no"))).toContain('there is no array "no" in it; it has f_order, big_endian');
    await expect(file.rows("half", 0).next()).rejects.toThrow("rows: 0 is no number of rows");
  });

  test("of a file that is damaged fail, at its end or before", async () => {
    const bytes = goldenBytes("samples_5x8x8x3.npz").slice();
    bytes[500] = (bytes[500] as number) ^ 1;
    const all = async (): Promise<void> => {
      for await (const _ of (await readNpz(bytesSource(bytes))).rows("arr_0", 1));
    };
    expect(await refusal(all())).toContain('the data of "arr_0.npy": Invalid CRC32');
  });
});

describe("headers", () => {
  const dict = (descr: string, shape = "(2,)", order = "False"): string =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

  test.each<[string, Uint8Array, Host["shape"]]>([
    ["of version 2", npy(`${dict("'|u1'")}\n`, [1, 2], 2), [2]],
    ["of Python 2", npy(dict("'|u1'", "(1L, 2L)"), [1, 2]), [1, 2]],
    [
      "in another order, without a last comma",
      npy(`{"shape": (2,), "descr": "|u1", "fortran_order": False}`, [1, 2]),
      [2],
    ],
  ])("%s", async (_, bytes, shape) => {
    expect(await readNpy(bytesSource(bytes))).toEqual({ dtype: "u8", shape, data: Uint8Array.of(1, 2) });
  });

  test.each<[string, Uint8Array, string]>([
    ["no array", text("something else"), "it does not begin with \\x93NUMPY"],
    ["nothing", text(""), "it ends 8 bytes before its last element"],
    ["version 4", npy(dict("'|u1'"), [1, 2], 4), "its version is 4.0; 1.0, 2.0 and 3.0 can be read"],
    ["objects", npy(dict("'|O'"), [1, 2]), 'its elements are "|O", pickled objects, which are not read'],
    ["texts", npy(dict("'<U5'"), [1, 2]), 'its elements are "<U5", which host data has no dtype for'],
    ["complex numbers", npy(dict("'<c8'"), [1, 2]), 'its elements are "<c8", which host data has no dtype for'],
    ["no order of bytes", npy(dict("'|f4'"), [1, 2]), 'its elements are "|f4"'],
    ["a dtype of objects", npy(dict("'<toString'"), [1, 2]), 'its elements are "<toString"'],
    ["records", npy(dict("[('a', '<f4')]"), [1, 2]), "its header has"],
    ["code", npy(dict("__import__('os')"), [1, 2]), 'its header has "__import__'],
    ["a negative dim", npy(dict("'|u1'", "(-2,)"), [1, 2]), 'its header has "-2,)'],
    ["a huge dim", npy(dict("'|u1'", "(99999999999999999999,)"), [1, 2]), "its shape is [100000000000000000000]"],
    ["too many", npy(dict("'|u1'", "(3,)"), [1, 2]), "u8 of [3] has 3 bytes, and 2 follow its header"],
    ["too few", npy(dict("'|u1'", "(1,)"), [1, 2]), "u8 of [1] has 1 bytes, and 2 follow its header"],
    ["dims that overflow", npy(dict("'<f8'", "(4294967296, 4294967296, 4294967296)")), "and 0 follow its header"],
    ["a field twice", npy("{'shape': (2,), 'shape': (2,)}", [1, 2]), "is no dict of texts"],
    ["a field missing", npy("{'shape': (2,)}", [1, 2]), "must have descr, fortran_order and shape"],
    ["no dict", npy("(2,)", [1, 2]), "has no { where one is due"],
    ["more than a dict", npy(`${dict("'|u1'")}{}`, [1, 2]), "goes on after its end"],
    ["half a dict", npy("{'shape': (2", [1, 2]), "has no , where one is due"],
    ["a bool that is neither", npy(dict("'|b1'"), [1, 2]), "element 1, a bool, is 2"],
    ["a long header", npy("", []).with(8, 255).with(9, 255), "it ends"],
  ])("%s", async (_, bytes, reason) => {
    expect(await refusal(readNpy(bytesSource(bytes, "x.npy")))).toContain(`x.npy: the array: `);
    expect(await refusal(readNpy(bytesSource(bytes, "x.npy")))).toContain(reason);
  });

  test("of members are checked when the archive is opened", async () => {
    const member = (name: string, data: Uint8Array) => collect(zipChunks([{ name, data: () => data }]));
    const short = await member("a.npy", npy(dict("'<f4'", "(1000000,)"), [1, 2]));
    expect(await refusal(readNpz(bytesSource(short, "x.npz")))).toBe(
      'x.npz: "a.npy": f32 of [1000000] has 4000000 bytes, and 2 follow its header',
    );
    const other = await member("a.txt", text("hello"));
    expect(await refusal(readNpz(bytesSource(other, "x.npz")))).toBe('x.npz: "a.txt" is no array of NumPy, <name>.npy');
  });
});
