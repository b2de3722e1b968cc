/** Bytes that are read by place: what codecs of file formats work on. Opening files is the caller's. */

/** A file, a download, or bytes in memory. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Names the source in messages, as a path does. */
  readonly name?: string;
  /** `length` bytes from `offset` on. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** A file that is not what it says it is. The message names the file, the place and the reason. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Bytes in memory as a source. */
export const bytesSource = (bytes: Uint8Array, name?: string): ByteSource => ({
  size: bytes.length,
  ...(name === undefined ? {} : { name }),
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/** How messages call a source. */
export const nameOf = ({ name }: ByteSource): string => name ?? "the bytes";

/**
 * A part of a source, in a buffer of its own that any typed array can stand on.
 * @throws FormatError where the part reaches past the end, before anything is reserved, or fewer bytes come than asked for
 */
export const readPart = async (
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array> => {
  if (offset + length > source.size) {
    throw new FormatError(
      `${nameOf(source)}: ${what} is bytes ${offset} to ${offset + length}, and the file ends at ${source.size}`,
    );
  }
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) {
    throw new FormatError(
      `${nameOf(source)}: ${what} is ${length} bytes from ${offset}, and only ${bytes.length} could be read`,
    );
  }
  // Not `slice`, which shares memory where the bytes are a Node `Buffer`.
  return new Uint8Array(bytes);
};
