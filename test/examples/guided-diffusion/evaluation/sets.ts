/** The sets of features of `goldens/metrics`, and small ones made by a rule. */

import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import { spread } from "../../../../examples/guided-diffusion/networks/fill.ts";
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

/** Rows of uniform numbers in (−1/2, 1/2), each of which `change` changes. */
export const spreadRows = (seed: number, count: number, width: number, change = (u: number): number => u): Features => {
  const data = spread(seed, count * width).map(change);
  return { dtype: "f64", shape: [count, width], data };
};

export const relative = (found: number, expected: number): number => Math.abs(found - expected) / Math.abs(expected);
