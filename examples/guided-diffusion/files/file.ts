/** Files of Node as sources of bytes, and as what chunks of bytes are written to. */

import { open, rename, rm } from "node:fs/promises";
import type { ByteSource } from "typegrad";

/** A file that is open. */
export interface FileSource extends ByteSource {
  readonly close: () => Promise<void>;
}

/** Names the file in errors of what is done with it: those of reading and writing do not, only those of opening. */
export const ofFile = <T>(path: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw error instanceof Error && "code" in error ? Object.assign(error, { path }) : error;
  }
};

/** Opens a file for reading by place. */
export const openFile = async (path: string): Promise<FileSource> => {
  const file = await open(path, "r");
  const { size } = await file.stat();
  return {
    name: path,
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      let at = 0;
      while (at < length) {
        const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return bytes.subarray(0, at);
    },
    close: () => file.close(),
  };
};

/** Writes chunks to a file. It has its name when all is written, so a run that is cut off leaves no half of one. */
export const writeFile = async (
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> => {
  const temporary = `${path}.part`;
  const file = await open(temporary, "w");
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
    }
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    // An error of a handle does not say of which file it is.
    throw error instanceof Error && "code" in error ? Object.assign(error, { path }) : error;
  }
};
