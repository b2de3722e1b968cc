/** Files of the golden data and made ones, as sources. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ByteSource, bytesSource, FormatError, type Host } from "typegrad";
import type { TensorFile } from "../../../../examples/guided-diffusion/files/tensor-file.ts";

export const goldenBytes = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../goldens/${name}`, import.meta.url));

export const golden = (name: string): ByteSource => bytesSource(goldenBytes(name), name);

/** A source that notes what is read of it: `[offset, length]`. */
export const noting = (bytes: Uint8Array): { readonly source: ByteSource; readonly reads: [number, number][] } => {
  const reads: [number, number][] = [];
  const source: ByteSource = {
    name: "noted",
    size: bytes.length,
    read: async (offset, length) => {
      reads.push([offset, length]);
      return bytes.subarray(offset, offset + length);
    },
  };
  return { source, reads };
};

export const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const bytes = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** Every tensor of a file, by name. */
export const readAll = async ({ entries, read }: TensorFile): Promise<Readonly<Record<string, Host>>> => {
  const tensors: Record<string, Host> = {};
  for (const [name, { dtype, shape }] of entries) {
    const host = await read(name);
    if (host.dtype !== dtype || host.shape.join() !== shape.join())
      throw new Error(`${name} is not what was said of it`);
    tensors[name] = host;
  }
  return tensors;
};

/** Every tensor by name as a line that is equal for equal elements: quick to compare where there are many. */
export const digests = async (file: TensorFile): Promise<Readonly<Record<string, string>>> => {
  const lines = Object.entries(await readAll(file)).map(([name, { dtype, shape, data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, `${dtype}[${shape.join(", ")}] ${createHash("sha256").update(bytes).digest("hex")}`] as const;
  });
  return Object.fromEntries(lines);
};

/** The text of the FormatError that a promise rejects with; any other error is thrown. */
export const refusal = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
};
