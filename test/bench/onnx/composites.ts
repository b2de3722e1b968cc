/** The operations of ONNX that composites are. */

import type { CompositeOperation } from "../../../compiler/ir/program.ts";
import type { AxisWindow } from "../../../dsl/ops/pool-options.ts";
import type { TensorType } from "../../../dsl/primitive.ts";
import type { Builder } from "./graph.ts";

type Form = (
  statics: readonly unknown[],
  operands: readonly string[],
  types: readonly TensorType[],
  result: TensorType,
  builder: Builder,
) => string;

export const nearest = {
  mode: { text: "nearest" },
  coordinate_transformation_mode: { text: "asymmetric" },
  nearest_mode: { text: "floor" },
} as const;

/** The name of the result. */
export const compositeNodes = (
  { name, statics }: CompositeOperation,
  operands: readonly string[],
  types: readonly TensorType[],
  result: TensorType,
  builder: Builder,
): string => {
  const form = forms[name];
  if (form === undefined) throw new Error(`no ONNX operation is known for the composite ${name}; add it to the table`);
  return form(statics, operands, types, result, builder);
};

const numbers = (statics: readonly unknown[]): number[] => statics.filter((each) => typeof each === "number");

const forms: Readonly<Record<string, Form>> = {
  groupNorm: (statics, [x, scale, bias], [{ shape } = { shape: [] }], _, builder) => {
    const { node, constant, integers } = builder;
    const [groups, epsilon] = numbers(statics) as [number, number];
    const [batch = 1, channels = 1] = shape;
    if (builder.hasGroups) {
      const attributes = { num_groups: groups, epsilon: { float: epsilon } };
      return node("GroupNormalization", [x as string, scale as string, bias as string], attributes);
    }
    // By instances: ORT has no kernel for groups in WASM, and its own expansion takes three times as long.
    const of = (value: number) =>
      constant({ dtype: "f32", shape: [groups], data: new Float32Array(groups).fill(value) });
    const grouped = node("Reshape", [x as string, integers([batch, groups, -1])]);
    const normal = node("InstanceNormalization", [grouped, of(1), of(0)], { epsilon: { float: epsilon } });
    const perChannel = (name: string) =>
      node("Reshape", [name, integers([1, channels, ...shape.slice(2).map(() => 1)])]);
    const scaled = node("Mul", [node("Reshape", [normal, integers(shape)]), perChannel(scale as string)]);
    return node("Add", [scaled, perChannel(bias as string)]);
  },
  softmax: (statics, operands, _, __, { node }) => node("Softmax", operands, { axis: numbers(statics)[0] as number }),
  logSoftmax: (statics, operands, _, __, { node }) =>
    node("LogSoftmax", operands, { axis: numbers(statics)[0] as number }),
  attention: (statics, [query, key, value], types, _, { node, scalar }) => {
    const rank = (types[0] as TensorType).shape.length;
    const perm = Array.from({ length: rank }, (_, axis) => axis)
      .with(rank - 2, rank - 1)
      .with(rank - 1, rank - 2);
    const scaled = node("Mul", [query as string, scalar(numbers(statics)[0] as number)]);
    const scores = node("MatMul", [scaled, node("Transpose", [key as string], { perm })]);
    return node("MatMul", [node("Softmax", [scores], { axis: rank - 1 }), value as string]);
  },
  avgPool: (statics, operands, _, __, { node }) => {
    const [windows, countPadding] = statics as readonly [readonly AxisWindow[], boolean];
    return node("AveragePool", operands, {
      kernel_shape: windows.map(({ size }) => size),
      strides: windows.map(({ stride }) => stride),
      pads: [0, 1].flatMap((side) => windows.map(({ padding }) => padding[side] as number)),
      count_include_pad: Number(countPadding),
    });
  },
  upsample: (statics, [x], types, _, { node, constant }) => {
    const [factor] = numbers(statics) as [number];
    const { shape } = types[0] as TensorType;
    const data = Float32Array.from(shape, (_, axis) => (axis < 2 ? 1 : factor));
    return node("Resize", [x as string, "", constant({ dtype: "f32", shape: [shape.length], data })], nearest);
  },
};
