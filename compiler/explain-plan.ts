/**
 * A compiled function beside its source, for readers who know TypeScript: how much it computes, which lines that comes from, and
 * for each line its equations and the kernels that compute them.
 */

import type { KernelTiming } from "../runtime/index.ts";
import type { PlanKernel, Step } from "../runtime/plan.ts";
import { showBytes, showCount, showFlops, showMilliseconds } from "./amounts.ts";
import type { Compilation } from "./compile-plan.ts";
import { legend } from "./explain-legend.ts";
import { equationsByLine, type LineOf } from "./explain-program.ts";
import { type ExplainedValues, explainedValues } from "./explain-values.ts";
import type { Program } from "./ir/program.ts";
import { type Buffer, eachStatement, gridSize, type Kernel } from "./kernel/kernel.ts";
import { printKernel } from "./kernel/print.ts";
import { planSummary, textKey } from "./plan-summary.ts";
import { storedBy } from "./schedule/eliminate.ts";

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

/** A step that runs a kernel. */
interface Entry {
  readonly number: number;
  readonly kernel: Kernel;
  readonly kernelNumber: number;
  readonly key: string;
  /** `file:line`, or nothing where no line made it. */
  readonly line: string;
  readonly path: string;
  /** How often a call runs it. */
  readonly runs: number;
  readonly milliseconds: number | undefined;
}

const entriesOf = (
  { plan, kernels }: Compilation,
  steps: readonly Step[],
  times: readonly KernelTiming[] | undefined,
): Entry[] => {
  const entries: Entry[] = [];
  const visit = (list: readonly Step[], runs: number): void => {
    for (const step of list) {
      if (step.kind === "loop") {
        visit(step.body, runs * step.count);
        continue;
      }
      const [, line = "", path = ""] = /^(\S+:\d+)? ?(.*)$/.exec(step.source) ?? [];
      entries.push({
        number: entries.length + 1,
        kernel: kernels[step.kernel] as Kernel,
        kernelNumber: step.kernel,
        key: textKey(plan.kernels[step.kernel] as PlanKernel),
        line,
        path,
        runs,
        milliseconds: times?.[entries.length]?.milliseconds,
      });
    }
  };
  visit(steps, 1);
  return entries;
};

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

const flopsOf = (entries: readonly Entry[]): number => sum(entries, ({ kernel, runs }) => runs * kernel.cost.flops);
const bytesOf = (entries: readonly Entry[]): number => sum(entries, ({ kernel, runs }) => runs * kernel.cost.bytes);
const timeOf = (entries: readonly Entry[]): number | undefined =>
  entries.some(({ milliseconds }) => milliseconds === undefined)
    ? undefined
    : sum(entries, ({ milliseconds }) => milliseconds as number);

const percent = (part: number, whole: number): string => `${whole === 0 ? 0 : Math.round((100 * part) / whole)}%`;
const rate = (flops: number, milliseconds: number): string =>
  milliseconds === 0 ? "" : `${(flops / milliseconds / 1e6).toFixed(1)} GFLOP/s`;

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

const indent = (lines: readonly string[], by = "    "): string[] => lines.map((line) => (line === "" ? "" : by + line));

/** What a kernel is said to do, without the line, which stands above it, and what it stores, which stands below. */
const notesOf = ({ kernel, line }: Entry, values: ExplainedValues): string[] => {
  const named = [...values.prepares(kernel), ...kernel.buffers];
  return kernel.notes
    .filter((note) => note !== "" && !note.startsWith("stores ") && (line === "" || !note.startsWith(line)))
    .map((note) => named.reduce((text, buffer) => values.rename(text, buffer), note));
};

/** Memory that is no tensor: what one loop of a kernel leaves to the next. */
const ownMemory = ({ body }: Kernel): ReadonlySet<Buffer> => {
  const own = new Set<Buffer>();
  eachStatement(body, (statement) => {
    if (statement.kind === "store" && statement.buffer.space !== "global") own.add(statement.buffer);
  });
  return own;
};

const buffersOf = (kernel: Kernel, { describeBuffer }: ExplainedValues): string[] => {
  const stored = storedBy(kernel);
  const list = (written: boolean): string =>
    kernel.buffers
      .filter((buffer) => stored.has(buffer) === written)
      .map(describeBuffer)
      .join(", ");
  const own = [...ownMemory(kernel)].map(
    ({ name, size, storage }) => `${name} (${showCount(size, "element")}, ${storage})`,
  );
  return [
    `reads ${list(false) || "nothing"}`,
    `writes ${list(true)}`,
    ...(own.length > 0
      ? [
          `holds ${own.join(", ")} in memory ${kernel.threads ? "that the threads of one part share" : "of the thread's own"}`,
        ]
      : []),
  ];
};

const numbersText = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? "kernel" : "kernels"} ${[numbers.slice(0, -1).join(", "), numbers.at(-1)].filter((part) => part !== "").join(" and ")}`;

/** Parts in one line, or in one each, where that is too long. */
const inLines = (head: string, parts: readonly string[]): string[] =>
  parts.join(", ").length <= 110
    ? [head + parts.join(", ")]
    : parts.map((part, i) => `${i === 0 ? head : " ".repeat(head.length)}${part}${i < parts.length - 1 ? "," : ""}`);

/** The kernels after one that read what it writes. */
const readersOf = ({ number, kernel }: Entry, entries: readonly Entry[]): number[] => {
  const stored = storedBy(kernel);
  return entries
    .filter((other) => other.number > number && other.kernel.buffers.some((buffer) => stored.has(buffer)))
    .map((other) => other.number);
};

const describeKernel = (
  entry: Entry,
  values: ExplainedValues,
  call: readonly Entry[],
  callTime: number | undefined,
): string[] => {
  const { number, kernel, kernelNumber, runs, path, milliseconds } = entry;
  const { flops, bytes } = kernel.cost;
  const where = path === "" ? "" : `, in ${path}`;
  const time =
    milliseconds === undefined
      ? ""
      : `; ${showMilliseconds(milliseconds)}, ${percent(milliseconds, callTime ?? 0)} of a call, ${rate(runs * flops, milliseconds)}`;
  const computed = values.computed(kernelNumber);
  const readers = computed === undefined ? readersOf(entry, call) : [];
  const reader =
    readers.length > 0 ? [`prepares what ${numbersText(readers)} ${readers.length === 1 ? "reads" : "read"}`] : [];
  const often = runs === 1 ? "" : `, ${runs} times`;
  return [
    `kernel ${number} · ${values.title(kernel, kernelNumber)}${where}${often}`,
    ...indent(
      [
        ...(computed === undefined ? reader : inLines("computes ", computed)),
        ...notesOf(entry, values),
        ...buffersOf(kernel, values),
        `${showFlops(flops)}, ${showBytes(bytes)}; ${showCount(gridSize(kernel), "independent part")}${kernel.threads ? ` of ${kernel.threads.size} threads` : ""}${time}`,
      ],
      "  ",
    ),
  ];
};

/** Lines of a kernel that are shown of its beginning and of its end, where it is cut short. */
const shownLines = 12;
/** Fewer than these are not left out. */
const fewLines = 8;

const cutShort = (lines: readonly string[]): readonly string[] => {
  const left = lines.length - 2 * shownLines;
  if (left <= fewLines) return lines;
  return [...lines.slice(0, shownLines), `… ${left} lines, which --whole shows …`, ...lines.slice(-shownLines)];
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
