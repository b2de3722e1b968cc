/** Pictures as PNG: what is drawn is there, text too. */

import { expect, test } from "vitest";
import { bytesSource } from "../../../../dsl/bytes.ts";
import { decodeImage } from "../../../../examples/guided-diffusion/images/decode.ts";
import { linearAxis } from "../../../../examples/guided-diffusion/plots/axis.ts";
import { imageSheet } from "../../../../examples/guided-diffusion/plots/image-sheet.ts";
import { lineChart } from "../../../../examples/guided-diffusion/plots/line-chart.ts";
import { rasterise } from "../../../../examples/guided-diffusion/plots/rasterise.ts";
import { element, label, picture, type Svg } from "../../../../examples/guided-diffusion/plots/svg.ts";

const pixelsOf = async (svg: Svg, zoom?: number) => {
  const { shape, data } = await decodeImage(bytesSource(await rasterise(svg, zoom), "picture"));
  const [height, width] = shape;
  return {
    height,
    width,
    at: (x: number, y: number) => [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)],
  };
};

test("has the colours of what is drawn, enlarged", async () => {
  const svg = picture(10, 6, element("rect", { x: 5, y: 0, width: 5, height: 6, fill: "#0072b2" }));
  const { height, width, at } = await pixelsOf(svg, 3);
  expect([height, width]).toEqual([18, 30]);
  expect([at(3, 9), at(25, 9)]).toEqual([
    [255, 255, 255],
    [0, 0x72, 0xb2],
  ]);
});

test("has letters, those with accents and those that SVG takes for itself too", async () => {
  const inkOf = async (text: string): Promise<number> => {
    const { height, width, at } = await pixelsOf(picture(60, 20, label(4, 15, text, { color: "#000" })));
    let ink = 0;
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) ink += (at(x, y)[0] as number) < 128 ? 1 : 0;
    return ink;
  };
  expect(await inkOf("")).toBe(0);
  expect(await inkOf("<&>")).toBeGreaterThan(30);
  expect(await inkOf("é")).toBeGreaterThan(await inkOf("e"));
});

test("a sheet shows the pixels of its images as squares", async () => {
  const images = {
    dtype: "u8",
    shape: [2, 1, 2, 3],
    data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9),
  } as const;
  const svg = await imageSheet({ title: "", columns: 2, blocks: [{ title: "", images }], zoom: 10 });
  const { height, at } = await pixelsOf(svg, 1);
  const row = height - 16 - 5;
  expect([16 + 5, 16 + 15, 16 + 45, 16 + 55].map((x) => at(x, row))).toEqual([
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [9, 9, 9],
  ]);
});

test("a chart has its lines where the axes say, and its labels", async () => {
  const chart = lineChart({
    ...{ title: "loss", width: 200, height: 150 },
    x: linearAxis("step", [0, 10]),
    y: linearAxis("mse", [0, 1]),
    series: [
      {
        name: "train",
        color: "#ff0000",
        points: [
          { x: 0, y: 0.5 },
          { x: 10, y: 0.5 },
        ],
      },
    ],
  });
  for (const text of ["loss", "step", "mse"]) expect(chart).toContain(`>${text}<`);
  const { at } = await pixelsOf(picture(200, 150, chart), 4);
  // Halfway up between the room above and the room below the axes.
  const [red, green] = at(4 * 120, 4 * (48 + (150 - 48 - 42) / 2)) as [number, number];
  expect(red - green).toBeGreaterThan(60);
});
