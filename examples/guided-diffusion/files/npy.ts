/** An array of NumPy, from a stream of its bytes. */

import { type ByteSource, FormatError, type Host } from "typegrad";
import { checkBools, countOf, hostOfBytes, rowMajor, swapBytes, widthOf } from "./elements.ts";
import { type NpyHeader, npyLengthBytes, npyPrefix, parseNpyHeader } from "./npy-header.ts";
import { chunksOfPart, inPart, quote } from "./part.ts";
import { takeFrom } from "./take.ts";

/** An array that has been opened: what its header says, and its elements in order. */
export interface NpyStream {
  readonly header: NpyHeader;
  /** The next `count` elements, in the order of the file. */
  readonly elements: (count: number) => Promise<Uint8Array<ArrayBuffer>>;
  /** @throws FormatError where more follows, or what was read is damaged */
  readonly end: () => Promise<void>;
  /** Stops reading. */
  readonly close: () => Promise<void>;
}

/** A header is short; one of records, which are not read, may be long. */
const largestHeader = 2 ** 16;

/**
 * Reads the header of an array of `size` bytes.
 * @throws FormatError for a damaged header, and one that does not fit the size; nothing is reserved ahead of that
 */
export const openNpy = async (chunks: AsyncGenerator<Uint8Array>, size: number): Promise<NpyStream> => {
  const { take, end, close } = takeFrom(chunks);
  const prefix = await take(npyPrefix);
  const lengthBytes = npyLengthBytes(prefix);
  const view = new DataView((await take(lengthBytes)).buffer);
  const length = lengthBytes === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
  if (length > largestHeader) throw new FormatError(`its header is ${length} bytes, and may be ${largestHeader}`);
  const header = parseNpyHeader(await take(length));
  const { dtype, shape, isBigEndian } = header;
  const width = widthOf(dtype);
  const due = countOf(shape) * width;
  const left = size - npyPrefix - lengthBytes - length;
  if (left !== due) {
    throw new FormatError(`${dtype} of ${quote(shape)} has ${due} bytes, and ${left} follow its header`);
  }
  const elements = async (count: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await take(count * width);
    if (isBigEndian) swapBytes(bytes, width);
    if (dtype === "bool") checkBools(bytes, "its elements");
    return bytes;
  };
  return { header, elements, end, close };
};

/** All elements of an array, in row-major order. */
export const readElements = async ({ header, elements, end }: NpyStream): Promise<Host> => {
  const { dtype, shape, isFortran } = header;
  const bytes = await elements(countOf(shape));
  await end();
  const strides = isFortran ? rowMajor(shape.toReversed()).reverse() : rowMajor(shape);
  return hostOfBytes(bytes, dtype, shape, strides);
};

/**
 * Reads a file of one array, `.npy`.
 * @throws FormatError for a file that is damaged, or of elements that host data has no dtype for
 */
export const readNpy = (source: ByteSource): Promise<Host> =>
  inPart(source, "the array", async () =>
    readElements(await openNpy(chunksOfPart(source, 0, source.size, "the array"), source.size)),
  );
