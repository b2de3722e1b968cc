/** The page of all ops and functions: every fact on it is of a record, of a docstring, or of an example that was run. */

import { fileURLToPath } from "node:url";
import { openSources } from "../../compiler/frontend/source.ts";
import { printExpression } from "../../compiler/ir/print-expression.ts";
import type { OpRecord } from "../../dsl/op.ts";
import * as ops from "../../dsl/ops.ts";
import { type Kind, kinds } from "../../dsl/primitive.ts";
import { exampleAt, exampleTypes } from "../../dsl/scalar/example.ts";
import { type Expression, input } from "../../dsl/scalar/expression.ts";
import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import * as scalar from "../../dsl/scalar/index.ts";
import { type Declared, declarationsOf } from "./declarations.ts";
import { exampleText, resultOf } from "./example.ts";

const titles = {
  map: "Maps: one function of each element",
  reduce: "Reductions",
  move: "Movement",
  contract: "Contractions",
  index: "Indices",
  make: "Making tensors",
  fold: "Loops",
  composite: "Compositions",
} as const satisfies Record<Kind, string>;

const libraries = {
  random: "Random numbers: `typegrad/random`",
  nn: "Layers: `typegrad/nn`",
  optim: "Optimisers: `typegrad/optim`",
} as const;

interface Entry {
  readonly name: string;
  readonly text: string;
}

interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
  /** The text of all entries, where they are not one below another. */
  readonly body?: string;
}

/** Parts of an entry that are there, one below another. */
const lines = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join("\n");

/** The same with empty lines between them. */
const paragraphs = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join("\n\n");

const listed = (facts: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(facts)
    .filter(([, fact]) => fact !== undefined)
    .map(([name, fact]) => `- ${name}: ${fact}`)
    .join("\n");

/** Options, one below another; nothing where there are none. */
const optionsText = ({ options }: Declared): string | undefined => {
  const members = Object.entries(options).map(([member, words]) => `  - \`${member}\`: ${words}`);
  return members.length === 0 ? undefined : ["- Options:", ...members].join("\n");
};

/** The derivatives of a function of an element, by the names of its parameters; `out` is its result. */
const derivativesOf = (fn: ScalarFunction, names: readonly string[]): readonly string[] => {
  const { derivative, arity } = fn;
  if (derivative === "zero") return [];
  const inputs = exampleTypes(fn).map((type, i) => input(i, type));
  const out = input(arity);
  const textOf = (partial: Expression | number): string =>
    typeof partial === "number" ? `${partial}` : printExpression(partial, [...names, "out"]);
  return derivative.map((partial) => textOf(partial(inputs, out)));
};

/** The parameters of the first overload: `(x: number, slope?: number)` has `x` and `slope`. */
const parametersOf = ({ signatures: [signature = ""] }: Declared): readonly string[] =>
  [...signature.slice(signature.lastIndexOf("(")).matchAll(/(\w+)\??:/g)].map(([, name]) => name as string);

const gradientOf = ({ gradient, scalar: fn }: OpRecord, declared: Declared): string => {
  if (fn === undefined || gradient === "none") return gradient;
  const names = parametersOf(declared);
  const partials = derivativesOf(fn, names);
  const shown = partials.map((text, i) => `${partials.length === 1 ? "f′" : `∂f/∂${names[i]}`} = \`${text}\``);
  return `${gradient}; ${shown.join(", ")}`;
};

const declaredIn = (declarations: ReadonlyMap<string, Declared>, name: string): Declared => {
  const found = declarations.get(name);
  if (found === undefined) throw new Error(`internal: the source does not declare ${name}`);
  return found;
};

/** How a function is called: its signatures, and an example. */
const callsOf = ({ signatures }: Declared, example: string): string =>
  `\`\`\`ts\n${paragraphs(signatures.join("\n"), exampleText(example))}\n\`\`\``;

const opEntry = (record: OpRecord, declared: Declared): Entry => ({
  name: record.name,
  text: paragraphs(
    `### ${record.name}`,
    declared.words === `${record.formula}.` ? undefined : declared.words,
    callsOf(declared, record.example),
    lines(
      optionsText(declared),
      listed({
        Shape: record.law,
        Formula: record.formula,
        Gradient: gradientOf(record, declared),
        Throws: declared.throws,
      }),
    ),
  ),
});

const libraryEntry = (library: string, declared: Declared): Entry => {
  const name = `${library}.${declared.name}`;
  if (declared.example === undefined) throw new Error(`${name} has no @example above it: the page shows one`);
  return {
    name,
    text: paragraphs(
      `### ${name}`,
      declared.words,
      callsOf(declared, declared.example),
      lines(optionsText(declared), listed({ Throws: declared.throws })),
    ),
  };
};

/** A cell of a table. */
const cell = (text: string): string => text.replaceAll("|", "\\|");

const scalarRow = (fn: ScalarFunction, declared: Declared): Entry => {
  const names = parametersOf(declared);
  const args = names.map((_, i) => exampleAt(fn, i, 0.8));
  const call = `scalar.${fn.name}(${args.join(", ")})`;
  const partials = derivativesOf(fn, names).map((text) => `\`${text}\``);
  const cells = [
    `\`${declared.signatures[0]}\``,
    fn.formula,
    partials.join(", ") || "0",
    fn.expansion === "base" ? "" : `${fn.ulp}`,
    `\`${call}\` = \`${resultOf(call)}\``,
  ];
  return { name: fn.name, text: `| ${cells.map(cell).join(" | ")} |` };
};

const isOp = (value: unknown): value is { readonly record: OpRecord } =>
  typeof value === "function" && "record" in value;

/** In one order, whatever loads the modules. */
const byName = <T extends { readonly name: string }>(records: readonly T[]): readonly T[] =>
  records.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** As GitHub writes the place of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

const contentsOf = ({ title, entries, body }: Section): string => {
  const links = entries.map(({ name }) => (body === undefined ? `[${name}](#${anchor(name)})` : `\`${name}\``));
  return `**[${title}](#${anchor(title)})** ${links.join(", ")}`;
};

const introduction = `# Ops and functions

\`npm run docs\` writes this page from the records of \`dsl/ops/*.ts\` and \`dsl/scalar/*.ts\`, from what stands above declarations, and
from examples that it runs.

In shape laws S and T are shapes, \`...B\` any dims, and "into S" says that an operand is broadcast: it has the rank of S with each
dim equal or 1, or is of rank 0. In gradients ct is the cotangent of the result, and \`out\` the result. Signatures leave out what
is there for the checker alone; \`Float\` is f32 or f16, \`Int\` i32 or u32, \`Numeric\` all of these, and \`Bits\` bool, i32 or u32.
\`Operand<S, D>\` is a tensor of D that is broadcast into S, and \`PerAxis<X, V>\` one V for all the spatial axes X or a list with one
for each.`;

const scalarIntroduction = `These stand in the lambda of a \`map\`, beside JavaScript's own arithmetic and \`Math\`. The error is that of a
device in steps of f32; where none is given, every target computes the function itself.

| signature | formula | derivatives | error | example |
|---|---|---|---|---|`;

/** The whole page. */
export const opsPage = (): string => {
  const sources = openSources();
  const fileOf = (path: string): string => fileURLToPath(new URL(`../../dsl/${path}`, import.meta.url));
  const files = ["ops.ts", "scalar/index.ts", ...Object.keys(libraries).map((name) => `${name}/index.ts`)].map(fileOf);
  // One checker for all.
  for (const file of files) sources.file(file);
  const [ofOps, ofScalars, ...ofLibraries] = files.map((file) => declarationsOf(sources, file));
  const records = byName(Object.values(ops).flatMap((op) => (isOp(op) ? [op.record] : [])));
  const functions = byName(Object.values(scalar).map(({ record }) => record));
  const rows = functions.map((fn) => scalarRow(fn, declaredIn(ofScalars as never, fn.name)));
  const sections: readonly Section[] = [
    ...kinds.map((kind) => ({
      title: titles[kind],
      entries: records
        .filter((record) => record.kind === kind)
        .map((record) => opEntry(record, declaredIn(ofOps as never, record.name))),
    })),
    {
      title: "Scalar functions: `scalar`",
      entries: rows,
      body: [scalarIntroduction, ...rows.map(({ text }) => text)].join("\n"),
    },
    ...Object.entries(libraries).map(([library, title], i) => ({
      title,
      entries: [...(ofLibraries[i]?.values() ?? [])].map((declared) => libraryEntry(library, declared)),
    })),
  ];
  return `${[
    introduction,
    ...sections.map(contentsOf),
    ...sections.map(({ title, entries, body }) =>
      paragraphs(`## ${title}`, body ?? paragraphs(...entries.map(({ text }) => text))),
    ),
  ].join("\n\n")}\n`;
};
