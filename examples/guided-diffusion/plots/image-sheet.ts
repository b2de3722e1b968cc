/** Images in rows and columns under headings. */

import { encodePng } from "../images/encode.ts";
import { type Batch, grid } from "../images/grid.ts";
import { at, element, label, picture, type Svg } from "./svg.ts";

/** Rows that belong together. */
export interface Block {
  readonly title: string;
  /** Row by row. */
  readonly images: Batch;
  /** What stands over each column. */
  readonly over?: readonly string[];
  /** What stands before each row. */
  readonly before?: readonly string[];
}

export interface Sheet {
  readonly title: string;
  /** Images in a row. */
  readonly columns: number;
  readonly blocks: readonly Block[];
  /** Units for each pixel of the images; 1.5 by default. */
  readonly zoom?: number;
}

const margin = 16;
const gap = 2;
const lineHeight = 16;
const gray = "#777";

/** A sheet as a picture; pixels of images stay squares. */
export const imageSheet = async ({ title, columns, blocks, zoom = 1.5 }: Sheet): Promise<Svg> => {
  const longest = Math.max(0, ...blocks.flatMap(({ before = [] }) => before.map(({ length }) => length)));
  const left = margin + (longest > 0 ? 16 + 7 * longest : 0);
  const parts: Svg[] = [label(margin, margin + 12, title, { size: 14, bold: true, color: "#000" })];
  let [y, right] = [margin + 12, 0];
  for (const { title, images, over, before = [] } of blocks) {
    y += 1.5 * lineHeight;
    parts.push(label(left, y, title));
    const [down, along] = [zoom * (images.shape[1] + gap), zoom * (images.shape[2] + gap)];
    if (over !== undefined) {
      y += lineHeight;
      parts.push(...over.map((name, i) => label(left + (i + 0.5) * along, y, name, { anchor: "middle", color: gray })));
    }
    y += 6;
    const sheet = grid(images, { columns, gap });
    const [height, width] = [zoom * sheet.shape[0], zoom * sheet.shape[1]];
    const href = `data:image/png;base64,${Buffer.from(await encodePng(sheet)).toString("base64")}`;
    parts.push(
      ...before.map((name, i) => label(left - 6, y + (i + 0.5) * down + 4, name, { anchor: "end", color: gray })),
      at(left, y, element("image", { width, height, href, "image-rendering": "optimizeSpeed" })),
    );
    y += height;
    right = Math.max(right, left + width);
  }
  return picture(right + margin, y + margin, ...parts);
};
