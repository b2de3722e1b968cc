/** The IDX format of the MNIST files (yann.lecun.com/exdb/mnist): a tensor of bytes after a big-endian header. */

import { FormatError } from "typegrad";

export interface IdxTensor {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** @throws FormatError, which names the file, for what is no whole file of unsigned bytes */
export const readIdx = (bytes: Uint8Array, name: string): IdxTensor => {
  const rank = bytes[3] ?? 0;
  if (bytes.length < 4 + 4 * rank || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8 || rank === 0)
    throw new FormatError(
      `${name} is no IDX file of unsigned bytes: it begins with ${[...bytes.slice(0, 4)].join(" ")}`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((product, dim) => product * dim, 1);
  const data = bytes.subarray(4 + 4 * rank);
  if (data.length !== count)
    throw new FormatError(`${name} says [${shape.join(", ")}], which is ${count} bytes, and has ${data.length}`);
  return { shape, data };
};
