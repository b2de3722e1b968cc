/** Rows of a sweep over guidance scales: as CSV, and as a table for people. */

import type { TradeOff } from "../evaluation/trade-off.ts";

/** What a row was computed from; rows that agree in all of it are one. */
export interface SweepKey {
  /** `ddim` or `ddpm`, and what is not as usual. */
  readonly sampler: string;
  readonly steps: number;
  readonly scale: number;
  readonly samples: number;
  readonly seed: number;
  /** Of schedule, networks and objective, by `processDigest`: flags may change these and leave all else as it is. */
  readonly process: string;
  /** SHA-256 of the files of network and classifier, its beginning. */
  readonly weights: string;
  /** What network the features are of, and the same of its file. */
  readonly features: string;
  /** The images that samples are compared with. */
  readonly reference: string;
}

export interface SweepRow extends SweepKey, TradeOff {}

const numbers = ["steps", "scale", "samples", "seed"] as const;
const measured = ["frechet", "precision", "recall", "score", "agreement", "entropy"] as const;
const texts = ["process", "weights", "features", "reference"] as const;
const columns = ["sampler", ...numbers, ...measured, ...texts] as const;
const keys = ["sampler", ...numbers, ...texts] as const;

/** Digits enough that nothing is lost that anyone could compare. */
const written = (value: number): string => `${Number(value.toPrecision(9))}`;

export const csvOf = (rows: readonly SweepRow[]): string =>
  [
    columns.join(","),
    ...rows.map((row) =>
      columns
        .map((column) => {
          const value = row[column];
          return typeof value === "number" ? written(value) : (value ?? "");
        })
        .join(","),
    ),
    "",
  ].join("\n");

/** @throws RangeError for a file with other columns */
export const rowsOfCsv = (text: string, name: string): SweepRow[] => {
  const [header, ...lines] = text.split("\n").filter((line) => line !== "");
  if (header !== columns.join(","))
    throw new RangeError(
      `${name}: its columns are ${header ?? "none"}, and those of a sweep ${columns.join(",")}; name another --out`,
    );
  return lines.map((line) => {
    const cells = line.split(",");
    const entries = columns.flatMap((column, i): [string, string | number][] => {
      const cell = cells[i] as string;
      if ((texts as readonly string[]).includes(column) || column === "sampler") return [[column, cell]];
      return cell === "" ? [] : [[column, Number(cell)]];
    });
    return Object.fromEntries(entries) as unknown as SweepRow;
  });
};

const isSame = (a: SweepKey, b: SweepKey): boolean => keys.every((key) => a[key] === b[key]);

export const rowOf = (rows: readonly SweepRow[], key: SweepKey): SweepRow | undefined =>
  rows.find((row) => isSame(row, key));

/** Rows with one more, which takes the place of the same one; by samplers, and by scales in each. */
export const withRow = (rows: readonly SweepRow[], row: SweepRow): SweepRow[] =>
  [...rows.filter((other) => !isSame(other, row)), row].sort(
    (a, b) =>
      a.sampler.localeCompare(b.sampler) ||
      a.steps - b.steps ||
      a.process.localeCompare(b.process) ||
      a.samples - b.samples ||
      a.scale - b.scale,
  );

/** `DDIM 25`, `DDIM 25 η 0.5`. */
const samplerText = ({ sampler, steps }: SweepKey): string => {
  const [name = "", ...unusual] = sampler.split(" ");
  return [name.toUpperCase(), steps, ...unusual].join(" ");
};

/** The sampler of each row, with the digest of its process where there are several by one name. */
export const samplersOf = (rows: readonly SweepKey[]): string[] =>
  rows.map((row) => {
    const text = samplerText(row);
    const isOne = rows.every((other) => other.process === row.process || samplerText(other) !== text);
    return isOne ? text : `${text} (${row.process})`;
  });

/** What the features are: numbers in others are not to be compared with. */
export const featuresText = (features: string): string =>
  features.startsWith("digits")
    ? "in features of a classifier of clean images, which are not Inception's"
    : "in Inception's features";

/** Lines of equal columns, the first a heading that says what the features are. */
export const tableOf = (rows: readonly SweepRow[]): string => {
  const [first] = rows;
  if (first === undefined) return "";
  const samplers = samplersOf(rows);
  const cells = rows.map((row, i) => [
    samplers[i] as string,
    `${row.scale}`,
    `${row.samples}`,
    row.frechet.toFixed(2),
    row.precision.toFixed(3),
    row.recall.toFixed(3),
    row.score.toFixed(2),
    row.agreement?.toFixed(3) ?? "–",
  ]);
  const header = ["sampler", "scale", "samples", "Fréchet", "precision", "recall", "score", "agreement"];
  const widths = header.map((name, i) => Math.max(name.length, ...cells.map((row) => (row[i] as string).length)));
  const lines = [header, ...cells].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join("  "),
  );
  return [`against ${first.reference}, ${featuresText(first.features)}:`, ...lines].join("\n");
};
