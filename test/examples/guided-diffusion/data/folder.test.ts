/** Folders of pictures as data sets. */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { key } from "../../../../dsl/random/index.ts";
import type { Examples } from "../../../../examples/guided-diffusion/data/dataset.ts";
import { type FolderOptions, folderDataset } from "../../../../examples/guided-diffusion/data/folder.ts";
import { writeTrainingImages } from "../../../support/training-images.ts";

const folder = mkdtempSync(join(tmpdir(), "adm-folder-"));
const images = join(folder, "images");
const plain: FolderOptions = { size: 6, channels: 3, randomCrop: false, randomFlip: false };
const read = async (options: Partial<FolderOptions>, numbers: readonly number[], seed = 1): Promise<Examples> =>
  (await folderDataset(images, { ...plain, ...options })).read(numbers, key(seed));

beforeAll(() => writeTrainingImages(images, 4, 6));
afterAll(() => rmSync(folder, { recursive: true }));

test("classes are by name, pixels between −1 and 1, channels first", async () => {
  const dataset = await folderDataset(images, plain);
  expect(dataset).toMatchObject({ count: 4, classes: 2, channels: 3, height: 6, width: 6 });
  const examples = await dataset.read([0, 2], key(1));
  expect([...examples.labels]).toEqual([0, 1]);
  // cat_0.png: byte `at` is at · 87 mod 128 + 128, its channels side by side.
  const byte = (channel: number, pixel: number): number => (((pixel * 3 + channel) * 87) % 128) + 128;
  expect(examples.images[36 + 5]).toBeCloseTo(byte(1, 5) / 127.5 - 1, 6);
  expect(examples.images).toHaveLength(2 * 3 * 36);
});

test("mirrored by the key alone: each row forwards or backwards, and some of each", async () => {
  const numbers = [0, 0, 0, 0, 0, 0, 0, 0];
  const { images: straight } = await read({}, [0]);
  const mirrored = straight.map((_, i) => straight[Math.floor(i / 6) * 6 + 5 - (i % 6)] as number);
  const { images: drawn } = await read({ randomFlip: true }, numbers);
  const kinds = numbers.map((_, i) => {
    const image = drawn.slice(i * straight.length, (i + 1) * straight.length);
    return [straight, mirrored].findIndex((kind) => kind.every((value, at) => value === image[at]));
  });
  expect(new Set(kinds)).toEqual(new Set([0, 1]));
  expect((await read({ randomFlip: true }, numbers)).images).toEqual(drawn);
  expect((await read({ randomFlip: true }, numbers, 2)).images).not.toEqual(drawn);
});

test("random squares differ, within the picture", async () => {
  const { images: squares } = await read({ size: 4, randomCrop: true }, [1, 1, 1, 1]);
  const each = [0, 1, 2, 3].map((i) => squares.slice(i * 48, (i + 1) * 48).join());
  expect(new Set(each).size).toBeGreaterThan(1);
});

test("of a gray network one channel", async () => {
  const { images: gray } = await read({ channels: 1 }, [3]);
  const { images: colors } = await read({}, [3]);
  expect(gray).toEqual(colors.slice(0, 36));
});

test("a broken file is an error that names it, or is told of once and skipped", async () => {
  writeFileSync(join(images, "cat_1.png"), "this is no picture");
  copyFileSync(join(images, "cat_0.png"), join(images, "cat_3.png"));
  await expect(read({}, [0, 1])).rejects.toThrow(/cat_1\.png.*neither a PNG nor a JPEG/);
  const told: string[] = [];
  const dataset = await folderDataset(images, { ...plain, onBroken: ({ message }) => void told.push(message) });
  const [examples, instead] = [await dataset.read([1, 1], key(1)), await dataset.read([2, 2], key(1))];
  expect(examples).toEqual(instead);
  expect(told).toEqual([expect.stringContaining("cat_1.png")]);
});

test("held-out pictures have the numbers of the classes that were trained on", async () => {
  const classNames = ["bird", "cat", "dog"];
  expect((await read({ classNames }, [0, 5])).labels).toEqual(Int32Array.of(1, 2));
  await expect(read({ classNames: ["cat"] }, [0])).rejects.toThrow("is of class dog, which is none of cat");
});

test("a folder without pictures is refused", async () => {
  await expect(folderDataset(join(folder), plain)).resolves.toMatchObject({ count: 6 });
  rmSync(images, { recursive: true });
  await expect(folderDataset(folder, plain)).rejects.toThrow("there is no .png or .jpg in it");
});
