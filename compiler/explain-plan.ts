/**
 * A compiled function beside its source, for readers who know TypeScript: how much it computes, which lines that comes from, and
 * for each line its equations and the kernels that compute them.
 */

import type { KernelTiming } from "../runtime/index.ts";
import type { PlanKernel, Step } from "../runtime/plan.ts";
import { showBytes, showCount, showFlops, showMilliseconds } from "./amounts.ts";
import type { Compilation } from "./compile-plan.ts";
import { equationsByLine, type LineOf } from "./explain-program.ts";
import type { Program } from "./ir/program.ts";
import { gridSize, type Kernel } from "./kernel/kernel.ts";
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

/** What a kernel is said to do, without the line, which stands above it, and without a name. */
const notesOf = ({ kernel, line }: Entry): string[] =>
  kernel.notes.filter((note) => note !== "" && (line === "" || !note.startsWith(line)));

const buffersOf = (kernel: Kernel): string[] => {
  const stored = storedBy(kernel);
  const list = (written: boolean): string =>
    kernel.buffers
      .filter((buffer) => stored.has(buffer) === written)
      .map(({ name, storage, size }) => `${name} (${size.toLocaleString("en")} ${storage})`)
      .join(", ");
  return [`reads ${list(false) || "nothing"}`, `writes ${list(true)}`];
};

const describeKernel = (entry: Entry, callTime: number | undefined): string[] => {
  const { number, kernel, runs, path, milliseconds } = entry;
  const { flops, bytes } = kernel.cost;
  const where = path === "" ? "" : `, in ${path}`;
  const time =
    milliseconds === undefined
      ? ""
      : `; ${showMilliseconds(milliseconds)}, ${percent(milliseconds, callTime ?? 0)} of a call, ${rate(runs * flops, milliseconds)}`;
  const often = runs === 1 ? "" : `, ${runs} times`;
  return [
    `kernel ${number} · ${kernel.name}${where}${often}`,
    ...indent(
      [
        ...notesOf(entry),
        ...buffersOf(kernel),
        `${showFlops(flops)}, ${showBytes(bytes)}; ${showCount(gridSize(kernel), "independent part")}${kernel.threads ? ` of ${kernel.threads.size} threads` : ""}${time}`,
      ],
      "  ",
    ),
  ];
};

const legend = (kernels: readonly Kernel[]): string[] => {
  const has = (text: string): boolean => kernels.some(({ notes }) => notes.some((note) => note.includes(text)));
  return [
    "How to read on: each line of the source stands with what it became.",
    "- Equations are the program without functions and records, one operation each: `name: type = operation operands`. What is",
    "  made of `x`, and has no name in the source, is called x', x'2 and so on.",
    "- Kernels compute them. A kernel is one nest of loops, in parts that all threads share out. It often computes many equations,",
    "  of other lines too, so that what stands between them is never stored; it stands with the line of its main work.",
    "- In loops, `a[i]` is an element and `a[i, 4]` four in a row, `fma(a, b, c)` is a · b + c, `let` names a value, and `var` one",
    "  that `:=` changes. Values have f32x4 as type where four are computed at once.",
    ...(has("products") ? ["- Products are sums of products: matrix products and convolutions."] : []),
    ...(has("F(")
      ? [
          "- F(4 × 4, 3 × 3) is Winograd's way to compute a 3 × 3 convolution: inputs and weights are transformed, so that a block of",
          "  4 × 4 results takes fewer multiplications. The work that is stated is that of the plain way.",
        ]
      : []),
  ];
};

const mostLines = 60;

/** The whole text. */
export const explainPlan = (program: Program, compilation: Compilation, options: ExplainOptions): string => {
  const { plan, decisions } = compilation;
  const { lineOf, textOf, times } = options;
  const call = entriesOf(compilation, plan.call, times?.kernels);
  const load = entriesOf(compilation, plan.load, undefined);
  const out: string[] = [plan.name, "", planSummary(plan), ""];
  if (times !== undefined) {
    const speed = rate(flopsOf(call), times.call);
    out.push(`measured    ${showMilliseconds(times.call)} a call, ${speed}, on ${times.device}`, "");
  }
  out.push("Where a call's work is", "", ...indent(costTable(call, options), "  "), "");
  if (options.summary) return out.join("\n");
  out.push(...legend(compilation.kernels), "");

  const whole = timeOf(call);
  const printed = new Map<string, number>();
  const bodyOf = ({ kernel, key, number, kernelNumber }: Entry): string[] => {
    const same = printed.get(key);
    if (same !== undefined) return [`the same text as kernel ${same}`];
    printed.set(key, number);
    const text = textOf === undefined ? printKernel(kernel) : textOf(kernel, kernelNumber);
    const lines = text.split("\n").filter((line) => !/^\s*((\/\/|;;).*)?$/.test(line));
    if (options.whole || lines.length <= mostLines) return lines;
    return [...lines.slice(0, mostLines), `… ${lines.length - mostLines} lines more, which --whole shows`];
  };
  const show = (entry: Entry): void => {
    out.push(...indent(describeKernel(entry, whole), "  "), "", ...indent(bodyOf(entry)), "");
  };

  const equations = equationsByLine(program);
  const calls = byLine(call);
  for (const line of new Set([...equations.keys(), ...calls.keys()])) {
    out.push(`${line || "no line of the source"} │ ${sourceOf(line, lineOf)}`, "");
    const texts = equations.get(line);
    if (texts) out.push(...indent(texts, "  "), "");
    const own = calls.get(line) ?? [];
    if (own.length === 0) out.push("  no kernel of its own: computed where it is used, or beforehand", "");
    own.forEach(show);
  }
  if (load.length > 0) {
    const names = plan.parameters.filter(({ bound }) => bound).map(({ name }) => name);
    const rows = load.map((entry) => [
      entry.kernel.name,
      showBytes(bytesOf([entry])),
      entry.line,
      notesOf(entry).join("; "),
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
  const others = new Set(decisions.filter((line) => !noted.has(line.slice(line.indexOf(": ") + 2))));
  if (others.size > 0) out.push("Other decisions", "", ...indent([...others], "  "), "");
  return out.join("\n");
};
