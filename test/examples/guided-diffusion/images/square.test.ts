import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crop, flip, type Image } from "../../../../examples/guided-diffusion/images/image.ts";
import { bicubic, box, resize } from "../../../../examples/guided-diffusion/images/resize.ts";
import {
  boxCrop,
  centerCrop,
  halve,
  randomCrop,
  scaleShorterSide,
} from "../../../../examples/guided-diffusion/images/square.ts";
import { goldenBytes } from "../files/sources.ts";
import { firstDifference, goldenImage, made } from "./images.ts";

interface Row {
  readonly file: string;
  readonly size: number;
  readonly box_sizes: readonly (readonly [width: number, height: number])[];
}

const { rows } = JSON.parse(new TextDecoder().decode(goldenBytes("images.json"))) as { readonly rows: readonly Row[] };

describe("resizing is Pillow's, to the last bit", () => {
  test.each(rows.map((row) => [row.file, row.size, row] as const))("%s to %i", async (file, size, { box_sizes }) => {
    const image = (await goldenImage(`${file}.rgb`)) as Image;
    const stage = (name: string): Promise<Image | undefined> => goldenImage(`${file}.${size}.${name}`);
    const halved = await stage("after_box");
    expect(halved === undefined).toBe(box_sizes.length === 0);
    if (halved !== undefined) expect(firstDifference(halve(image, size), halved)).toBe(-1);
    expect(firstDifference(scaleShorterSide(image, size), (await stage("after_bicubic")) as Image)).toBe(-1);
    expect(firstDifference(centerCrop(image, size), (await stage("crop")) as Image)).toBe(-1);
  });

  test("one color stays that color, whatever the sizes", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
        fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
        fc.nat(255),
        fc.constantFrom(box, bicubic),
        ([height, width], [toHeight, toWidth], value, filter) => {
          const out = resize(
            made(height, width, () => value),
            toHeight,
            toWidth,
            filter,
          );
          expect(out.shape).toEqual([toHeight, toWidth, 3]);
          expect(out.data.every((byte) => byte === value)).toBe(true);
        },
      ),
      { seed: 61, numRuns: 200 },
    );
  });

  test("halves are means of two in each row, rounded, and then of two rows", () => {
    // The mean of 0, 1, 2 and 2 in one step is 1. As Pillow prints it.
    const image = made(2, 4, (y, x, channel) => ([0, 1, 10, 20, 2, 2, 30, 41][4 * y + x] as number) + channel);
    expect([...resize(image, 1, 2, box).data]).toEqual([2, 3, 4, 26, 27, 28]);
  });

  test("the same size gives a copy", () => {
    const image = made(3, 4, (y, x) => 10 * y + x);
    const same = resize(image, 3, 4, bicubic);
    expect(firstDifference(same, image)).toBe(-1);
    expect(same.data).not.toBe(image.data);
  });
});

describe("random squares", () => {
  const image = made(50, 80, (y, x, channel) => (channel === 0 ? y : channel === 1 ? x : 0) * 3);

  test("of a size without a scale are pieces of the image", () => {
    // 50 is the shorter side already: the smallest scale leaves it as it is, and there is no room above and below.
    const square = randomCrop(image, 50, { scale: 0, top: 0.99, left: 0 });
    expect(firstDifference(square, crop(image, 0, 0, 50, 50))).toBe(-1);
    const last = randomCrop(image, 50, { scale: 0, top: 0, left: 0.999 });
    expect(firstDifference(last, crop(image, 0, 30, 50, 50))).toBe(-1);
  });

  test("show from 4/5 to all of the shorter side, every size alike", () => {
    const sizes = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      // The last column says how large a part of the image is shown.
      const { data } = randomCrop(image, 16, { scale: i / 1000, top: 0, left: 0 });
      const shown = ((data[3 * 15 + 1] as number) / 3 + 0.5) / 15.5;
      sizes.add(Math.round(50 / shown));
    }
    expect([...sizes].sort((a, b) => a - b)).toEqual([16, 17, 18, 19, 20]);
  });

  test("are of the size that is asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.tuple(
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ),
        (size, [scale, place]) => {
          expect(randomCrop(image, size, { scale, top: place, left: place }).shape).toEqual([size, size, 3]);
          expect(centerCrop(image, size).shape).toEqual([size, size, 3]);
          expect(boxCrop(image, size).shape).toEqual([size, size, 3]);
        },
      ),
      { seed: 62, numRuns: 60 },
    );
    expect(() => centerCrop(image, 0)).toThrow("centerCrop: 0 is no size of an image");
  });
});

test("flipping twice gives the image", () => {
  const image = made(3, 5, (y, x, channel) => 50 * channel + 10 * y + x);
  expect([...flip(image).data.slice(0, 6)]).toEqual([4, 54, 104, 3, 53, 103]);
  expect(firstDifference(flip(flip(image)), image)).toBe(-1);
});
