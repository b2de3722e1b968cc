/** What is said of a kernel above its text: what it computes, what it reads and writes, and what that costs. */

import { showBytes, showCount, showFlops, showMilliseconds } from "./amounts.ts";
import { type Entry, percent, rate } from "./explain-entries.ts";
import type { ExplainedValues } from "./explain-values.ts";
import { type Buffer, eachStatement, gridSize, type Kernel } from "./kernel/kernel.ts";
import { storedBy } from "./schedule/eliminate.ts";

export const indent = (lines: readonly string[], by = "    "): string[] =>
  lines.map((line) => (line === "" ? "" : by + line));

/** What a kernel is said to do, without the line, which stands above it, and what it stores, which stands below. */
export const notesOf = ({ kernel, line }: Entry, values: ExplainedValues): string[] => {
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

export const numbersText = (numbers: readonly number[]): string =>
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

export const describeKernel = (
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

export const cutShort = (lines: readonly string[]): readonly string[] => {
  const left = lines.length - 2 * shownLines;
  if (left <= fewLines) return lines;
  return [...lines.slice(0, shownLines), `… ${left} lines, which --whole shows …`, ...lines.slice(-shownLines)];
};
