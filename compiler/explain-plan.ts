/**
 * A compiled function beside its source, for readers who know TypeScript: how much it computes, which lines that comes from, and
 * for each line its equations and the kernels that compute them.
 */

import type { KernelTiming } from "../runtime/index.ts";
import { showBytes, showCount, showFlops, showMilliseconds } from "./amounts.ts";
import type { Compilation } from "./compile-plan.ts";
import { bytesOf, type Entry, entriesOf, flopsOf, percent, rate, timeOf } from "./explain-entries.ts";
import { cutShort, describeKernel, indent, notesOf, numbersText } from "./explain-kernel.ts";
import { legend } from "./explain-legend.ts";
import { equationsByLine, type LineOf } from "./explain-program.ts";
import { type ExplainedValues, explainedValues } from "./explain-values.ts";
import type { Program } from "./ir/program.ts";
import type { Buffer, Kernel } from "./kernel/kernel.ts";
import { printKernel } from "./kernel/print.ts";
import { planSummary } from "./plan-summary.ts";

export interface ExplainOptions {
  readonly lineOf: LineOf;
  /** The text of a kernel as the device takes it; loops are printed, if it is not given. */
  readonly textOf?: (kernel: Kernel, number: number) => string;
  /** Of each dispatch of the call, in the order of the text; and of a whole call, where nothing is measured in it. */
  readonly times?: { readonly kernels: readonly KernelTiming[]; readonly call: number; readonly device: string };
  /** All of each kernel; a long one is cut short, if it is not given. */
  readonly whole?: boolean;
  /** No lines one by one. */
  readonly summary?: boolean;
}

/** Columns with two spaces between them; the last is not padded. */
const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, i) =>
        i === row.length - 1 ? cell : i < 1 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
      )
      .join("  ")
      .trimEnd(),
  );
};

const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

const sourceOf = (line: string, lineOf: LineOf): string => {
  const [, file, number] = /^(.*):(\d+)$/.exec(line) ?? [];
  return file === undefined ? "" : lineOf(file, Number(number)).trim();
};

/** Entries by the line that they come from, in the order of the first of each. */
const byLine = (entries: readonly Entry[]): Map<string, Entry[]> => {
  const lines = new Map<string, Entry[]>();
  for (const entry of entries) lines.set(entry.line, [...(lines.get(entry.line) ?? []), entry]);
  return lines;
};

const costTable = (entries: readonly Entry[], { lineOf }: ExplainOptions): string[] => {
  const whole = timeOf(entries);
  const flops = flopsOf(entries);
  const timed = whole !== undefined;
  const header = [
    "line",
    "kernels",
    "work",
    "of all",
    "read, written",
    ...(timed ? ["time", "of all", "speed"] : []),
    "",
  ];
  const rows = [...byLine(entries)].map(([line, own]) => {
    const time = timeOf(own);
    return [
      line || "(no line)",
      `${own.length}`,
      showFlops(flopsOf(own)),
      percent(flopsOf(own), flops),
      showBytes(bytesOf(own)),
      ...(time === undefined || whole === undefined
        ? []
        : [showMilliseconds(time), percent(time, whole), rate(flopsOf(own), time)]),
      shorten(sourceOf(line, lineOf), 60),
    ];
  });
  return table([header, ...rows]);
};

/** A sentence on kernels that bring weights in another order or form. */
const weightsText = (
  { plan, kernels }: Compilation,
  call: readonly Entry[],
  load: readonly Entry[],
  { prepares }: ExplainedValues,
): string[] => {
  const bound = plan.parameters.filter((parameter) => parameter.bound).map(({ name }) => name);
  const row = (text: string): string[] => [`weights     ${text}`, ""];
  // A tensor that is a parameter by itself is likelier an input than weights.
  const records = plan.parameters.filter(({ tree, bound }) => tree !== null && tree !== "static" && !bound);
  const parameterOf = (buffer: Buffer): string | undefined =>
    records.find(({ name }) => buffer.name.startsWith(`${name}.`))?.name;
  const preparing = call.filter((entry) =>
    prepares(kernels[entry.kernelNumber] as Kernel).some((buffer) => parameterOf(buffer) !== undefined),
  );
  const names = new Set(preparing.flatMap(({ kernel }) => prepares(kernel).flatMap((from) => parameterOf(from) ?? [])));
  return [
    ...(load.length === 0
      ? []
      : row(
          `${showCount(load.length, "kernel")} prepare weights once, when ${bound.join(", ")} is bound, and not at each call`,
        )),
    ...(preparing.length === 0
      ? []
      : row(
          `${numbersText(preparing.map(({ number }) => number))} only prepare weights, and run at each call: with --bind ${[...names].join(",")} they run once`,
        )),
  ];
};

/** The whole text. */
export const explainPlan = (program: Program, compilation: Compilation, options: ExplainOptions): string => {
  const { plan, decisions } = compilation;
  const { lineOf, textOf, times } = options;
  const call = entriesOf(compilation, plan.call, times?.kernels);
  const load = entriesOf(compilation, plan.load, undefined);
  const values = explainedValues(program, compilation);
  const weights = weightsText(compilation, call, load, values);
  const out: string[] = [plan.name, "", planSummary(plan), ...(weights.length > 0 ? weights : [""])];
  if (times !== undefined) {
    const speed = rate(flopsOf(call), times.call);
    out.push(`measured    ${showMilliseconds(times.call)} a call, ${speed}, on ${times.device}`, "");
  }
  out.push("Where a call's work is", "", ...indent(costTable(call, options), "  "), "");
  if (options.summary) return out.join("\n");
  const textOfKernel = ({ kernel, kernelNumber }: Entry): string =>
    textOf === undefined ? printKernel(kernel, values.bufferName) : textOf(kernel, kernelNumber);
  out.push(...legend(compilation.kernels, textOf === undefined ? call.map(textOfKernel).join("") : ""), "");

  const whole = timeOf(call);
  const printed = new Map<string, number>();
  const bodyOf = (entry: Entry): readonly string[] => {
    const { key, number } = entry;
    const same = printed.get(key);
    if (same !== undefined) return [`the same text as kernel ${same}`];
    printed.set(key, number);
    const lines = textOfKernel(entry)
      .split("\n")
      .filter((line) => !/^\s*((\/\/|;;).*)?$/.test(line));
    return options.whole ? lines : cutShort(lines);
  };
  const show = (entry: Entry): void => {
    out.push(...indent(describeKernel(entry, values, call, whole), "  "), "", ...indent(bodyOf(entry)), "");
  };

  const whereComputed = (line: string): string => {
    const isOf = ({ kernelNumber }: Entry): boolean => values.linesOf(kernelNumber).has(line);
    const numbers = call.filter(isOf).map(({ number }) => number);
    if (numbers.length > 0) return `computed in ${numbersText(numbers)}`;
    return load.some(isOf) ? "computed once, when weights are bound" : "computed where it is used";
  };
  const equations = equationsByLine(program);
  const calls = byLine(call);
  for (const line of new Set([...equations.keys(), ...calls.keys()])) {
    out.push(`${line || "no line of the source"} │ ${sourceOf(line, lineOf)}`, "");
    const texts = equations.get(line);
    if (texts) out.push(...indent(texts, "  "), "");
    const own = calls.get(line) ?? [];
    if (own.length === 0) out.push(`  ${whereComputed(line)}`, "");
    own.forEach(show);
  }
  if (load.length > 0) {
    const names = plan.parameters.filter(({ bound }) => bound).map(({ name }) => name);
    const rows = load.map((entry) => [
      entry.kernel.name,
      showBytes(bytesOf([entry])),
      entry.line,
      notesOf(entry, values).join("; ") || `computes ${values.computed(entry.kernelNumber)?.join(", ") ?? "a copy"}`,
    ]);
    out.push(
      `Once, when ${names.join(", ")} ${names.length === 1 ? "is" : "are"} bound`,
      "",
      ...indent(table(rows), "  "),
      "",
    );
  }
  // Those of one kernel stand with it.
  const noted = new Set(compilation.kernels.flatMap(({ notes }) => notes));
  // What is computed with what, each kernel says.
  const open = decisions.filter((line) => !line.includes(" computed with "));
  const others = new Set(open.filter((line) => !noted.has(line.slice(line.indexOf(": ") + 2))));
  if (others.size > 0) out.push("Other decisions", "", ...indent([...others], "  "), "");
  return out.join("\n");
};
