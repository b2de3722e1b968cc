/**
 * A program as an ONNX graph, so that another runtime computes the same function of the same numbers.
 *
 * It is to be as fast there as that runtime can make it: what follows from frozen weights alone is computed here and becomes
 * an initialiser, expansions are left to broadcasting, and composites become the one operation that ONNX has for them.
 */

import type { Atom, CompositeOperation, Equation, Program, Variable } from "../../../compiler/ir/program.ts";
import type { ContractParams } from "../../../dsl/ops/contract.ts";
import type { ConvParams } from "../../../dsl/ops/convolve.ts";
import type { MapParams } from "../../../dsl/ops/elementwise.ts";
import type { PadParams, SliceParams } from "../../../dsl/ops/window.ts";
import type { Dense, TensorType } from "../../../dsl/primitive.ts";
import { type Shape, sameShape, sizeOf } from "../../../dsl/shape.ts";
import { compositeNodes, nearest } from "./composites.ts";
import { contractNodes } from "./contract.ts";
import { type Builder, type Graph, openBuilder, type ValueInfo } from "./graph.ts";
import { scalarNodes } from "./scalar.ts";
import { denseOf, known, named, nameOf, type Value, wholeOf } from "./values.ts";

/** An operand: what stands for it, and the type that the program gives it. */
interface Operand {
  readonly value: Value;
  readonly type: TensorType;
}

type Rule = (params: unknown, operands: readonly Operand[], type: TensorType, builder: Builder) => Value;

/** The graph of a program. Parameters at the places in `frozen` are given their values, and are no inputs; `hasGroups` as in `Builder`. */
export const graphOf = (program: Program, frozen: ReadonlyMap<number, Dense>, hasGroups = false): Graph => {
  const builder = openBuilder(hasGroups);
  const values = new Map<Variable, Value>();
  const inputs: ValueInfo[] = [];
  program.parameters.forEach((parameter, i) => {
    const dense = frozen.get(i);
    const name = `x${i}`;
    values.set(parameter, dense ? known(dense) : named(name, parameter.type.shape));
    if (!dense) inputs.push({ name, ...parameter.type });
  });
  const heldBy = (atom: Atom): Value => (atom.kind === "constant" ? known(atom.value) : (values.get(atom) as Value));
  for (const equation of program.equations) {
    const [output] = equation.outputs as [Variable];
    const operands = equation.operands.map((atom) => ({ value: heldBy(atom), type: atom.type }));
    values.set(output, equationValue(equation, operands, output.type, builder));
  }
  const outputs = program.results.map((atom) => ({ name: wholeOf(heldBy(atom), atom.type, builder), ...atom.type }));
  return withoutDead(builder.finish(program.name, inputs, outputs));
};

const equationValue = (
  { operation, origin }: Equation,
  operands: readonly Operand[],
  type: TensorType,
  builder: Builder,
): Value => {
  if (operation.kind === "composite") {
    const names = operands.map((operand) => wholeOf(operand.value, operand.type, builder));
    const types = operands.map((operand) => operand.type);
    return named(compositeNodes(operation as CompositeOperation, names, types, type, builder), type.shape);
  }
  if (operation.kind !== "primitive") throw new Error(`no ONNX form is known for ${operation.kind}`);
  const { primitive, params } = operation;
  const rule = rules[primitive.name];
  if (rule === undefined) {
    const { file, line } = origin.place ?? { file: "?", line: 0 };
    throw new Error(`no ONNX form is known for ${primitive.name} at ${file}:${line}; add a rule for it`);
  }
  const isKnown = operands.every(({ value }) => value.kind === "known");
  if (!isKnown || primitive.name === "expand") return rule(params, operands, type, builder);
  const denses = operands.map(({ value, type }) => denseOf(value as Value & { readonly kind: "known" }, type));
  return known({ ...type, data: primitive.evaluate(params, denses, type) });
};

/** Nodes that no result needs, and initialisers that no node needs. */
const withoutDead = (graph: Graph): Graph => {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter(({ output, inputs }) => {
    if (!needed.has(output)) return false;
    for (const input of inputs) needed.add(input);
    return true;
  });
  const initializers = Object.fromEntries(Object.entries(graph.initializers).filter(([name]) => needed.has(name)));
  return { ...graph, nodes: nodes.reverse(), initializers };
};

const only = (operands: readonly Operand[]): Operand => operands[0] as Operand;
const whole = ({ value, type }: Operand, builder: Builder): string => wholeOf(value, type, builder);

/** A rule for one operand, whole, that makes one node. */
const unary =
  (make: (params: never, x: string, from: Shape, type: TensorType, builder: Builder) => string): Rule =>
  (params, operands, type, builder) => {
    const x = only(operands);
    return named(make(params as never, whole(x, builder), x.type.shape, type, builder), type.shape);
  };

const expand: Rule = (_, operands, type) => {
  const { value } = only(operands);
  // The axes of 1 stay, and the variable's type says what they stand for.
  return value.shape.length === type.shape.length ? value : unreachable("an expansion to another rank");
};
const unreachable = (what: string): never => {
  throw new Error(`internal: ${what}`);
};

/** Σ over disjoint offsets is a repetition, once all of them are there: the gradient of a mean over windows. */
const spreadSum = (operands: readonly Operand[], type: TensorType, builder: Builder): Value | undefined => {
  const [a, b] = operands.map(({ value }) => value);
  // A number may be added as well.
  if (a === undefined || b === undefined) return undefined;
  if (a.kind !== "spread" && b.kind !== "spread") return undefined;
  if (a.kind !== "spread") return spreadSum(operands.toReversed(), type, builder);
  if (b.kind !== "spread") return a.added === undefined ? { ...a, added: nameOf(b, builder) } : undefined;
  if (a.source !== b.source || (a.added !== undefined && b.added !== undefined)) return undefined;
  const [offsets, added] = [[...a.offsets, ...b.offsets], a.added ?? b.added];
  const factor = sizeOf(type.shape) / sizeOf(a.shape);
  if (offsets.length < factor) return { ...a, offsets, added };
  const scales = builder.constant({
    dtype: "f32",
    shape: [type.shape.length],
    data: Float32Array.from(type.shape, (dim, axis) => dim / (a.shape[axis] as number)),
  });
  const whole = builder.node("Resize", [a.source, "", scales], nearest);
  return named(added === undefined ? whole : builder.node("Add", [whole, added]), type.shape);
};
const map: Rule = (params, operands, type, builder) => {
  const { body } = params as MapParams;
  const { expression } = body;
  if (expression === undefined) return unreachable("a map without an expression");
  if (expression.kind === "call" && expression.fn.name === "add") {
    const sum = spreadSum(operands, type, builder);
    if (sum !== undefined) return sum;
  }
  const names = operands.map(({ value }) => nameOf(value, builder));
  const shape = type.shape.map((_, axis) => Math.max(...operands.map(({ value }) => value.shape[axis] as number)));
  return named(scalarNodes(expression, names, builder), shape);
};

const pad: Rule = (params, operands, type, builder) => {
  const { low, high, interior, value } = params as PadParams;
  const x = whole(only(operands), builder);
  const from = only(operands).type.shape;
  if (interior.every((gap) => gap === 0)) {
    const widths = builder.integers([...low, ...high]);
    return named(builder.node("Pad", [x, widths, builder.scalar(value)]), type.shape);
  }
  if (value !== 0 || interior.some((gap, axis) => gap !== (low[axis] as number) + (high[axis] as number)))
    return unreachable("padding between elements that is no offset");
  return { kind: "spread", source: x, shape: from, offsets: [low.join()] };
};

const slice = unary(({ start, size, step }: SliceParams, x, _, __, { node, integers }) => {
  const ends = start.map((from, axis) => from + ((size[axis] as number) - 1) * (step[axis] as number) + 1);
  return node("Slice", [x, integers(start), integers(ends), integers(start.map((_, axis) => axis)), integers(step)]);
});

const flip = unary(({ axes }: { readonly axes: readonly number[] }, x, from, _, { node, integers }) => {
  const last = axes.map((axis) => (from[axis] as number) - 1);
  const beyond = axes.map((axis) => -(from[axis] as number) - 1);
  return node("Slice", [x, integers(last), integers(beyond), integers(axes), integers(axes.map(() => -1))]);
});

const conv: Rule = (params, operands, type, builder) => {
  const { stride, padding, dilation, inputDilation, groups } = params as ConvParams;
  if (inputDilation.some((apart) => apart !== 1)) return unreachable("a convolution of parted elements");
  const [x, weight] = operands.map((operand) => whole(operand, builder)) as [string, string];
  const [, , ...kernel] = (operands[1] as Operand).type.shape;
  const pads = [...padding.map(([low]) => low), ...padding.map(([, high]) => high)];
  const attributes = { strides: stride, pads, dilations: dilation, group: groups, kernel_shape: kernel };
  return named(builder.node("Conv", [x, weight], attributes), type.shape);
};

const gather: Rule = (params, operands, type, builder) => {
  const { axis } = params as { readonly axis: number };
  const [table, indices] = operands as [Operand, Operand];
  const x = whole(table, builder);
  const isRow = indices.value.shape.every((dim, place) => place === axis || dim === 1);
  if (!isRow || !sameShape(type.shape.toSpliced(axis, 1), table.type.shape.toSpliced(axis, 1)))
    return named(builder.node("GatherElements", [x, whole(indices, builder)], { axis }), type.shape);
  const row = builder.node("Reshape", [nameOf(indices.value, builder), builder.integers([-1])]);
  return named(builder.node("Gather", [x, row], { axis }), type.shape);
};

const scatterAdd: Rule = (params, operands, type, builder) => {
  const { axis } = params as { readonly axis: number };
  const [updates, indices] = operands.map((operand) => whole(operand, builder)) as [string, string];
  const zeros = builder.node("Expand", [builder.scalar(0), builder.integers(type.shape)]);
  const inputs = [zeros, indices, updates];
  return named(builder.node("ScatterElements", inputs, { axis, reduction: { text: "add" } }), type.shape);
};

const reduction = (op: string): Rule =>
  unary(({ axes }: { readonly axes: readonly number[] }, x, _, __, { node, integers }) =>
    node(op, [x, integers(axes)], { keepdims: 1 }),
  );

const never: Rule = () => unreachable("a primitive without operands is known");

const rules: Readonly<Record<string, Rule>> = {
  map,
  expand,
  pad,
  slice,
  flip,
  conv,
  gather,
  scatterAdd,
  sum: reduction("ReduceSum"),
  max: reduction("ReduceMax"),
  min: reduction("ReduceMin"),
  full: never,
  iota: never,
  constant: never,
  reshape: unary((_, x, __, { shape }, { node, integers }) => node("Reshape", [x, integers(shape)])),
  permute: unary(({ axes }: { readonly axes: readonly number[] }, x, _, __, { node }) =>
    node("Transpose", [x], { perm: axes }),
  ),
  stopGradient: (_, operands) => only(operands).value,
  concat: (params, operands, type, builder) => {
    const inputs = operands.map((operand) => whole(operand, builder));
    return named(builder.node("Concat", inputs, { axis: (params as { readonly axis: number }).axis }), type.shape);
  },
  contract: (params, operands, type, builder) => {
    const names = operands.map((operand) => whole(operand, builder)) as [string, string];
    const shapes = operands.map((operand) => operand.type.shape) as [Shape, Shape];
    return named(contractNodes(params as ContractParams, names, shapes, builder), type.shape);
  },
};
