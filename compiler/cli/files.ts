/** Files of commands: read piece by piece, and written whole or not at all. */

import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import type { ByteSource } from "../../dsl/bytes.ts";

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : message;
};

export const readWhole = (file: string): Uint8Array => {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file} cannot be read: ${reasonOf(error)}`);
  }
};

export interface OpenFile extends ByteSource {
  readonly close: () => Promise<void>;
}

export const openFile = async (file: string): Promise<OpenFile> => {
  try {
    const handle = await open(file, "r");
    const stat = await handle.stat();
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    return {
      name: file,
      size: stat.size,
      read: async (offset, length) => {
        const bytes = new Uint8Array(length);
        let at = 0;
        while (at < length) {
          const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
          if (bytesRead === 0) break;
          at += bytesRead;
        }
        return bytes.subarray(0, at);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    throw new Error(`${file} cannot be read: ${reasonOf(error)}`);
  }
};

/** Writes beside the file first, so that there is never half of it. */
export const writeWhole = (file: string, chunks: readonly (string | Uint8Array)[]): void => {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    const descriptor = openSync(beside, "w");
    try {
      for (const chunk of chunks) {
        const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        let at = 0;
        while (at < bytes.length) at += writeSync(descriptor, bytes, at);
      }
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${file} cannot be written: ${code === "ENOENT" ? "there is no such folder" : reasonOf(error)}`);
  }
};
