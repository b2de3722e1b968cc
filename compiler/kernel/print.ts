/** A kernel as text, in the grammar that `kernel.ts` gives. */

import { type Index, type IndexVariable, printIndex } from "./index-expression.ts";
import type { Statement, Value, ValueType } from "./kernel.ts";
import { type Buffer, type Condition, eachStatement, type Kernel, type Local } from "./kernel.ts";
import { uniqueNames } from "./unique-names.ts";
import { eachValue } from "./walk.ts";

type Named = Buffer | IndexVariable | Local;
type NameOf = (named: Named) => string;

export const printType = ({ scalar, lanes }: ValueType): string => (lanes === 1 ? scalar : `${scalar}x4`);

/** What the kernel does with a buffer, which may be less than it is allowed to. */
const accessOf = ({ body }: Kernel): ((buffer: Buffer) => string) => {
  const [loaded, stored] = [new Set<Buffer>(), new Set<Buffer>()];
  eachStatement(body, (statement) => {
    if (statement.kind === "store") stored.add(statement.buffer);
    eachValue(statement, (value) => {
      if (value.kind === "load") loaded.add(value.buffer);
    });
  });
  return (buffer) => (stored.has(buffer) ? (loaded.has(buffer) ? "readwrite" : "write") : "read");
};

const printValue = (value: Value, nameOf: NameOf): string => {
  const place = (index: Index): string => printIndex(index, nameOf);
  const inside = (values: readonly Value[]): string => values.map((each) => printValue(each, nameOf)).join(", ");
  switch (value.kind) {
    case "constant":
      return Object.is(value.value, -0) ? "-0" : String(value.value);
    case "local":
      return nameOf(value);
    case "index":
      return `(${place(value.index)})`;
    case "load":
      return `${nameOf(value.buffer)}[${place(value.index)}${value.type.lanes === 4 ? ", 4" : ""}]`;
    case "op":
      return `${value.op}(${inside(value.args)})`;
    case "splat":
      return `splat ${printValue(value.value, nameOf)}`;
    case "lane":
      return `lane ${value.lane} of ${printValue(value.value, nameOf)}`;
    case "vector":
      return `vector of (${inside(value.values)})`;
  }
};

const printCondition = (condition: Condition, nameOf: NameOf): string =>
  condition.kind === "range"
    ? `${condition.low} <= ${printIndex(condition.index, nameOf)} < ${condition.high}`
    : printValue(condition.value, nameOf);

const printBody = (statements: readonly Statement[], nameOf: NameOf): string[] =>
  statements.flatMap((statement) => printStatement(statement, nameOf)).map((line) => `  ${line}`);

const printStatement = (statement: Statement, nameOf: NameOf): string[] => {
  switch (statement.kind) {
    case "let":
    case "var": {
      const { kind, local, value } = statement;
      return [`${kind} ${nameOf(local)}: ${printType(local.type)} = ${printValue(value, nameOf)}`];
    }
    case "assign":
      return [`${nameOf(statement.local)} := ${printValue(statement.value, nameOf)}`];
    case "bind": {
      const { variable, value } = statement;
      return [`bind ${nameOf(variable)} < ${variable.size} = ${printValue(value, nameOf)}`];
    }
    case "store": {
      const { buffer, index, value } = statement;
      const lanes = value.type.lanes === 4 ? ", 4" : "";
      return [`${nameOf(buffer)}[${printIndex(index, nameOf)}${lanes}] = ${printValue(value, nameOf)}`];
    }
    case "loop": {
      const { variable, count, body } = statement;
      const below = count === undefined ? "" : ` and < ${printIndex(count, nameOf)}`;
      return [`loop ${nameOf(variable)} < ${variable.size}${below} {`, ...printBody(body, nameOf), "}"];
    }
    case "if": {
      const conditions = statement.when.map((condition) => printCondition(condition, nameOf)).join(" and ");
      const otherwise =
        statement.otherwise === undefined ? [] : ["} else {", ...printBody(statement.otherwise, nameOf)];
      return [`if ${conditions || "true"} {`, ...printBody(statement.body, nameOf), ...otherwise, "}"];
    }
    case "barrier":
      return ["barrier"];
  }
};

/** `bufferName` is asked for names of buffers in place of their own. */
export const printKernel = (kernel: Kernel, bufferName?: (buffer: Buffer) => string | undefined): string => {
  const fresh = uniqueNames();
  const names = new Map<Named, string>();
  const nameOf: NameOf = (named) => {
    const name = names.get(named) ?? fresh(named.name);
    names.set(named, name);
    return name;
  };
  for (const buffer of kernel.buffers) {
    const name = bufferName?.(buffer)?.replaceAll(" ", "_");
    // Names with marks are no names of anything else; others are taken here, before those of values.
    if (name !== undefined && ![...names.values()].includes(name))
      names.set(buffer, /^[\w.]+$/.test(name) ? fresh(name) : name);
  }
  const access = accessOf(kernel);
  const buffers = kernel.buffers
    .map((buffer) => `${nameOf(buffer)}: ${access(buffer)} ${buffer.storage}[${buffer.size}]`)
    .join(", ");
  const grid = kernel.grid.map((axis) => `${nameOf(axis)} < ${axis.size}`).join(", ");
  const threads = kernel.threads === undefined ? "" : ` threads ${nameOf(kernel.threads)} < ${kernel.threads.size}`;
  const { flops, bytes } = kernel.cost;
  return [
    ...kernel.notes.map((note) => `// ${note}`),
    `// ${flops} flops, ${bytes} bytes`,
    `kernel ${kernel.name}(${buffers}) grid(${grid})${threads} {`,
    ...printBody(kernel.body, nameOf),
    "}",
    "",
  ].join("\n");
};
