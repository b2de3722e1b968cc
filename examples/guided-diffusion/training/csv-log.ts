/** Rows of numbers by step in a CSV file, which a run that goes on continues. */

import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { ofFile } from "../files/file.ts";

/** A row: its first column is the step, and the columns are the same in each. */
export type LogRow = Readonly<Record<string, number | string>> & { readonly step: number };

export interface CsvLog {
  readonly add: (row: LogRow) => void;
}

const cell = (value: number | string): string =>
  typeof value === "string" ? value : Number.isNaN(value) ? "" : `${Number(value.toPrecision(7))}`;

const linesBefore = (path: string, step: number, header: string): string[] => {
  if (!existsSync(path)) return [];
  const [found, ...rows] = readFileSync(path, "utf8").split("\n");
  return found === header ? rows.filter((row) => row !== "" && Number(row.split(",")[0]) < step) : [];
};

/**
 * A log in a file. The first row that is added says where the run goes on: what the file has from that step on was measured
 * after the last save, and is measured again.
 */
export const openCsvLog = (path: string): CsvLog => {
  let isOpen = false;
  return {
    add: (row) =>
      ofFile(path, () => {
        const header = Object.keys(row).join(",");
        if (!isOpen) {
          writeFileSync(`${path}.part`, [header, ...linesBefore(path, row.step, header), ""].join("\n"));
          renameSync(`${path}.part`, path);
          isOpen = true;
        }
        appendFileSync(path, `${Object.values(row).map(cell).join(",")}\n`);
      }),
  };
};

/** The rows of a log; a cell that is empty was no number. */
export const readCsvLog = (path: string): readonly Readonly<Record<string, number | string>>[] => {
  if (!existsSync(path)) return [];
  const [header = "", ...rows] = readFileSync(path, "utf8").trimEnd().split("\n");
  const columns = header.split(",");
  return rows.map((row) => {
    const cells = row.split(",");
    return Object.fromEntries(
      columns.map((column, i) => {
        const text = cells[i] ?? "";
        const value = text === "" ? Number.NaN : Number(text);
        return [column, Number.isNaN(value) && text !== "" ? text : value];
      }),
    );
  });
};
