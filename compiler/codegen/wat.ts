/**
 * Kernels as WebAssembly text: one function each, which runs the points from low to high of the grid.
 *
 *   (func (param buffer … i32) (param scratch i32) (param low i32) (param high i32) …)
 *
 * The innermost axis of the grid is a loop like those of the body; the axes outside it are taken apart once a row. See
 * `wat-addresses.ts` for where addresses are computed, and `wat-loop.ts` for how loops end.
 */

import type { IndexVariable } from "../kernel/index-expression.ts";
import { type Buffer, eachStatement, type Kernel, type Local, type Statement } from "../kernel/kernel.ts";
import { eachValue } from "../kernel/walk.ts";
import { type Addresses, type Place, type Scope, watAddresses } from "./wat-addresses.ts";
import { closeLoop, pinned } from "./wat-loop.ts";
import { type WatNames, watNames } from "./wat-names.ts";
import type { HelperName } from "./wat-operations.ts";
import { add, get, i32, indent, quotientOf, remainderOf, set, sub } from "./wat-text.ts";
import { printCondition, printStore, printValue, type ValueContext, watTypeOf } from "./wat-values.ts";

export interface WatFunction {
  /** Parameters, locals and instructions: equal for kernels that compute the same, but for names. */
  readonly text: string;
  /** Comment lines on what the kernel computes. */
  readonly header: string;
  readonly helpers: ReadonlySet<HelperName>;
}

/** The scratch buffers of a kernel with their places; each begins at a multiple of 16 bytes. */
const scratchPlaces = (kernel: Kernel): { readonly places: ReadonlyMap<Buffer, number>; readonly bytes: number } => {
  const places = new Map<Buffer, number>();
  let bytes = 0;
  const place = (buffer: Buffer): void => {
    if (buffer.space !== "scratch" || places.has(buffer)) return;
    places.set(buffer, bytes);
    bytes += Math.ceil(buffer.size / 4) * 16;
  };
  eachStatement(kernel.body, (statement) => {
    if (statement.kind === "store") place(statement.buffer);
    eachValue(statement, (value) => {
      if (value.kind === "load") place(value.buffer);
    });
  });
  return { places, bytes };
};

/** Bytes behind the scratch address that a thread needs for itself. */
export const scratchBytes = (kernel: Kernel): number => scratchPlaces(kernel).bytes;

const refuse = (kernel: Kernel, what: string): never => {
  throw new Error(`internal: kernel ${kernel.name} has ${what}, which WebAssembly kernels have not`);
};

interface Printer {
  readonly names: WatNames;
  readonly addresses: Addresses;
  readonly context: ValueContext;
  readonly declare: (local: Local) => string;
}

const printBody = (statements: readonly Statement[], scope: Scope, printer: Printer): string[] => {
  const lines: string[] = [];
  for (const [at, statement] of statements.entries()) {
    if (statement.kind === "bind") {
      // What follows is a scope of its own, in which the variable is known.
      const inside = printer.addresses.open([statement.variable], false, scope);
      const value = printValue(statement.value, printer.context);
      const name = printer.names.local(statement.variable.name, "i32");
      printer.addresses.hold(inside, statement.variable, name);
      const rest = printBody(statements.slice(at + 1), inside, printer);
      return [...lines, set(name, value), ...inside.start, ...rest];
    }
    lines.push(...printStatement(statement, scope, printer));
  }
  return lines;
};

const printStatement = (
  statement: Exclude<Statement, { readonly kind: "bind" }>,
  scope: Scope,
  printer: Printer,
): string[] => {
  const { addresses, context, declare } = printer;
  switch (statement.kind) {
    case "let":
    case "var": {
      const value = printValue(statement.value, context);
      return [set(declare(statement.local), value)];
    }
    case "assign":
      return [set(context.nameOf(statement.local), printValue(statement.value, context))];
    case "store":
      return [printStore(statement.buffer, statement.index, statement.value, context)];
    case "if": {
      const conditions = statement.when.flatMap((condition) => printCondition(condition, context) ?? []);
      const body = printBody(statement.body, scope, printer);
      // Nested, so that a condition is looked at only where those before it hold; with an alternative, all are.
      if (conditions.length === 0) return body;
      const otherwise = printBody(statement.otherwise ?? [], scope, printer);
      const [last = "", ...before] = conditions.reverse();
      if (otherwise.length > 0) {
        const all = before.reduce((text, condition) => `(i32.and ${condition} ${text})`, last);
        return [`(if ${all}`, "  (then", ...indent(indent(body)), "  )", "  (else", ...indent(indent(otherwise)), "))"];
      }
      return before.reduce(
        (inner, condition) => [`(if ${condition} (then`, ...indent(inner), "))"],
        [`(if ${last} (then`, ...indent(body), "))"],
      );
    }
    case "loop": {
      const { size } = statement.variable;
      const count = statement.count === undefined ? size : addresses.index(statement.count);
      const limit = typeof count === "number" ? Math.min(size, count) : count;
      if (typeof limit === "number" && limit <= 0) return [];
      const inside = addresses.open([statement.variable], true, scope);
      const body = printBody(statement.body, inside, printer);
      const range = { first: 0, limit, most: size };
      return closeLoop(inside, range, pinned(statement.body, body), printer.names);
    }
    case "barrier":
      throw new Error("internal: WebAssembly kernels have no barrier");
  }
};

/** Runs the body at each point from $low to $high. */
const printGrid = (kernel: Kernel, printer: Printer): string[] => {
  const { addresses, names } = printer;
  const axes = kernel.grid.filter(({ size }) => size !== 1);
  const [low, high] = [get("low"), get("high")];
  const root = addresses.open([], false);
  const guarded = (lines: readonly string[]): string[] => [
    ...root.start,
    `(if (i32.lt_u ${low} ${high}) (then`,
    ...indent(lines),
    "))",
  ];
  const inner = axes.at(-1);
  if (inner === undefined) return guarded(printBody(kernel.body, root, printer));
  if (axes.length === 1) {
    const scope = addresses.open([inner], true, root);
    const body = printBody(kernel.body, scope, printer);
    return guarded(closeLoop(scope, { first: low, limit: high }, pinned(kernel.body, body), names));
  }
  const outer = axes.slice(0, -1);
  const rows = addresses.open(outer, false, root);
  const decoded = decodeAxes(outer, rows, printer, inner);
  const scope = addresses.open([inner], true, rows);
  const body = printBody(kernel.body, scope, printer);
  const [first, limit] = [get(decoded.first), get(decoded.limit)];
  const columns = closeLoop(scope, { first, limit }, pinned(kernel.body, body), names);
  const next = add(get(decoded.point), sub(limit, first));
  return guarded([
    set(decoded.point, low),
    `(loop $rows`,
    ...indent([
      ...decoded.lines,
      ...rows.start,
      ...columns,
      `(br_if $rows (i32.lt_u (local.tee $${decoded.point} ${i32(next)}) ${high}))`,
    ]),
    ")",
  ]);
};

/** The axes outside the innermost, of the row of a point, and the part of that row from the point to $high. */
const decodeAxes = (
  outer: readonly IndexVariable[],
  scope: Scope,
  { addresses, names }: Printer,
  inner: IndexVariable,
): { readonly lines: string[]; readonly point: string; readonly first: string; readonly limit: string } => {
  const local = (name: string): string => names.local(name, "i32");
  const [point, row, first, limit] = [local("point"), local("row"), local("first"), local("limit")];
  const lines = [
    set(row, quotientOf(get(point), inner.size)),
    set(first, remainderOf(get(point), inner.size)),
    set(limit, add(get(first), sub(get("high"), get(point)))),
    `(if (i32.gt_u ${get(limit)} ${i32(inner.size)}) (then ${set(limit, inner.size)}))`,
  ];
  for (const [at, axis] of [...outer.entries()].reverse()) {
    const name = local(axis.name);
    addresses.hold(scope, axis, name);
    lines.push(set(name, at === 0 ? get(row) : remainderOf(get(row), axis.size)));
    if (at > 0) lines.push(set(row, quotientOf(get(row), axis.size)));
  }
  return { lines, point, first, limit };
};

const comment = (kernel: Kernel): string =>
  [kernel.name, ...kernel.notes, `${kernel.cost.flops} flops, ${kernel.cost.bytes} bytes`]
    .flatMap((text) => text.split(/[\r\n]+/))
    .map((line) => `;; ${line}\n`)
    .join("");

/** The function of a kernel. Relaxed SIMD adds products with one rounding where the engine can. */
export const printFunction = (kernel: Kernel, form: "plain" | "relaxed"): WatFunction => {
  if (kernel.threads !== undefined) refuse(kernel, "threads");
  eachStatement(kernel.body, (statement) => {
    if (statement.kind === "barrier") refuse(kernel, "a barrier");
  });
  const names = watNames();
  for (const name of ["low", "high"]) names.fresh(name);
  const parameters = kernel.buffers.map(({ name }) => names.fresh(name));
  const scratch = names.fresh("scratch");
  const { places } = scratchPlaces(kernel);
  const placeOf = (buffer: Buffer): Place => {
    if (buffer.space === "workgroup") return refuse(kernel, "workgroup memory");
    if (buffer.space === "scratch") return { parameter: scratch, offset: places.get(buffer) as number };
    const parameter = parameters[kernel.buffers.indexOf(buffer)];
    return parameter === undefined ? refuse(kernel, `the buffer ${buffer.name}`) : { parameter, offset: 0 };
  };
  const addresses = watAddresses(names, placeOf);
  const locals = new Map<Local, string>();
  const helpers = new Set<HelperName>();
  const context: ValueContext = {
    relaxed: form === "relaxed",
    temporary: (type) => names.local("t", type),
    helper: (name) => {
      helpers.add(name);
      return name;
    },
    addresses,
    nameOf: (local) => locals.get(local) ?? refuse(kernel, `the unbound local ${local.name}`),
  };
  const declare = (local: Local): string => {
    const name = names.local(local.name, watTypeOf(local.type));
    locals.set(local, name);
    return name;
  };
  const lines = printGrid(kernel, { names, addresses, context, declare });
  const head = [...parameters, scratch, "low", "high"].map((name) => `(param $${name} i32)`).join(" ");
  const declared = names.locals().map(([name, type]) => `(local $${name} ${type})`);
  const text = [head, ...declared.map((line) => line), ...lines].map((line) => `  ${line}\n`).join("");
  return { text, header: comment(kernel), helpers };
};
