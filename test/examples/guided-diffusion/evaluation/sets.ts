/** The sets of features of `goldens/metrics`, and small ones made of hashes. */

import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import { readJson, readTensors } from "../../../support/goldens.ts";

/** What the golden file says of two sets. */
export interface Row {
  readonly name: string;
  readonly fid: number;
  readonly trace_sqrt: number;
  readonly precision_k3: number;
  readonly recall_k3: number;
  readonly mean_ref_first4: readonly number[];
  readonly cov_ref_first4: readonly number[];
  readonly squared_radii_ref_first5: readonly number[];
  readonly squared_radii_sample_first5: readonly number[];
  /** Of the inception score: the score by size of chunks. */
  readonly chunks?: Readonly<Record<string, number>>;
}

export const rows: readonly Row[] = readJson<{ readonly rows: readonly Row[] }>("metrics.json").rows;
export const distanceRows: readonly Row[] = rows.filter(({ fid }) => fid !== undefined);

const tensors = await readTensors("metrics.safetensors");
export const featuresAt = (name: string): Features => tensors.get(name) as Features;

/** Reference and samples of a row; `identical` is the samples of `full` twice. */
export const setsOf = ({ name }: Row): readonly [reference: Features, samples: Features] =>
  name === "identical"
    ? [featuresAt("full.sample"), featuresAt("full.sample")]
    : [featuresAt(`${name}.ref`), featuresAt(`${name}.sample`)];

/** Rows written as arrays. */
export const features = (rows: readonly (readonly number[])[]): Features => ({
  dtype: "f64",
  shape: [rows.length, rows[0]?.length ?? 0],
  data: Float64Array.from(rows.flat()),
});

/** Uniform numbers in (−1/2, 1/2) as the goldens' rule of filling has them. */
export const hashes = (seed: number, count: number): number[] => {
  const hash = (n: number): number => {
    let value = n >>> 0;
    for (let round = 0; round < 2; round++) value = Math.imul(value ^ (value >>> 16), 0x045d9f3b) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  return Array.from({ length: count }, (_, i) => hash(i + Math.imul(seed, 0x9e3779b1)) / 2 ** 32 - 0.5);
};

export const relative = (found: number, expected: number): number => Math.abs(found - expected) / Math.abs(expected);
