/** What kernels compute, store and prepare, in the names that the equations have. */

import type { Compilation } from "./compile-plan.ts";
import { placeKey } from "./explain-program.ts";
import { printParts } from "./ir/print.ts";
import { bodiesOf, type Program, type Variable } from "./ir/program.ts";
import type { Buffer, Kernel } from "./kernel/kernel.ts";
import { storedBy } from "./schedule/eliminate.ts";

export interface ExplainedValues {
  /** `x'6 … x'8 (line 20)` for each line, the last perhaps `with a border of zeros`; nothing, where the kernel prepares something for another. */
  readonly computed: (kernelNumber: number) => readonly string[] | undefined;
  /** The lines, as `file:line`, that those equations come from. */
  readonly linesOf: (kernelNumber: number) => ReadonlySet<string>;
  readonly bufferName: (buffer: Buffer) => string;
  /** A text with the buffer's own name replaced by the one that equations give it. */
  readonly rename: (text: string, buffer: Buffer) => string;
  /** `sum'2 f32[2, 8, 1]`, and for other buffers how many elements they have. */
  readonly describeBuffer: (buffer: Buffer) => string;
  /** What the kernel is called: after what it stores, where equations name it. */
  readonly title: (kernel: Kernel, kernelNumber: number) => string;
  /** The buffers that a kernel brings in another order or form. */
  readonly prepares: (kernel: Kernel) => readonly Buffer[];
}

interface Known {
  readonly name: string;
  readonly line: string;
  readonly at: number;
}

/** Every value that an equation makes, also those inside bodies, in the order of the text. */
const knownValues = (program: Program): Map<Variable, Known> => {
  const { nameOf } = printParts(program);
  const known = new Map<Variable, Known>();
  const visit = ({ equations }: Program, outer?: string): void => {
    for (const { outputs, operation, origin } of equations) {
      const line = outer ?? placeKey(origin);
      for (const output of outputs) known.set(output, { name: nameOf(output), line, at: known.size });
      for (const body of bodiesOf(operation)) visit(body, line);
    }
  };
  for (const parameter of program.parameters)
    known.set(parameter, { name: nameOf(parameter), line: "", at: known.size });
  visit(program);
  return known;
};

/** Values that follow one another, three or more, as `first … last`. */
const listRuns = (values: readonly Known[]): string => {
  const runs: Known[][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1)?.at === value.at - 1) run.push(value);
    else runs.push([value]);
  }
  return runs
    .map((run) => {
      const names = run.map(({ name }) => name);
      return names.length > 2 ? `${names[0]} … ${names.at(-1)}` : names.join(", ");
    })
    .join(", ");
};

const shortLine = (line: string, file: string): string =>
  line === "" ? "no line" : line.startsWith(`${file}:`) ? `line ${line.slice(file.length + 1)}` : line;

export const explainedValues = (program: Program, compilation: Compilation): ExplainedValues => {
  const { computes, valueOf: valueIn, preparedFrom } = compilation;
  const known = knownValues(program);
  const firstLine = [...known.values()].find(({ line }) => line !== "")?.line ?? "";
  const file = firstLine.slice(0, firstLine.lastIndexOf(":"));
  const valuesOf = (kernelNumber: number): Known[] =>
    (computes[kernelNumber]?.values ?? []).flatMap((value) => known.get(value) ?? []).sort((a, b) => a.at - b.at);

  const equationOf = (buffer: Buffer): Known | undefined => {
    const value = valueIn(buffer)?.of;
    return value && known.get(value);
  };
  const storers = new Map<Buffer, number>();
  compilation.kernels.forEach((kernel, number) => {
    for (const buffer of storedBy(kernel)) if (!storers.has(buffer)) storers.set(buffer, number);
  });
  const bufferName = (buffer: Buffer): string => {
    const from = preparedFrom(buffer);
    if (from !== undefined)
      return buffer.name.startsWith(from.name) ? bufferName(from) + buffer.name.slice(from.name.length) : buffer.name;
    const equation = equationOf(buffer);
    if (equation !== undefined) return equation.name;
    // What a convolution reads with zeros around it is no value of an equation: the last one inside it gives the name.
    const storer = storers.get(buffer);
    const last = storer === undefined || !computes[storer]?.bordered ? undefined : valuesOf(storer).at(-1);
    return last === undefined ? buffer.name : `${last.name} bordered`;
  };
  return {
    computed: (kernelNumber) => {
      const lines = new Map<string, Known[]>();
      for (const value of valuesOf(kernelNumber)) lines.set(value.line, [...(lines.get(value.line) ?? []), value]);
      if (lines.size === 0) return undefined;
      const parts = [...lines].map(([line, values]) => `${listRuns(values)} (${shortLine(line, file)})`);
      const border = computes[kernelNumber]?.bordered ? ", with a border of zeros" : "";
      return [...parts.slice(0, -1), `${parts.at(-1)}${border}`];
    },
    linesOf: (kernelNumber) => new Set(valuesOf(kernelNumber).map(({ line }) => line)),
    bufferName,
    rename: (text, buffer) => {
      const at = ` ${text} `.indexOf(` ${buffer.name} `);
      return at < 0 ? text : text.slice(0, at) + bufferName(buffer) + text.slice(at + buffer.name.length);
    },
    describeBuffer: (buffer) => {
      const value = valueIn(buffer);
      const size =
        value === undefined
          ? `(${buffer.size.toLocaleString("en")} ${buffer.storage})`
          : `${buffer.storage}[${value.type.shape.join(", ")}]`;
      return `${bufferName(buffer)} ${size}`;
    },
    title: (kernel, kernelNumber) => {
      if (computes[kernelNumber] === undefined) return kernel.name;
      const stored = [...storedBy(kernel)];
      return stored.every((buffer) => valueIn(buffer) !== undefined) && stored.length > 0
        ? stored.map(bufferName).join(", ")
        : kernel.name;
    },
    prepares: (kernel) => [...storedBy(kernel)].flatMap((buffer) => preparedFrom(buffer) ?? []),
  };
};
