/** SVG as PNG, by resvg in WebAssembly: the same pixels everywhere, with no font of the machine's. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { font, type Svg } from "./svg.ts";

const fileOf = (name: string): Promise<Uint8Array> => readFile(createRequire(import.meta.url).resolve(name));

/** The module can be initialised once. */
let fonts: Promise<Uint8Array[]> | undefined;

const open = async (): Promise<Uint8Array[]> => {
  await initWasm(fileOf("@resvg/resvg-wasm/index_bg.wasm"));
  return Promise.all([400, 700].map((weight) => fileOf(`@fontsource/b612/files/b612-latin-${weight}-normal.woff2`)));
};

/** The bytes of a PNG file, `zoom` pixels for each unit of the picture. */
export const rasterise = async (svg: Svg, zoom = 2): Promise<Uint8Array> => {
  fonts ??= open();
  const fontBuffers = await fonts;
  const resvg = new Resvg(svg, {
    font: { fontBuffers, defaultFontFamily: font, sansSerifFamily: font },
    fitTo: { mode: "zoom", value: zoom },
  });
  try {
    return resvg.render().asPng();
  } finally {
    resvg.free();
  }
};
