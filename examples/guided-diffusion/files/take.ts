/** A stream of bytes read by lengths. */

import { FormatError } from "typegrad";

export interface Taker {
  /** The next bytes, in a buffer of their own. */
  readonly take: (length: number) => Promise<Uint8Array<ArrayBuffer>>;
  /** @throws FormatError where bytes are left, and whatever the stream throws at its end */
  readonly end: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const takeFrom = (chunks: AsyncGenerator<Uint8Array>): Taker => {
  let rest: Uint8Array = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const { value, done } = await chunks.next();
    if (!done) rest = value;
    return !done;
  };
  return {
    take: async (length) => {
      const bytes = reserve(length);
      for (let at = 0; at < length; ) {
        if (rest.length === 0 && !(await more())) {
          throw new FormatError(`it ends ${length - at} bytes before its last element`);
        }
        const part = rest.subarray(0, length - at);
        bytes.set(part, at);
        at += part.length;
        rest = rest.subarray(part.length);
      }
      return bytes;
    },
    end: async () => {
      if (rest.length > 0) throw new FormatError(`${rest.length} bytes and more follow its last element`);
      while (await more()) if (rest.length > 0) throw new FormatError("bytes follow its last element");
    },
    close: async () => void (await chunks.return(undefined)),
  };
};

/** Memory, or that there is not so much of it. */
export const reserve = (length: number): Uint8Array<ArrayBuffer> => {
  try {
    return new Uint8Array(length);
  } catch {
    throw new FormatError(`it has ${length} bytes, more than can be held in memory at once`);
  }
};
