/** Deflated data of a known size, unpacked piece by piece, and never more of it than that size. */

import { Inflate, Unzlib } from "fflate";
import { FormatError } from "typegrad";

/** Deflate makes at most 258 bytes of two bits: what claims more is no deflated data. */
const largestRatio = 1032;

/** Whether so many bytes can be what deflated data unpacks to. */
export const canInflateTo = (compressed: number, size: number): boolean => size <= largestRatio * (compressed + 1);

/** Little goes in at once, since a piece of that many bytes may come out a thousand times as large. */
const pieceSize = 2 ** 14;

/**
 * Unpacks `deflate` data, or with its header and checksum `zlib` data.
 * @throws FormatError, beginning with `what`, for data that is damaged or does not unpack to `size` bytes
 */
export async function* inflate(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
  what: string,
  format: "deflate" | "zlib" = "deflate",
): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  let total = 0;
  const onData = (chunk: Uint8Array): void => {
    out.push(chunk);
    total += chunk.length;
  };
  const inflater = format === "zlib" ? new Unzlib(onData) : new Inflate(onData);
  const push = (piece: Uint8Array, final: boolean): Uint8Array[] => {
    try {
      inflater.push(piece, final);
    } catch (error) {
      throw new FormatError(`${what} is damaged: ${(error as Error).message}`);
    }
    if (total > size) throw new FormatError(`${what} unpacks to more than the ${size} bytes that it should have`);
    const made = out;
    out = [];
    return made;
  };
  for await (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i += pieceSize) yield* push(chunk.subarray(i, i + pieceSize), false);
  }
  yield* push(new Uint8Array(0), true);
  if (total !== size) throw new FormatError(`${what} unpacks to ${total} bytes, and should have ${size}`);
}
