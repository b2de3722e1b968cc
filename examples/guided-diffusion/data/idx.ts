/** The IDX format of the MNIST files (yann.lecun.com/exdb/mnist): a tensor of bytes after a big-endian header. */

import { closeSync, fstatSync, openSync, readSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { FormatError } from "typegrad";

export interface IdxTensor {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A tensor that stays in its file. */
export interface IdxFile {
  readonly shape: readonly number[];
  /** The parts with these numbers along the first axis, one after the other. */
  readonly read: (numbers: ArrayLike<number>) => Uint8Array;
}

const countOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);
const startOf = (rank: number): number => 4 + 4 * rank;

/** The shape that the first bytes of a file of `size` bytes say. */
const shapeOf = (bytes: Uint8Array, size: number, name: string): readonly number[] => {
  const rank = bytes[3] ?? 0;
  if (bytes.length < startOf(rank) || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8 || rank === 0)
    throw new FormatError(
      `${name} is no IDX file of unsigned bytes: it begins with ${[...bytes.slice(0, 4)].join(" ")}`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const [count, found] = [countOf(shape), size - startOf(rank)];
  if (found !== count)
    throw new FormatError(`${name} says [${shape.join(", ")}], which is ${count} bytes, and has ${found}`);
  return shape;
};

const withFile = <T>(file: string, work: (descriptor: number) => T): T => {
  const descriptor = openSync(file, "r");
  try {
    return work(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** @throws FormatError, which names the file, where it ends before the bytes do */
const readAt = (descriptor: number, into: Uint8Array, at: number, file: string): void => {
  for (let done = 0; done < into.length; ) {
    const count = readSync(descriptor, into, done, into.length - done, at + done);
    if (count === 0)
      throw new FormatError(`${path.basename(file)} ends at ${at + done}, and did not when it was opened`);
    done += count;
  }
};

/**
 * A file whose parts are read when they are asked for.
 * @throws FormatError, which names the file, for what is no whole file of unsigned bytes
 */
export const openIdx = (file: string): IdxFile => {
  const shape = withFile(file, (descriptor) => {
    const { size } = fstatSync(descriptor);
    // Its fourth byte is the rank.
    const header = new Uint8Array(Math.min(size, startOf(255)));
    readAt(descriptor, header, 0, file);
    return shapeOf(header, size, path.basename(file));
  });
  const start = startOf(shape.length);
  const width = countOf(shape.slice(1));
  return {
    shape,
    read: (numbers) =>
      withFile(file, (descriptor) => {
        const bytes = new Uint8Array(numbers.length * width);
        for (let i = 0; i < numbers.length; i++)
          readAt(descriptor, bytes.subarray(i * width, (i + 1) * width), start + (numbers[i] as number) * width, file);
        return bytes;
      }),
  };
};

/** Writes a file, which has its name when it is whole. */
export const writeIdx = (file: string, { shape, data }: IdxTensor): void => {
  const header = new DataView(new ArrayBuffer(startOf(shape.length)));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((dim, i) => void header.setUint32(4 + 4 * i, dim));
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, new Uint8Array(header.buffer));
  writeFileSync(temporary, data, { flag: "a" });
  renameSync(temporary, file);
};
