/** Files with any byte changed, or cut anywhere, give the right tensors or an error of the format. */

import fc from "fast-check";
import { bytesSource, FormatError, type Host } from "typegrad";
import { describe, expect, test } from "vitest";
import { readNpz } from "../../../../examples/guided-diffusion/files/npz.ts";
import { npzChunks } from "../../../../examples/guided-diffusion/files/npz-writer.ts";
import { readPt } from "../../../../examples/guided-diffusion/files/pt.ts";
import type { TensorFile } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { collect, golden, goldenBytes, readAll } from "./sources.ts";

type Tensors = Readonly<Record<string, Host>>;

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly open: (bytes: Uint8Array) => Promise<TensorFile>;
  /** The old container has no checksums: elements that changed are other elements. */
  readonly hasChecksums: boolean;
}

const pt = (bytes: Uint8Array): Promise<TensorFile> => readPt(bytesSource(bytes));
const npz = (bytes: Uint8Array): Promise<TensorFile> => readNpz(bytesSource(bytes));

const cases: readonly Case[] = [
  { name: "odd.pt", bytes: goldenBytes("odd.pt"), open: pt, hasChecksums: true },
  { name: "torch.module.pt", bytes: goldenBytes("torch.module.pt"), open: pt, hasChecksums: true },
  { name: "odd.legacy.pt", bytes: goldenBytes("odd.legacy.pt"), open: pt, hasChecksums: false },
  { name: "fortran.npz", bytes: goldenBytes("fortran.npz"), open: npz, hasChecksums: true },
  {
    name: "deflated.npz",
    bytes: await collect(npzChunks(await readNpz(golden("fortran.npz")), { deflate: true })),
    open: npz,
    hasChecksums: true,
  },
];

/** The tensors that are read, `undefined` where the file is refused; other errors are thrown. */
const attempt = async ({ open }: Case, bytes: Uint8Array): Promise<Tensors | undefined> => {
  try {
    return await readAll(await open(bytes));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
};

describe.each(cases)("$name", (file) => {
  const { bytes, hasChecksums } = file;

  test("cut anywhere is refused", async () => {
    const step = Math.ceil(bytes.length / 1500);
    for (let length = 0; length < bytes.length; length += step) {
      expect([length, await attempt(file, bytes.subarray(0, length))]).toEqual([length, undefined]);
    }
    expect(await attempt(file, bytes)).toBeDefined();
  });

  test("with a byte changed is refused or right", async () => {
    const right = (await attempt(file, bytes)) as Tensors;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const damaged = bytes.slice();
        damaged[place] = (damaged[place] as number) ^ change;
        const tensors = await attempt(file, damaged);
        if (tensors === undefined) refused++;
        // Names, and comments of the archive, are not elements.
        else if (hasChecksums)
          for (const [name, tensor] of Object.entries(tensors)) expect(tensor).toEqual(right[name]);
      }),
      { seed: 41, numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(300);
  });

  test("with several bytes changed ends, and fails as a format does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 2, maxLength: 8 }),
        async (changes) => {
          const damaged = bytes.slice();
          for (const [place, value] of changes) damaged[place] = value;
          await attempt(file, damaged);
        },
      ),
      { seed: 42, numRuns: 700 },
    );
  });
});

test("pickles of any opcodes end, and fail as a format does", async () => {
  const { archive } = await import("./hostile.ts");
  const opcodes = [..."(012NKMJGXUT)tl]ae}sucqrhjRbQ."].map((code) => code.charCodeAt(0));
  const opcode = fc.oneof(
    fc.constantFrom(...opcodes, 0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x93, 0x94, 0x95),
    fc.constantFrom(0, 1, 2, 3),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(opcode, { maxLength: 60 }), async (codes) => {
      const source = await archive(Uint8Array.from([0x80, 2, ...codes, 0x2e]));
      await readPt(source).catch((error: unknown) => {
        if (!(error instanceof FormatError)) throw error;
      });
    }),
    { seed: 43, numRuns: 3000 },
  );
});
