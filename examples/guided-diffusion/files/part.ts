/** Parts of a source of bytes, and what is wrong with them. */

import { type ByteSource, FormatError } from "typegrad";

/** How messages call a source. */
export const nameOf = ({ name }: ByteSource): string => name ?? "the bytes";

/** @throws FormatError, always: the name of the source, and what is wrong with it */
export const fail = (source: ByteSource, text: string): never => {
  throw new FormatError(`${nameOf(source)}: ${text}`);
};

/**
 * What `read` gives, now or later; it knows no more of the file than a part of it.
 * @throws FormatError as `read`, with the names of the source and the part before it
 */
export const inPart = <T>(source: ByteSource, part: string, read: () => T): T => {
  const named = (error: unknown): never => {
    const prefix = `${nameOf(source)}: `;
    if (!(error instanceof FormatError) || error.message.startsWith(prefix)) throw error;
    throw new FormatError(`${prefix}${part}: ${error.message}`);
  };
  try {
    const result = read();
    return result instanceof Promise ? (result.catch(named) as T) : result;
  } catch (error) {
    return named(error);
  }
};

/** A value from a file in a message, as JSON has it, and not longer than a line however large it is. */
export const quote = (value: unknown): string => {
  const text = show(value, 2);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
};

const show = (value: unknown, depth: number): string => {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 81));
  if (!Array.isArray(value)) return typeof value === "object" && value !== null ? "an object" : String(value);
  if (depth === 0) return "[...]";
  return `[${value.slice(0, 40).map((item) => show(item, depth - 1))}]`;
};

/**
 * A part of a source, in a buffer of its own that any typed array can stand on.
 * @throws FormatError where the part reaches past the end, before anything is reserved, or fewer bytes come than asked for
 */
export const readPart = async (
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> => {
  if (offset < 0 || offset + length > source.size) {
    fail(source, `${what} is bytes ${offset} to ${offset + length}, and the file ends at ${source.size}`);
  }
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) {
    fail(source, `${what} is ${length} bytes from ${offset}, and only ${bytes.length} could be read`);
  }
  // Not `slice`, which shares memory where the bytes are a Node `Buffer`.
  return new Uint8Array(bytes);
};

/** How much is read at once of what is not wanted whole. */
const chunkSize = 4 * 2 ** 20;

/** The bytes of a part in order, a few MiB at a time. */
export async function* chunksOfPart(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < length; at += chunkSize) {
    yield await readPart(source, offset + at, Math.min(chunkSize, length - at), what);
  }
}

/** Bytes one after the other. */
export const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};
