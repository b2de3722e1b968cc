/** The table that the benchmark prints, in Markdown. */

import type { Outcome } from "./compare.ts";
import type { Row } from "./rows.ts";

export interface Line {
  readonly row: Row;
  readonly ours: Outcome;
  readonly peers: readonly (readonly [name: string, Outcome])[];
  readonly difference: number | undefined;
}

const milliseconds = (time: number): string =>
  time < 10 ? time.toFixed(2) : time < 100 ? time.toFixed(1) : time.toFixed(0);
const timeOf = (outcome: Outcome): string => (outcome.kind === "timed" ? milliseconds(outcome.median) : "–");
const cells = (values: readonly string[]): string => `| ${values.join(" | ")} |`;

/** Medians in milliseconds; a ratio above 1 says how many times faster we are. `peak` is in GFLOP/s, of all threads. */
export const table = (lines: readonly Line[], peak: number): string => {
  const names = lines[0]?.peers.map(([name]) => name) ?? [];
  const head = [
    "row",
    "ours, ms",
    ...names.flatMap((name) => [`${name}, ms`, "ratio"]),
    "GFLOP/s",
    "direct at peak, ms",
    "by hand, ms",
    "difference",
  ];
  const body = lines.map(({ row, ours, peers, difference }) => [
    row.title,
    timeOf(ours),
    ...peers.flatMap(([, peer]) => [
      timeOf(peer),
      ours.kind === "timed" && peer.kind === "timed" ? (peer.median / ours.median).toFixed(2) : "–",
    ]),
    ours.kind === "timed" ? ((1000 * row.gflop) / ours.median).toFixed(1) : "–",
    milliseconds((1000 * row.gflop) / peak),
    row.handwritten ? milliseconds((1000 * row.gflop) / row.handwritten) : "–",
    difference === undefined ? "–" : difference.toExponential(0),
  ]);
  return [cells(head), cells(head.map((_, i) => (i === 0 ? "---" : "--:"))), ...body.map(cells)].join("\n");
};
