import { bytesSource, ShapeError } from "typegrad";
import { describe, expect, test } from "vitest";
import { readNpz } from "../../../../examples/guided-diffusion/files/npz.ts";
import { decodeImage } from "../../../../examples/guided-diffusion/images/decode.ts";
import { encodePng } from "../../../../examples/guided-diffusion/images/encode.ts";
import { type Batch, grid } from "../../../../examples/guided-diffusion/images/grid.ts";
import { crop, type Image, imageOf } from "../../../../examples/guided-diffusion/images/image.ts";
import { golden } from "../files/sources.ts";
import { firstDifference, goldenImage, made } from "./images.ts";

describe("PNG files that are written", () => {
  test("are read as the same image", async () => {
    const images = [
      (await goldenImage("wide.png.rgb")) as Image,
      (await goldenImage("gray.png.rgb")) as Image,
      made(1, 1, () => 7),
      made(3, 200, (y, x, channel) => y * x * channel),
    ];
    for (const image of images) {
      expect(firstDifference(await decodeImage(bytesSource(await encodePng(image))), image)).toBe(-1);
    }
  });

  test("have the image in them and nothing else, so that they are the same bytes each time", async () => {
    const image = made(20, 30, (y, x, channel) => y * x * channel);
    const bytes = Buffer.from(await encodePng(image));
    const types: string[] = [];
    for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
      types.push(bytes.toString("latin1", at + 4, at + 8));
    expect(types).toEqual(["IHDR", "IDAT", "IEND"]);
    expect(Buffer.compare(await encodePng(image), bytes)).toBe(0);
  });

  test("are small where rows are predictable", async () => {
    expect((await encodePng(made(256, 256, (y, x) => (x + y) >> 1))).length).toBeLessThan(3000);
  });
});

describe("a grid", () => {
  const batchOf = (images: readonly Image[]): Batch => {
    const [height, width] = (images[0] as Image).shape;
    return {
      dtype: "u8",
      shape: [images.length, height, width, 3],
      data: Uint8Array.from(images.flatMap(({ data }) => [...data])),
    };
  };
  const images = Array.from({ length: 5 }, (_, i) => made(2, 4, (y, x, channel) => 40 * i + 10 * y + x + channel));

  test("has each image in its place, and black between and after them", () => {
    const sheet = grid(batchOf(images), { gap: 1 });
    expect(sheet.shape).toEqual([5, 14, 3]);
    for (const [i, image] of images.entries()) {
      const piece = crop(sheet, 3 * Math.floor(i / 3), 5 * (i % 3), 2, 4);
      expect(firstDifference(piece, image)).toBe(-1);
    }
    expect(
      firstDifference(
        crop(sheet, 2, 0, 1, 14),
        made(1, 14, () => 0),
      ),
    ).toBe(-1);
    expect(
      firstDifference(
        crop(sheet, 3, 10, 2, 4),
        made(2, 4, () => 0),
      ),
    ).toBe(-1);
  });

  test("takes the samples of a file as they are", async () => {
    const samples = (await (await readNpz(golden("samples_5x8x8x3.npz"))).read("arr_0")) as Batch;
    const sheet = grid(samples, { columns: 5, gap: 0 });
    expect(sheet.shape).toEqual([8, 40, 3]);
    const second = imageOf(8, 8, Uint8Array.from(samples.data.slice(192, 384)));
    expect(firstDifference(crop(sheet, 0, 8, 8, 8), second)).toBe(-1);
  });

  test("refuses what are no images", () => {
    const gray = { dtype: "u8", shape: [1, 2, 2, 1], data: new Uint8Array(4) } as unknown as Batch;
    expect(() => grid(gray)).toThrow(ShapeError);
    expect(() => grid(batchOf(images), { columns: 0 })).toThrow("grid: 0 is no number of columns");
  });
});
