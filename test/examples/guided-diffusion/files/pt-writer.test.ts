import { createHash } from "node:crypto";
import { bytesSource, type Host } from "typegrad";
import { describe, expect, test } from "vitest";
import { readPt } from "../../../../examples/guided-diffusion/files/pt.ts";
import { ptChunks } from "../../../../examples/guided-diffusion/files/pt-writer.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { readZip } from "../../../../examples/guided-diffusion/files/zip.ts";
import { collect, digests, golden } from "./sources.ts";

const written = (tensors: Readonly<Record<string, Host>>): Promise<Uint8Array<ArrayBuffer>> =>
  collect(ptChunks(tensorFileOf(tensors)));

describe("files that are written", () => {
  test.each(["odd.pt", "tiny.pt"])("have what was read of %s", async (name) => {
    const file = await readPt(golden(name));
    const copy = await readPt(bytesSource(await collect(ptChunks(file))));
    expect([...copy.entries]).toEqual([...file.entries]);
    expect(await digests(copy)).toEqual(await digests(file));
  });

  test("are those that PyTorch reads", async () => {
    // torch.load of 2.13 with weights_only=True, mapped into memory too, gave the tensors of odd.pt from these bytes.
    const bytes = await collect(ptChunks(await readPt(golden("odd.pt"))));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(
      "daf271e9c68a10e314dd3fd3af998ebe23eb5dd6a0cc1aad9ba74a1e2b8bacba",
    );
  });

  test("have elements at multiples of 64 bytes, as PyTorch has, so that they can be mapped", async () => {
    const data = Float32Array.of(1.5, 2.5, 3.5);
    const bytes = await written({ "a.weight": { dtype: "f32", shape: [3], data } });
    const pattern = Buffer.from(data.buffer);
    expect(Buffer.from(bytes).indexOf(pattern) % 64).toBe(0);
    const zip = await readZip(bytesSource(bytes));
    expect([...zip.entries.keys()]).toEqual([
      "archive/data.pkl",
      "archive/byteorder",
      "archive/data/0",
      "archive/version",
    ]);
  });

  test("read each tensor when it is due", async () => {
    const asked: string[] = [];
    const host: Host = { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) };
    const chunks = ptChunks({
      entries: new Map([
        ["a", host],
        ["b", host],
      ]),
      read: async (name) => {
        asked.push(name);
        return host;
      },
    });
    const seen: number[] = [];
    for await (const _ of chunks) seen.push(asked.length);
    expect(asked).toEqual(["a", "b"]);
    expect(new Set(seen)).toEqual(new Set([0, 1, 2]));
  });

  test("large dims, names of any script, and no tensors", async () => {
    const empty: Host = { dtype: "f32", shape: [2 ** 40, 0], data: new Float32Array(0) };
    const file = await readPt(bytesSource(await written({ "größe.κ": empty })));
    expect([...file.entries]).toEqual([["größe.κ", { dtype: "f32", shape: [2 ** 40, 0] }]]);
    expect((await readPt(bytesSource(await written({})))).entries.size).toBe(0);
  });

  test("refuse what PyTorch has no storage of, and data that does not fit", async () => {
    const u32: Host = { dtype: "u32", shape: [1], data: Uint32Array.of(1) };
    await expect(written({ w: u32 })).rejects.toThrow("w is u32, of which a .pt file has no storage; there are f64");
    const short: Host = { dtype: "f32", shape: [2], data: Float32Array.of(1) };
    await expect(written({ w: short })).rejects.toThrow("w is f32[2], and its data has 1 elements of f32");
  });
});
