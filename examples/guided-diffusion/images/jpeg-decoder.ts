/**
 * JPEG files as red, green and blue, with the very bytes that libjpeg gives, and so Pillow: baseline and progressive, gray,
 * YCbCr, RGB, CMYK and YCCK. What only a person sees the right way up, by a note of the camera, stays as it is stored.
 *
 * Format: ITU-T T.81, https://www.w3.org/Graphics/JPEG/itu-t81.pdf; the color spaces: T.872
 */

import { FormatError } from "typegrad";
import { checkSize, type Image, imageOf } from "./image.ts";
import { bitsOf, type Codes, codesOf } from "./jpeg-bits.ts";
import { type ColorSpace, colorSpaceOf, toRgb } from "./jpeg-color.ts";
import { type Component, fromZigzag, readScan, type ScanComponent } from "./jpeg-scan.ts";
import { planeOf } from "./jpeg-transform.ts";
import { upsample } from "./jpeg-upsample.ts";

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  readonly components: readonly Component[];
}

/** What has been read so far. */
interface Tables {
  readonly quantization: Map<number, Uint16Array>;
  readonly dc: Map<number, Codes>;
  readonly ac: Map<number, Codes>;
  restartInterval: number;
  hasJfif: boolean;
  /** The number in Adobe's marker. */
  transform: number | undefined;
}

const fail = (text: string): never => {
  throw new FormatError(text);
};

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const truncated = (what: string): never => fail(`the JPEG file is truncated or damaged: ${what} ends early`);

const readQuantization = (data: Uint8Array, { quantization }: Tables): void => {
  for (let at = 0; at < data.length; ) {
    const head = data[at++] as number;
    const width = head >> 4 === 0 ? 1 : 2;
    if (at + 64 * width > data.length) truncated("a quantization table");
    const start = at;
    const values = Array.from({ length: 64 }, (_, i) =>
      width === 1 ? (data[start + i] as number) : u16(data, start + 2 * i),
    );
    quantization.set(head & 15, fromZigzag(values));
    at += 64 * width;
  }
};

const readCodes = (data: Uint8Array, { dc, ac }: Tables): void => {
  for (let at = 0; at < data.length; ) {
    const head = data[at] as number;
    const counts = data.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = data.subarray(at + 17, at + 17 + total);
    if (counts.length < 16 || symbols.length < total) truncated("a Huffman table");
    (head >> 4 === 0 ? dc : ac).set(head & 15, codesOf(counts, symbols));
    at += 17 + total;
  }
};

/** @param size of the file, which must have at least a bit for each block */
const readFrame = (data: Uint8Array, isProgressive: boolean, size: number): Frame => {
  const [precision, count = 0] = [data[0], data[5]];
  const [height, width] = [u16(data, 1), u16(data, 3)];
  if (precision !== 8) fail(`the JPEG file has ${precision} bits a sample, and files of 8 are read`);
  if (![1, 3, 4].includes(count)) fail(`the JPEG file has ${count} components; 1, 3 and 4 are read`);
  if (data.length < 6 + 3 * count) truncated("the header of the frame");
  checkSize(width, height);
  const parts = Array.from({ length: count }, (_, i) => {
    const [id = 0, factors = 0, table = 0] = data.subarray(6 + 3 * i);
    return { id, across: factors >> 4, down: factors & 15, table };
  });
  const mostAcross = Math.max(...parts.map(({ across }) => across));
  const mostDown = Math.max(...parts.map(({ down }) => down));
  const units = [Math.ceil(width / (8 * mostAcross)), Math.ceil(height / (8 * mostDown))] as const;
  let blocks = 0;
  for (const { across, down } of parts) {
    if (across < 1 || across > 4 || down < 1 || down > 4 || mostAcross % across !== 0 || mostDown % down !== 0) {
      fail(`a component of the JPEG file has the factors ${across} and ${down}, of ${mostAcross} and ${mostDown}`);
    }
    blocks += Math.ceil(width / (8 * mostAcross)) * across * Math.ceil(height / (8 * mostDown)) * down;
  }
  if (new Set(parts.map(({ id }) => id)).size !== count) fail("two components of the JPEG file have one number");
  if (blocks > 8 * size) fail(`the JPEG file has ${size} bytes, too few for an image of ${width} × ${height}`);
  const components = parts.map((part): Component => {
    const [blocksAcross, blocksDown] = [units[0] * part.across, units[1] * part.down];
    return {
      ...part,
      width: Math.ceil((width * part.across) / mostAcross),
      height: Math.ceil((height * part.down) / mostDown),
      blocksAcross,
      blocksDown,
      coefficients: new Int16Array(64 * blocksAcross * blocksDown),
      quantization: undefined,
    };
  });
  return { width, height, isProgressive, components };
};

/** Reads a scan, whose header is given, from the data at `at` on; gives where that ends. */
const readScanAt = (bytes: Uint8Array, at: number, header: Uint8Array, frame: Frame, tables: Tables): number => {
  const count = header[0] ?? 0;
  if (count < 1 || count > 4 || header.length < 4 + 2 * count) truncated("the header of a scan");
  const components = Array.from({ length: count }, (_, i): ScanComponent => {
    const [id, codes = 0] = header.subarray(1 + 2 * i);
    const component = frame.components.find((component) => component.id === id);
    if (component === undefined)
      return fail(`a scan of the JPEG file has the component ${id}, which the frame has not`);
    component.quantization ??= tables.quantization.get(component.table);
    if (component.quantization === undefined) fail("the JPEG file has not all quantization tables that it uses");
    return { component, dc: tables.dc.get(codes >> 4), ac: tables.ac.get(codes & 15) };
  });
  if (new Set(components.map(({ component }) => component)).size !== count) fail("a scan has a component twice");
  const [first = 0, last = 0, approximation = 0] = header.subarray(1 + 2 * count);
  const { isProgressive } = frame;
  if (isProgressive && (first > last || last > 63 || (first === 0 && last > 0) || (first > 0 && count > 1))) {
    fail(
      `a scan of the JPEG file has the coefficients ${first} to ${last} of ${count} components, which none may have`,
    );
  }
  const [high, low] = [approximation >> 4, approximation & 15];
  if (isProgressive && (low > 13 || (high > 0 && high !== low + 1)))
    fail("a scan of the JPEG file has bits out of order");
  const bits = bitsOf(bytes, at);
  const { restartInterval } = tables;
  readScan(bits, { components, isProgressive, first, last, high, low, restartInterval });
  return bits.at;
};

/** The markers that stand alone, without a length. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** Where the next marker begins; bytes before it that are none are passed over, as libjpeg does. */
const nextMarker = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (at + 1 < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff)) at++;
  return at;
};

interface Parsed {
  readonly frame: Frame;
  readonly space: ColorSpace;
}

const parse = (bytes: Uint8Array): Parsed => {
  const tables: Tables = {
    quantization: new Map(),
    dc: new Map(),
    ac: new Map(),
    restartInterval: 0,
    hasJfif: false,
    transform: undefined,
  };
  let frame: Frame | undefined;
  const scanned = new Set<Component>();
  for (let at = nextMarker(bytes, 2); ; at = nextMarker(bytes, at)) {
    const marker = bytes[at + 1];
    if (marker === undefined) {
      // The end of the image is not missed where nothing can follow.
      if (frame === undefined || frame.isProgressive) return truncated("it");
      break;
    }
    if (marker === 0xd9) break;
    if (isBare(marker)) {
      at += 2;
      continue;
    }
    const length = u16(bytes, at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) return truncated(`the part at ${at}`);
    const data = bytes.subarray(at + 4, end);
    at = end;
    if (marker === 0xdb) readQuantization(data, tables);
    else if (marker === 0xc4) readCodes(data, tables);
    else if (marker === 0xdd) tables.restartInterval = u16(data, 0);
    else if (marker === 0xe0) tables.hasJfif ||= String.fromCharCode(...data.subarray(0, 5)) === "JFIF\0";
    else if (marker === 0xee && String.fromCharCode(...data.subarray(0, 5)) === "Adobe") tables.transform = data[11];
    else if (marker >= 0xc0 && marker <= 0xc2) {
      if (frame !== undefined) return fail("the JPEG file has two frames");
      frame = readFrame(data, marker === 0xc2, bytes.length);
    } else if (marker > 0xc2 && marker <= 0xcf && marker !== 0xc8) {
      return fail(
        `the JPEG file is of a kind (SOF${marker - 0xc0}) that is not read: lossless, or coded arithmetically`,
      );
    } else if (marker === 0xda) {
      if (frame === undefined) return fail("the JPEG file has a scan before its frame");
      at = readScanAt(bytes, at, data, frame, tables);
      for (const id of data.subarray(1, 1 + 2 * (data[0] ?? 0)).filter((_, i) => i % 2 === 0)) {
        for (const component of frame.components) if (component.id === id) scanned.add(component);
      }
    }
  }
  if (frame === undefined) return fail("the JPEG file has no image");
  if (!frame.components.every((component) => scanned.has(component))) return truncated("it");
  const ids = frame.components.map(({ id }) => id);
  return { frame, space: colorSpaceOf(ids, tables) };
};

/** @throws FormatError for a file that is damaged, truncated, or of a kind that is not read */
export const decodeJpeg = (bytes: Uint8Array): Image => {
  const { frame, space } = parse(bytes);
  const { width, height, components } = frame;
  const mostAcross = Math.max(...components.map(({ across }) => across));
  const mostDown = Math.max(...components.map(({ down }) => down));
  const planes = components.map((component) =>
    upsample(planeOf(component), mostAcross / component.across, mostDown / component.down),
  );
  return imageOf(height, width, toRgb(planes, space, height, width));
};
