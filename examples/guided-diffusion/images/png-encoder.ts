/** Images as PNG files. */

import { zlibSync } from "fflate";
import { crc32 } from "../files/crc32.ts";
import { join } from "../files/part.ts";
import type { Image } from "./image.ts";
import { pngSignature } from "./png-decoder.ts";
import { filterCount, filtered } from "./png-filters.ts";

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
};

/** How far bytes are from zero, above or below: rows of small numbers are packed well. */
const cost = (row: Uint8Array): number => row.reduce((sum, value) => sum + Math.min(value, 256 - value), 0);

/** A row by the filter that leaves the least of it, after the number of that filter. */
const bestRow = (row: Uint8Array, above: Uint8Array): Uint8Array => {
  const rows = Array.from({ length: filterCount }, (_, filter) => filtered(filter, row, above, 3));
  const costs = rows.map(cost);
  const best = costs.indexOf(Math.min(...costs));
  return join(Uint8Array.of(best), rows[best] as Uint8Array);
};

/** The bytes of a PNG file: eight bits of red, green and blue. */
export const encodePng = ({ shape: [height, width], data }: Image): Uint8Array => {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8);
  const rowBytes = 3 * width;
  const raw = new Uint8Array(height * (1 + rowBytes));
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const row = Uint8Array.from(data.subarray(y * rowBytes, (y + 1) * rowBytes));
    raw.set(bestRow(row, above), y * (1 + rowBytes));
    above = row;
  }
  return join(
    Uint8Array.from(pngSignature),
    chunk("IHDR", header),
    chunk("IDAT", zlibSync(raw)),
    chunk("IEND", new Uint8Array(0)),
  );
};
