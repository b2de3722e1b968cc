/**
 * Kernels as WGSL: one module each, with the entry point `main`.
 *
 * Buffer i of the kernel is binding i of group 0, a runtime-sized array. Without threads, each point of the grid is one
 * invocation, in workgroups of 64 along one line; with threads, each point is a workgroup. Where there are more workgroups
 * than a dimension of a dispatch takes, the line is folded, and what is left over at its end does nothing.
 */

import { hoist } from "../kernel/hoist.ts";
import type { IndexVariable } from "../kernel/index-expression.ts";
import { type Buffer, gridSize, type Kernel, type Local } from "../kernel/kernel.ts";
import { type Block, openBlock, printDivision } from "./wgsl-index.ts";
import { layoutOf } from "./wgsl-layout.ts";
import { wgslNames } from "./wgsl-names.ts";
import { type HelperName, printHelper } from "./wgsl-operations.ts";
import { printStatements, type StatementContext } from "./wgsl-statements.ts";
import { indent, word } from "./wgsl-text.ts";

export interface WgslOptions {
  /**
   * For each buffer, whether its memory is only read while the kernel runs, whatever other ranges of the same GPUBuffer
   * the dispatch binds. WebGPU refuses one buffer as `read` and as `read_write` in a dispatch, so the others are both.
   */
  readonly readOnly?: readonly boolean[];
}

export interface Wgsl {
  readonly text: string;
  /** The text without its header and with names that say nothing: equal for kernels that compute the same. */
  readonly key: string;
  /** The workgroups to dispatch. */
  readonly workgroups: readonly [x: number, y: number, z: number];
  /** For each buffer, how the module declares it. */
  readonly access: readonly ("read" | "read_write")[];
  /** For each buffer, whether it is an array of vectors. */
  readonly vec4: readonly boolean[];
}

/** Invocations in a workgroup of a kernel without threads. */
const groupSize = 64;
/** Workgroups along a dimension, at most: `maxComputeWorkgroupsPerDimension` of any device. */
const mostGroups = 65535;

const storages: Record<Buffer["storage"], string> = { f32: "f32", i32: "i32", u32: "u32", bool: "u32" };

const header = (kernel: Kernel): string =>
  [kernel.name, ...kernel.notes, `${kernel.cost.flops} flops, ${kernel.cost.bytes} bytes`]
    .flatMap((text) => text.split(/[\p{Cc}\p{Zl}\p{Zp}]+/u))
    .map((line) => `// ${line}\n`)
    .join("");

/** Names the axes of the grid, taken from the number of the point among all. */
const printAxes = (axes: readonly IndexVariable[], point: string, block: Block, context: StatementContext): void => {
  let rest = point;
  for (const [at, axis] of [...axes.entries()].reverse()) {
    const value = at === 0 ? word(rest) : printDivision("remainder", word(rest), axis.size);
    block.lines.push(`let ${context.nameOfVariable(axis)} = ${value.text};`);
    if (at === 0) return;
    const outer = at === 1 ? undefined : context.fresh("row");
    const quotient = printDivision("quotient", word(rest), axis.size).text;
    if (outer === undefined) rest = quotient;
    else {
      block.lines.push(`let ${outer} = ${quotient};`);
      rest = outer;
    }
  }
};

const foldGroups = (groups: number): readonly [x: number, y: number, z: number] => {
  const y = Math.max(1, Math.ceil(groups / mostGroups));
  return [Math.ceil(groups / y), y, 1];
};

/** The module, with names made of `nameFor` the wanted ones. */
const printModule = (kernel: Kernel, options: WgslOptions, nameFor: (wanted: string) => string): Omit<Wgsl, "key"> => {
  const unique = wgslNames();
  const fresh = (wanted: string): string => unique(nameFor(wanted));
  const { own, vectors, exchanges } = layoutOf(kernel);
  const named = new Map<Buffer | IndexVariable | Local, string>();
  const nameOf = (object: Buffer | IndexVariable | Local): string => {
    const name = named.get(object) ?? fresh(object.name);
    named.set(object, name);
    return name;
  };
  const access = kernel.buffers.map((buffer, i) =>
    options.readOnly?.[i] === true && buffer.access === "read" ? "read" : "read_write",
  );
  const elementOf = (buffer: Buffer): string =>
    vectors.has(buffer) ? `vec4<${storages[buffer.storage]}>` : storages[buffer.storage];
  const array = (buffer: Buffer): string =>
    `array<${elementOf(buffer)}, ${Math.ceil(buffer.size / (vectors.has(buffer) ? 4 : 1))}>`;

  const bindings = kernel.buffers.map(
    (buffer, i) =>
      `@group(0) @binding(${i}) var<storage, ${access[i]}> ${nameOf(buffer)}: array<${elementOf(buffer)}>;`,
  );
  const shared = own
    .filter(({ space }) => space === "workgroup")
    .map((buffer) => `var<workgroup> ${nameOf(buffer)}: ${array(buffer)};`);

  const helpers = new Map<string, string>();
  const patterns = new Map<number, string>();
  const variables = new Set<Local>();
  const context: StatementContext = {
    fresh,
    nameOfVariable: (variable) => (variable.size === 1 && !named.has(variable) ? "0u" : nameOf(variable)),
    nameOfLocal: nameOf,
    nameOfBuffer: nameOf,
    ranges: new Map(),
    definitions: new Map(),
    declare: nameOf,
    declareVariable: nameOf,
    declareVar: (local) => {
      variables.add(local);
      return nameOf(local);
    },
    isVariable: (local) => variables.has(local),
    alias: (local, of) => void named.set(local, nameOf(of)),
    isVector: (buffer) => vectors.has(buffer),
    helper: (name: HelperName, lanes) => {
      const full = lanes === 4 ? `${name}x4` : name;
      if (!helpers.has(full)) helpers.set(full, printHelper(name, lanes, fresh(full)));
      return /^fn (\w+)/.exec(helpers.get(full) as string)?.[1] as string;
    },
    // A constant expression must not be infinite; a variable's value is not known to be.
    bits: (pattern) => {
      const name = patterns.get(pattern) ?? fresh(`bits_${pattern.toString(16)}`);
      patterns.set(pattern, name);
      return word(`bitcast<f32>(${name})`);
    },
    barriers: exchanges ? ["storageBarrier", "workgroupBarrier"] : ["workgroupBarrier"],
  };

  const points = gridSize(kernel);
  const { threads } = kernel;
  const workgroups = foldGroups(threads === undefined ? Math.ceil(points / groupSize) : points);
  const [x, y] = workgroups;
  const block = openBlock();
  const axes = kernel.grid.filter(({ size }) => size !== 1);
  const [only] = axes;
  const point = axes.length === 1 && only !== undefined ? nameOf(only) : fresh("point");
  const place = fresh(threads === undefined ? "invocation" : "group");
  const width = threads === undefined ? x * groupSize : x;
  block.lines.push(`let ${point} = ${y === 1 ? `${place}.x` : `${place}.y * ${width}u + ${place}.x`};`);
  if (width * y !== points) block.lines.push(`if (${point} >= ${points}u) { return; }`);
  if (axes.length > 1) printAxes(axes, point, block, context);
  const scratch = own.filter(({ space }) => space === "scratch");
  block.lines.push(...scratch.map((buffer) => `var ${nameOf(buffer)}: ${array(buffer)};`));
  const parameters =
    threads === undefined
      ? `@builtin(global_invocation_id) ${place}: vec3u`
      : `@builtin(workgroup_id) ${place}: vec3u, @builtin(local_invocation_index) ${nameOf(threads)}: u32`;
  printStatements(kernel.body, block, context);
  const hides = [...helpers.keys()].some((name) => name.startsWith("hidden"));
  if (hides) block.lines.unshift("nothing = groups.z - 1u;");

  const lines = [
    ...bindings,
    ...shared,
    ...[...patterns].map(([pattern, name]) => `var<private> ${name}: u32 = 0x${pattern.toString(16)}u;`),
    // Dispatches are one workgroup deep, which is not said here.
    ...(hides ? ["var<private> nothing: u32;"] : []),
    "",
    ...[...helpers.values()].flatMap((text) => [text, ""]),
    `@compute @workgroup_size(${threads?.size ?? groupSize})`,
    `fn main(${parameters}${hides ? ", @builtin(num_workgroups) groups: vec3u" : ""}) {`,
    ...indent(block.lines),
    "}",
    "",
  ];
  return { text: lines.join("\n"), workgroups, access, vec4: kernel.buffers.map((buffer) => vectors.has(buffer)) };
};

export const wgsl = (kernel: Kernel, options: WgslOptions = {}): Wgsl => {
  const hoisted = hoist(kernel);
  const key = printModule(hoisted, options, () => "v").text;
  const { text, ...rest } = printModule(hoisted, options, (wanted) => wanted);
  return { text: `${header(kernel)}\n${text}`, key, ...rest };
};
