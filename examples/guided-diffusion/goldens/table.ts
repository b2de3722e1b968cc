/** Rows as lines of text, each printed when it is known. */

import type { DeviceName } from "./device.ts";
import type { Row } from "./row.ts";

const columns = ["case", "quantity", "device", "absolute", "relative", "tolerance", "verdict"] as const;
const widths = [26, 52, 6, 8, 8, 22, 7] as const;

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join("  ")
    .trimEnd();

export const header = line(columns);

const number = (value: number | undefined): string => (value === undefined ? "" : value.toExponential(1));

/** A line of the table; what needs words has them at the end. */
export const rowText = (row: Row, device: DeviceName): string =>
  line([
    row.case,
    row.quantity,
    device,
    number(row.absolute),
    number(row.relative),
    row.tolerance ?? "",
    row.verdict,
    row.note?.replaceAll("\n", " ") ?? "",
  ]);

export interface Counts {
  readonly pass: number;
  readonly FAIL: number;
  readonly skipped: number;
}

export const countsText = ({ pass, FAIL, skipped }: Counts): string =>
  `${pass} passed, ${FAIL} failed, ${skipped} skipped`;
