import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesSource, type Host, tensor, toHost, writeSafetensors } from "typegrad";
import { compile } from "typegrad/compiler";
import type { DeviceTensor } from "typegrad/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCheckpoint, readerOf } from "../../../../examples/guided-diffusion/files/checkpoint.ts";
import { openFile, writeFile } from "../../../../examples/guided-diffusion/files/file.ts";
import { npzChunks } from "../../../../examples/guided-diffusion/files/npz-writer.ts";
import { ptChunks } from "../../../../examples/guided-diffusion/files/pt-writer.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { embed } from "./embed.ts";
import { collect, golden, goldenBytes, noting, readAll, refusal } from "./sources.ts";

describe("checkpoints", () => {
  test("of every form give the same, by what is in them and not by a name", async () => {
    const tensors = await readAll(await openCheckpoint(golden("torch.module.pt")));
    const forms = [
      goldenBytes("torch.module.pt"),
      await collect(ptChunks(tensorFileOf(tensors))),
      writeSafetensors(tensors),
      await collect(npzChunks(tensorFileOf(tensors))),
    ];
    for (const bytes of forms) {
      const checkpoint = await openCheckpoint(bytesSource(bytes, "weights"));
      expect(checkpoint.name).toBe("weights");
      expect(new Map(checkpoint.entries).get("weight")).toMatchObject({ dtype: "f32", shape: [3, 2] });
      expect(await readAll(checkpoint)).toEqual(tensors);
    }
    expect((await openCheckpoint(golden("tiny.views.legacy.pt"))).entries.size).toBe(71);
  });

  test.each([
    ["<!DOCTYPE html>", 'x.pt: this is no .pt, .safetensors or .npz; it begins with "<!DOCTYPE html>"'],
    ["", 'x.pt: this is no .pt, .safetensors or .npz; it begins with ""'],
    ["12345678{", "x.pt: the header is 4050765991979987505 bytes from 8"],
    ["PK\x03\x04", "x.pt: the list of entries: File format is not recognized"],
  ])("%j is none", async (content, message) => {
    const source = bytesSource(new TextEncoder().encode(content), "x.pt");
    expect(await refusal(openCheckpoint(source))).toContain(message);
  });
});

describe("binding", () => {
  test("reads tensor by tensor from the file", async () => {
    const { source, reads } = noting(goldenBytes("tiny.pt"));
    const checkpoint = await openCheckpoint(source);
    const compiled = await compile(embed, {
      source: fileURLToPath(new URL("embed.ts", import.meta.url)),
      device: "wasm",
      bind: ["params"],
    });
    reads.length = 0;
    const ready = await compiled.loaded.bind(readerOf({ params: checkpoint }));
    const large = reads.map(([, length]) => length).filter((length) => length > 100);
    expect(large.sort((a, b) => a - b)).toEqual([512, 16384]);

    const x: Host<[1, 32], "f32"> = {
      dtype: "f32",
      shape: [1, 32],
      data: Float32Array.from({ length: 32 }, (_, i) => i),
    };
    const result = await ((await ready(x)) as DeviceTensor<[1, 128], "f32">).read();
    const weight = tensor<[128, 32], "f32">((await checkpoint.read("time_embed.0.weight")) as Host<[128, 32], "f32">);
    const bias = tensor<[128], "f32">((await checkpoint.read("time_embed.0.bias")) as Host<[128], "f32">);
    const direct = toHost(embed({ "time_embed.0.weight": weight, "time_embed.0.bias": bias }, tensor(x)));
    expect(result.data.length).toBe(128);
    for (const [i, value] of result.data.entries()) expect(value).toBeCloseTo(direct.data[i] as number, 4);
  });

  test("says what the file does not have", async () => {
    const reader = readerOf({ params: await openCheckpoint(golden("torch.module.pt")) });
    expect(() => reader("params.out.0.weight")).toThrow('torch.module.pt: there is no "out.0.weight" in it');
    expect(() => reader("classifier.weight")).toThrow("there is no checkpoint for classifier");
  });
});

describe("files on disk", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "typegrad-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("are written whole, and read by place", async () => {
    const path = join(folder, "a.pt");
    await writeFile(path, ptChunks(await openCheckpoint(golden("odd.pt"))));
    const source = await openFile(path);
    const checkpoint = await openCheckpoint(source);
    expect(checkpoint.name).toBe(path);
    expect(await readAll(checkpoint)).toEqual(await readAll(await openCheckpoint(golden("odd.pt"))));
    expect((await source.read(source.size - 2, 10)).length).toBe(2);
    await source.close();
  });

  test("leave nothing behind where writing fails, and what was there before", async () => {
    const path = join(folder, "b.txt");
    await writeFile(path, [new TextEncoder().encode("before")]);
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error("no more");
    };
    await expect(writeFile(path, failing())).rejects.toThrow("no more");
    expect(await readFile(path, "utf8")).toBe("before");
    expect((await readdir(folder)).filter((name) => name.startsWith("b"))).toEqual(["b.txt"]);
  });
});
