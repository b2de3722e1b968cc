/**
 * Scans of a JPEG file: Huffman-coded coefficients of 8 × 8 blocks, all at once or, in progressive files, a band of them or
 * a bit of each at a time.
 *
 * Format: ITU-T T.81, annexes F and G, https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */

import { FormatError } from "typegrad";
import { type Bits, type Codes, readBits, readSigned, readSymbol, restartAt } from "./jpeg-bits.ts";

/** One color of an image. */
export interface Component {
  readonly id: number;
  /** Samples for each that the finest component has, across and down. */
  readonly across: number;
  readonly down: number;
  readonly table: number;
  /** Size in samples, and in blocks as they are stored: a whole number of them in each unit of a scan. */
  readonly width: number;
  readonly height: number;
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** 64 for each block, row-major. */
  readonly coefficients: Int16Array;
  /** Of the first scan that has the component, as they were then. */
  quantization: Uint16Array | undefined;
}

/** A component in a scan, with the codes of its coefficients. */
export interface ScanComponent {
  readonly component: Component;
  readonly dc: Codes | undefined;
  readonly ac: Codes | undefined;
}

export interface Scan {
  readonly components: readonly ScanComponent[];
  readonly isProgressive: boolean;
  /** The coefficients, in zigzag order, that it has. */
  readonly first: number;
  readonly last: number;
  /** The bit before this one is known; 0 where none is. */
  readonly high: number;
  readonly low: number;
  /** Units between two markers; 0 where there are none. */
  readonly restartInterval: number;
}

/** Places of coefficients in a block, in the order of the file. */
// biome-ignore format: eight rows of eight
const zigzag = Uint8Array.of(
   0,  1,  8, 16,  9,  2,  3, 10,
  17, 24, 32, 25, 18, 11,  4,  5,
  12, 19, 26, 33, 40, 48, 41, 34,
  27, 20, 13,  6,  7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36,
  29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
);

/** Of a quantization table in zigzag order, row-major. */
export const fromZigzag = (values: ArrayLike<number>): Uint16Array => {
  const table = new Uint16Array(64);
  for (let i = 0; i < 64; i++) table[zigzag[i] as number] = values[i] as number;
  return table;
};

/** What carries over from block to block. */
interface State {
  readonly bits: Bits;
  readonly scan: Scan;
  /** The last first coefficient of each component. */
  readonly before: number[];
  /** Blocks to come in which the band has nothing more. */
  run: number;
}

type ReadBlock = (state: State, i: number, at: number) => void;

const needed = (codes: Codes | undefined): Codes => {
  if (codes === undefined) throw new FormatError("a scan of the JPEG file uses a Huffman table that it does not have");
  return codes;
};

const place = (k: number): number => {
  if (k > 63) throw new FormatError("a block of the JPEG file has more than 64 coefficients");
  return zigzag[k] as number;
};

/** The first coefficient, as the difference from that of the block before. */
const readDc = ({ bits, scan, before }: State, i: number): number => {
  const { dc } = scan.components[i] as ScanComponent;
  const length = readSymbol(bits, needed(dc));
  if (length > 15) throw new FormatError("a difference in the JPEG file has more than 15 bits");
  before[i] = (before[i] as number) + readSigned(bits, length);
  return before[i] as number;
};

const readWhole: ReadBlock = (state, i, at) => {
  const { bits, scan } = state;
  const { component, ac } = scan.components[i] as ScanComponent;
  const { coefficients } = component;
  const codes = needed(ac);
  coefficients[at] = readDc(state, i);
  for (let k = 1; k < 64; k++) {
    const symbol = readSymbol(bits, codes);
    const [zeros, length] = [symbol >> 4, symbol & 15];
    if (length === 0 && zeros < 15) return;
    k += zeros;
    if (length > 0) coefficients[at + place(k)] = readSigned(bits, length);
  }
};

const readDcFirst: ReadBlock = (state, i, at) => {
  const { component } = state.scan.components[i] as ScanComponent;
  component.coefficients[at] = readDc(state, i) << state.scan.low;
};

const readDcBit: ReadBlock = ({ bits, scan }, i, at) => {
  const { coefficients } = (scan.components[i] as ScanComponent).component;
  if (readBits(bits, 1)) coefficients[at] = (coefficients[at] as number) | (1 << scan.low);
};

const readAcFirst: ReadBlock = (state, i, at) => {
  if (state.run > 0) {
    state.run--;
    return;
  }
  const { bits, scan } = state;
  const { component, ac } = scan.components[i] as ScanComponent;
  const codes = needed(ac);
  for (let k = scan.first; k <= scan.last; k++) {
    const symbol = readSymbol(bits, codes);
    const [zeros, length] = [symbol >> 4, symbol & 15];
    if (length === 0 && zeros < 15) {
      state.run = (1 << zeros) + readBits(bits, zeros) - 1;
      return;
    }
    k += zeros;
    if (length > 0) component.coefficients[at + place(k)] = readSigned(bits, length) << scan.low;
  }
};

/** One more bit of the coefficients that are not zero, and those that become so: G.1.2.3. */
const readAcBit: ReadBlock = (state, i, at) => {
  const { bits, scan } = state;
  const { component, ac } = scan.components[i] as ScanComponent;
  const { coefficients } = component;
  const codes = needed(ac);
  const bit = 1 << scan.low;
  const refine = (index: number): void => {
    const value = coefficients[index] as number;
    if (readBits(bits, 1) && (Math.abs(value) & bit) === 0) coefficients[index] = value + (value > 0 ? bit : -bit);
  };
  let k = scan.first;
  while (k <= scan.last && state.run === 0) {
    const symbol = readSymbol(bits, codes);
    let zeros = symbol >> 4;
    const length = symbol & 15;
    if (length > 1) throw new FormatError("a coefficient in the JPEG file becomes larger than a bit at once");
    if (length === 0 && zeros < 15) {
      state.run = (1 << zeros) + readBits(bits, zeros);
      break;
    }
    const value = length === 0 ? 0 : readBits(bits, 1) ? bit : -bit;
    for (; k <= scan.last; k++) {
      const index = at + place(k);
      if (coefficients[index] !== 0) refine(index);
      else if (zeros-- === 0) {
        coefficients[index] = value;
        break;
      }
    }
    k++;
  }
  if (state.run === 0) return;
  for (; k <= scan.last; k++) if (coefficients[at + place(k)] !== 0) refine(at + place(k));
  state.run--;
};

const readerOf = ({ isProgressive, first, high }: Scan): ReadBlock => {
  if (!isProgressive) return readWhole;
  if (first === 0) return high === 0 ? readDcFirst : readDcBit;
  return high === 0 ? readAcFirst : readAcBit;
};

/** The marker that is due: bytes that are none before it are passed over. */
const restart = (state: State, number: number): void => {
  const { bits } = state;
  let { at } = bits;
  while (at < bits.bytes.length && !(bits.bytes[at] === 0xff && ![0, 0xff, undefined].includes(bits.bytes[at + 1])))
    at++;
  if (bits.bytes[at + 1] !== 0xd0 + (number & 7)) {
    throw new FormatError(`the JPEG file is damaged at ${at}: the restart marker ${number & 7} is due`);
  }
  restartAt(bits, at + 2);
  state.before.fill(0);
  state.run = 0;
};

/** Reads the coefficients of a scan into those of its components. */
export const readScan = (bits: Bits, scan: Scan): void => {
  const state: State = { bits, scan, before: scan.components.map(() => 0), run: 0 };
  const read = readerOf(scan);
  const alone = scan.components.length === 1 ? scan.components[0]?.component : undefined;
  const any = (scan.components[0] as ScanComponent).component;
  // One component alone is in the order of its own blocks, without those that only fill up units of several.
  const across = alone === undefined ? any.blocksAcross / any.across : Math.ceil(alone.width / 8);
  const down = alone === undefined ? any.blocksDown / any.down : Math.ceil(alone.height / 8);
  for (let unit = 0; unit < across * down; unit++) {
    if (scan.restartInterval > 0 && unit > 0 && unit % scan.restartInterval === 0) {
      restart(state, unit / scan.restartInterval - 1);
    }
    const [x, y] = [unit % across, Math.floor(unit / across)];
    if (alone !== undefined) {
      read(state, 0, 64 * (y * alone.blocksAcross + x));
      continue;
    }
    for (const [i, { component }] of scan.components.entries()) {
      const { across: wide, down: tall, blocksAcross } = component;
      for (let v = 0; v < tall; v++) {
        for (let h = 0; h < wide; h++) read(state, i, 64 * ((y * tall + v) * blocksAcross + x * wide + h));
      }
    }
  }
};
