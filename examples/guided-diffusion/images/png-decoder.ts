/**
 * PNG files as red, green and blue: every color type, depth and interlacing. As Pillow's `convert("RGB")`, transparency is
 * dropped, and of 16 bits the upper 8 stay, but for gray without alpha, where more than 255 is white.
 *
 * Format: https://www.w3.org/TR/png-3/
 */

import { FormatError } from "typegrad";
import { crc32 } from "../files/crc32.ts";
import { canInflateTo, inflate } from "../files/inflate.ts";
import { checkSize, type Image, imageOf } from "./image.ts";
import { filterCount, unfilter } from "./png-filters.ts";

export const pngSignature: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly color: Color;
  readonly isInterlaced: boolean;
}

interface Color {
  readonly name: "gray" | "rgb" | "palette";
  /** With alpha, where there is one. */
  readonly channels: number;
  readonly depths: readonly number[];
}

const colors: Readonly<Record<number, Color>> = {
  0: { name: "gray", channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { name: "rgb", channels: 3, depths: [8, 16] },
  3: { name: "palette", channels: 1, depths: [1, 2, 4, 8] },
  4: { name: "gray", channels: 2, depths: [8, 16] },
  6: { name: "rgb", channels: 4, depths: [8, 16] },
};

/** Where each pass of Adam7 begins, and how far apart its pixels are. */
const passes = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
] as const;

interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
  /** Of one row, after the byte that names its filter. */
  readonly rowBytes: number;
}

const fail = (text: string): never => {
  throw new FormatError(text);
};

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** The chunks up to the end of the image, each against its checksum. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = pngSignature.length;
  for (;;) {
    if (at + 12 > bytes.length) fail(`the PNG file is truncated at ${bytes.length}: a chunk is due at ${at}`);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (end + 4 > bytes.length) fail(`the PNG file is truncated: its chunk ${JSON.stringify(type)} ends at ${end + 4}`);
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      fail(`the chunk ${JSON.stringify(type)} at ${at} of the PNG file has another checksum than it should have`);
    }
    if (type === "IEND") return;
    yield { type, data: bytes.subarray(at + 8, end) };
    at = end + 4;
  }
}

const parseHeader = ({ type, data }: Chunk): Header => {
  if (type !== "IHDR" || data.length !== 13) fail("the PNG file does not begin with a header");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colorType = 0, compression, filter, interlace] = data.subarray(8);
  const color = colors[colorType];
  if (color === undefined || !color.depths.includes(depth)) {
    return fail(`the PNG file has the color type ${colorType} with ${depth} bits, which the format does not have`);
  }
  if (compression !== 0 || filter !== 0 || interlace === undefined || interlace > 1) {
    fail(
      `the PNG file has compression ${compression}, filter ${filter}, interlacing ${interlace}, of which 0, 0, 0 or 1 are`,
    );
  }
  checkSize(width, height);
  return { width, height, depth, color, isInterlaced: interlace === 1 };
};

const passesOf = ({ width, height, depth, color, isInterlaced }: Header): Pass[] =>
  (isInterlaced ? passes : [{ x: 0, y: 0, stepX: 1, stepY: 1 }])
    .map((pass) => ({
      ...pass,
      width: Math.ceil((width - pass.x) / pass.stepX),
      height: Math.ceil((height - pass.y) / pass.stepY),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0)
    .map((pass) => ({ ...pass, rowBytes: Math.ceil((pass.width * color.channels * depth) / 8) }));

/** Sample i of a row: of 16 bits the upper byte, or, `saturated`, 255 at most. */
const sampleOf = (row: Uint8Array, i: number, depth: number, saturated = false): number => {
  if (depth === 8) return row[i] as number;
  if (depth === 16) {
    const [high = 0, low = 0] = row.subarray(2 * i, 2 * i + 2);
    if (!saturated) return high;
    return high > 0 ? 255 : low;
  }
  const bit = i * depth;
  return ((row[bit >> 3] as number) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
};

/** Writes the pixels of a row of a pass. */
const paint = (data: Uint8Array, header: Header, pass: Pass, y: number, row: Uint8Array, palette: Uint8Array): void => {
  const { width, depth, color } = header;
  const saturated = color.name === "gray" && color.channels === 1;
  const scale = color.name === "gray" && depth < 8 ? 255 / ((1 << depth) - 1) : 1;
  for (let x = 0; x < pass.width; x++) {
    const to = 3 * ((pass.y + y * pass.stepY) * width + pass.x + x * pass.stepX);
    const from = x * color.channels;
    const first = sampleOf(row, from, depth, saturated);
    for (let channel = 0; channel < 3; channel++) {
      if (color.name === "palette") data[to + channel] = palette[3 * first + channel] ?? 0;
      else data[to + channel] = color.name === "gray" ? first * scale : sampleOf(row, from + channel, depth);
    }
  }
};

/** @throws FormatError for a file that is damaged or truncated; nothing is reserved for what it cannot hold */
export const decodePng = async (bytes: Uint8Array): Promise<Image> => {
  let header: Header | undefined;
  let palette = new Uint8Array(0);
  const packed: Uint8Array[] = [];
  for (const chunk of chunksOf(bytes)) {
    if (header === undefined) header = parseHeader(chunk);
    else if (chunk.type === "PLTE") palette = chunk.data.slice();
    else if (chunk.type === "IDAT") packed.push(chunk.data);
  }
  if (header === undefined) return fail("the PNG file has no header");
  if (header.color.name === "palette" && palette.length === 0) return fail("the PNG file has no palette");
  const { width, height, depth, color } = header;
  const all = passesOf(header);
  const size = all.reduce((sum, pass) => sum + pass.height * (1 + pass.rowBytes), 0);
  const packedSize = packed.reduce((sum, { length }) => sum + length, 0);
  if (!canInflateTo(packedSize, size)) {
    return fail(
      `the PNG file has ${packedSize} bytes of pixels, which cannot unpack to an image of ${width} × ${height}`,
    );
  }
  const raw = new Uint8Array(size);
  let at = 0;
  for await (const piece of inflate(packed, size, "the pixels of the PNG file", "zlib")) {
    raw.set(piece, at);
    at += piece.length;
  }
  const data = new Uint8Array(width * height * 3);
  const step = Math.max((color.channels * depth) >> 3, 1);
  let start = 0;
  for (const pass of all) {
    let above: Uint8Array = new Uint8Array(pass.rowBytes);
    for (let y = 0; y < pass.height; y++) {
      const row = raw.subarray(start + 1, start + 1 + pass.rowBytes);
      const filter = raw[start] as number;
      if (filter >= filterCount) fail(`row ${y} of the PNG file has the filter ${filter}, and there are 0 to 4`);
      unfilter(filter, row, above, step);
      paint(data, header, pass, y, row, palette);
      above = row;
      start += 1 + pass.rowBytes;
    }
  }
  return imageOf(height, width, data);
};
