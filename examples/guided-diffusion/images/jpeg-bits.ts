/** The bits of a scan of a JPEG file, and its Huffman codes. */

import { FormatError } from "typegrad";

/** Symbols by the next 16 bits of the data: `length << 8 | symbol`, 0 where no code begins so. */
export type Codes = Uint16Array;

/** @throws FormatError for numbers of codes that no tree has */
export const codesOf = (counts: Uint8Array, symbols: Uint8Array): Codes => {
  const codes = new Uint16Array(1 << 16);
  let at = 0;
  let symbol = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < (counts[length - 1] as number); i++) {
      const end = at + (1 << (16 - length));
      if (end > codes.length)
        throw new FormatError("a Huffman table of the JPEG file has more codes than there is room");
      codes.fill((length << 8) | (symbols[symbol++] as number), at, end);
      at = end;
    }
  }
  return codes;
};

/** Bits that are read one after the other, up to the next marker. */
export interface Bits {
  readonly bytes: Uint8Array;
  /** The next byte. */
  at: number;
  /** What was read ahead: the lowest `count` bits. */
  ahead: number;
  count: number;
  /** How many of them, the last, are no bits of the file: it had none left. */
  missing: number;
}

export const bitsOf = (bytes: Uint8Array, at: number): Bits => ({ bytes, at, ahead: 0, count: 0, missing: 0 });

/** Reads ahead until there are 16 bits. A marker ends the data; a byte 0xff in it is followed by 0. */
const fill = (bits: Bits): void => {
  while (bits.count <= 16) {
    let byte = 0;
    const next = bits.bytes[bits.at];
    if (next === undefined || (next === 0xff && bits.bytes[bits.at + 1] !== 0)) bits.missing += 8;
    else {
      byte = next;
      bits.at += next === 0xff ? 2 : 1;
    }
    bits.ahead = ((bits.ahead << 8) | byte) & 0xffffff;
    bits.count += 8;
  }
};

const drop = (bits: Bits, length: number): void => {
  bits.count -= length;
  if (bits.count < bits.missing) {
    throw new FormatError(`the JPEG file is truncated or damaged: the data of a scan ends at ${bits.at}`);
  }
};

/** The next bits as a whole number; at most 16. */
export const readBits = (bits: Bits, length: number): number => {
  if (length === 0) return 0;
  fill(bits);
  const value = (bits.ahead >> (bits.count - length)) & ((1 << length) - 1);
  drop(bits, length);
  return value;
};

/** A number of so many bits, of which those that begin with 0 are below zero: F.2.2.1 of the standard. */
export const readSigned = (bits: Bits, length: number): number => {
  const value = readBits(bits, length);
  return length === 0 || value >> (length - 1) ? value : value - (1 << length) + 1;
};

/** The symbol of the next code. */
export const readSymbol = (bits: Bits, codes: Codes): number => {
  fill(bits);
  const found = codes[(bits.ahead >> (bits.count - 16)) & 0xffff] as number;
  if (found === 0) throw new FormatError(`the JPEG file is damaged near ${bits.at}: no Huffman code begins so`);
  drop(bits, found >> 8);
  return found & 255;
};

/** Goes on after a marker: what is left of the byte before it is no data. */
export const restartAt = (bits: Bits, at: number): void => {
  bits.at = at;
  bits.count = 0;
  bits.missing = 0;
};
