/** Images that are moved when they are read. */

import { expect, test } from "vitest";
import { key } from "../../../../dsl/random/index.ts";
import { datasetInMemory } from "../../../../examples/guided-diffusion/data/dataset.ts";
import { shifted } from "../../../../examples/guided-diffusion/data/shifted.ts";

const [height, width, count] = [4, 6, 40];
const size = 2 * height * width;
const dataset = datasetInMemory(
  { name: "ramps", channels: 2, height, width, classes: 2 },
  Uint8Array.from({ length: count * size }, (_, i) => 1 + (i % 250)),
  Uint8Array.from({ length: count }, (_, i) => i % 2),
);
const numbers = Int32Array.from({ length: count }, (_, i) => i);

/** Where an image comes from, if it is another one moved: all pixels at once. */
const isMoved = (moved: Float32Array, from: Float32Array, down: number, right: number): boolean =>
  moved.every((value, i) => {
    const [plane, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const [row, column] = [y - down, x - right];
    const inside = row >= 0 && row < height && column >= 0 && column < width;
    return value === (inside ? from[(plane * height + row) * width + column] : -1);
  });

test("each image is moved by up to so many pixels, all its channels alike, and black comes in", async () => {
  const most = 2;
  const set = shifted(dataset, most);
  const plain = await dataset.read(numbers, key(1));
  const { images, labels } = await set.read(numbers, key(1));
  expect(labels).toEqual(plain.labels);
  const found = new Set<string>();
  for (let i = 0; i < count; i++) {
    const [own, from] = [images, plain.images].map((all) => all.subarray(i * size, (i + 1) * size)) as [
      Float32Array,
      Float32Array,
    ];
    const moves: string[] = [];
    for (let down = -most; down <= most; down++)
      for (let right = -most; right <= most; right++)
        if (isMoved(own, from, down, right)) moves.push(`${down} ${right}`);
    expect(moves.length).toBe(1);
    found.add(moves[0] as string);
  }
  expect(found.size).toBeGreaterThan(10);
  expect(await set.read(numbers, key(1))).toEqual({ images, labels });
  expect((await set.read(numbers, key(2))).images).not.toEqual(images);
  expect((await shifted(dataset, 0).read(numbers, key(1))).images).toEqual(plain.images);
});
