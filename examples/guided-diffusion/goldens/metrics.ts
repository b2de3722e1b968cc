/** Fréchet distance and its parts, precision and recall, and the Inception Score, of features that are stored. */

import type { Features } from "../evaluation/features.ts";
import { frechetDistance, traceOfRoot } from "../evaluation/fid.ts";
import { inceptionScore, logitsOf } from "../evaluation/inception-score.ts";
import { precisionRecall, squaredRadii } from "../evaluation/precision-recall.ts";
import { statisticsOf } from "../evaluation/statistics.ts";
import { relativelyWithin, within } from "./compare.ts";
import type { Folder } from "./folder.ts";
import type { Finding, GoldenCase } from "./row.ts";

interface Distances {
  readonly name: string;
  readonly ref: readonly number[];
  readonly sample: readonly number[];
  readonly fid: number;
  readonly trace_sqrt: number;
  readonly precision_k3: number;
  readonly recall_k3: number;
  readonly mean_ref_first4: readonly number[];
  readonly cov_ref_first4: readonly number[];
  readonly squared_radii_ref_first5: readonly number[];
  readonly squared_radii_sample_first5: readonly number[];
}

interface Score {
  readonly name: string;
  /** Names of tensors; words after the weight's say that it is [features, classes]. */
  readonly features: string;
  readonly weight: string;
  readonly chunks: Readonly<Record<string, number>>;
}

export async function* metricCases(folder: Folder): AsyncGenerator<GoldenCase> {
  if (!folder.has("metrics.json")) return;
  const { rows } = await folder.json<{ readonly rows: readonly (Distances | Score)[] }>("metrics.json");
  for (const row of rows)
    yield {
      name: `metrics/${row.name}`,
      run: () => ("fid" in row ? distanceFindings(folder, row) : scoreFindings(folder, row)),
    };
}

async function* distanceFindings(folder: Folder, row: Distances): AsyncGenerator<Finding> {
  const stored = await folder.tensors("metrics.safetensors");
  // Two sets that are one have no tensors of their own: they are the samples of "full".
  const isIdentical = !stored.has(`${row.name}.ref`);
  const at = (set: string): Features => stored.host(isIdentical ? "full.sample" : `${row.name}.${set}`) as Features;
  const [reference, samples] = [at("ref"), at("sample")];
  const [first, second] = [statisticsOf(reference), statisticsOf(samples)];
  const width = first.width;
  // With no more images than features, or features that depend on each other, covariances are singular, and the roots of
  // scipy agree to 1e-7 alone.
  const isSingular = row.name === "low-rank" || Math.min(row.ref[0] as number, row.sample[0] as number) <= width;
  const share = isSingular ? 1e-5 : 1e-9;
  const distance = [frechetDistance(first, second)];
  yield isIdentical ? within("fid", distance, [0], 1e-9) : relativelyWithin("fid", distance, [row.fid], share);
  const trace = [traceOfRoot(first.covariance, second.covariance, width)];
  yield relativelyWithin("trace of the root", trace, [row.trace_sqrt], isSingular ? 1e-7 : 1e-9);
  yield relativelyWithin("mean", first.mean.subarray(0, 4), row.mean_ref_first4, 1e-9);
  yield relativelyWithin("covariance", first.covariance.subarray(0, 4), row.cov_ref_first4, 1e-9);
  const { precision, recall } = await precisionRecall(reference, samples, { k: 3 });
  yield within("precision", [precision], [row.precision_k3], 1e-12);
  yield within("recall", [recall], [row.recall_k3], 1e-12);
  const radii = async (set: Features) => (await squaredRadii(set)).subarray(0, 5);
  yield relativelyWithin("radii of the reference", await radii(reference), row.squared_radii_ref_first5, 1e-9);
  yield relativelyWithin("radii of the samples", await radii(samples), row.squared_radii_sample_first5, 1e-9);
}

async function* scoreFindings(folder: Folder, row: Score): AsyncGenerator<Finding> {
  const stored = await folder.tensors("metrics.safetensors");
  const weight = stored.host(row.weight.split(" ")[0] as string) as Features;
  const [width, classes] = weight.shape;
  const data = Float32Array.from(
    weight.data,
    (_, i) => weight.data[(i % width) * classes + Math.floor(i / width)] as number,
  );
  const logits = logitsOf(stored.host(row.features) as Features, { dtype: "f32", shape: [classes, width], data });
  for (const [chunk, expected] of Object.entries(row.chunks))
    yield relativelyWithin(`in chunks of ${chunk}`, [inceptionScore(logits, Number(chunk))], [expected], 1e-9);
}
