import { bytesSource, type Host, readSafetensors } from "typegrad";
import { describe, expect, test } from "vitest";
import { halfToNumber } from "../../../../dsl/half.ts";
import { readPt } from "../../../../examples/guided-diffusion/files/pt.ts";
import { zipChunks } from "../../../../examples/guided-diffusion/files/zip-writer.ts";
import { collect, digests, golden, goldenBytes, noting, readAll, refusal } from "./sources.ts";

const floats = ({ data }: Host | undefined = { dtype: "f32", shape: [], data: new Float32Array(0) }): number[] =>
  Array.from(data as Float32Array);

describe("files that PyTorch wrote", () => {
  test.each(["odd.pt", "odd.legacy.pt"])("%s: every dtype, and every way to stand on a storage", async (name) => {
    const file = await readPt(golden(name));
    // The same tensors, made contiguous and written by the safetensors library.
    const expected = await readAll(await readSafetensors(golden("odd.safetensors")));
    expect(await readAll(file)).toEqual(expected);
    expect([...file.entries.keys()].slice(0, 6)).toEqual([
      "base",
      "transposed",
      "sliced",
      "row",
      "expanded",
      "channels_last",
    ]);
    expect(Object.fromEntries(file.values)).toEqual({
      "nested.step": 7,
      "nested.lr": 0.001,
      "nested.name": "x",
      "nested.flags.0": true,
      "nested.flags.1": null,
      "nested.pair.0": 1,
      "nested.pair.1": 2.5,
    });
  });

  test("a network: own storages, or views of two, and in half precision", async () => {
    const file = await readPt(golden("tiny.pt"));
    expect(file.entries.size).toBe(71);
    expect(await digests(await readPt(golden("tiny.views.legacy.pt")))).toEqual(await digests(file));
    const own = await readAll(file);
    const half = await readAll(await readPt(golden("tiny.f16.pt")));
    for (const [name, tensor] of Object.entries(own)) {
      const rounded = half[name] as Host;
      expect([rounded.dtype, rounded.shape]).toEqual(["f16", tensor.shape]);
      const wrong = floats(tensor).findIndex((value, i) => {
        const step = Math.max(2 ** (Math.floor(Math.log2(Math.abs(value))) - 10), 2 ** -24);
        return Math.abs(halfToNumber(Number(rounded.data[i])) - value) > step / 2;
      });
      expect([name, wrong]).toEqual([name, -1]);
    }
  });

  test("the state of a module, with the versions that PyTorch sets on it", async () => {
    const { weight, bias } = await readAll(await readPt(golden("torch.module.pt")));
    expect([weight?.shape, floats(weight)]).toEqual([
      [3, 2],
      [0, 1, 2, 3, 4, 5],
    ]);
    expect(floats(bias)).toEqual([0.5, 0.5, 0.5]);
  });

  test("unsigned integers, which stand on storages of bytes", async () => {
    const tensors = await readAll(await readPt(golden("torch.unsigned.pt")));
    expect(Object.values(tensors).map(({ dtype, data }) => [dtype, ...data])).toEqual([
      ["u16", 1, 65535],
      ["u32", 1, 4294967295],
      ["u64", 1n, 2n ** 63n],
    ]);
  });

  test("pickles of protocol 4", async () => {
    const file = await readPt(golden("torch.protocol-4.pt"));
    expect(floats(await file.read("w"))).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...file.values.values()]).toEqual([2n ** 70n, -5, "é"]);
  });

  test("archives without checksums", async () => {
    expect(floats(await (await readPt(golden("torch.no-checksums.pt"))).read("w"))).toEqual([0, 1, 2]);
  });

  test("an archive that another program packed again", async () => {
    const { w } = await readAll(await readPt(golden("torch.protocol-4.pt")));
    const { readZip } = await import("../../../../examples/guided-diffusion/files/zip.ts");
    const zip = await readZip(golden("torch.protocol-4.pt"));
    const entries = [...zip.entries.values()].map((entry) => ({ name: entry.name, data: () => zip.read(entry) }));
    const packed = await collect(zipChunks(entries, { deflate: true }));
    expect(await (await readPt(bytesSource(packed))).read("w")).toEqual(w);
  });
});

describe("reading", () => {
  test("touches the tensor that is asked for", async () => {
    const { source, reads } = noting(goldenBytes("tiny.pt"));
    const file = await readPt(source);
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(200_000);
    reads.length = 0;
    const weight = await file.read("time_embed.2.weight");
    const bytes = weight.data.byteLength;
    const read = reads.reduce((sum, [, length]) => sum + length, 0);
    expect(read).toBeGreaterThanOrEqual(bytes);
    expect(read).toBeLessThan(bytes + 200);
  });

  test("a view of a storage that is not its own reads that storage through once, for its checksum", async () => {
    const { source, reads } = noting(goldenBytes("odd.pt"));
    const file = await readPt(source);
    const lengths = async (name: string): Promise<number[]> => {
      reads.length = 0;
      await file.read(name);
      return reads.map(([, length]) => length).filter((length) => length === 96 || length === 16);
    };
    expect(await lengths("row")).toEqual([96, 16]);
    expect(await lengths("row")).toEqual([16]);
  });

  test("gives memory of its own each time", async () => {
    const file = await readPt(golden("odd.pt"));
    const first = await file.read("base");
    first.data.fill(0 as never);
    expect(floats(await file.read("base")).slice(0, 3)).toEqual([0, 1, 2]);
  });

  test("says what is not there", async () => {
    const file = await readPt(golden("odd.pt"));
    expect(await refusal(file.read("bas"))).toBe('odd.pt: there is no tensor "bas" in it');
  });
});
