/** The operations of ONNX that composites are. */

import type { CompositeOperation } from "../../../compiler/ir/program.ts";
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
  groupNorm: (statics, operands, _, __, { node }) => {
    const [groups, epsilon] = numbers(statics) as [number, number];
    return node("GroupNormalization", operands, { num_groups: groups, epsilon: { float: epsilon } });
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
  avgPool: (statics, operands, types, _, { node }) => {
    const [size, stride, padding] = numbers(statics) as [number, number, number];
    const axes = (types[0] as TensorType).shape.slice(2);
    return node("AveragePool", operands, {
      kernel_shape: axes.map(() => size),
      strides: axes.map(() => stride),
      pads: [...axes, ...axes].map(() => padding),
      count_include_pad: Number(statics.includes(true)),
    });
  },
  upsample: (statics, [x], types, _, { node, constant }) => {
    const [factor] = numbers(statics) as [number];
    const { shape } = types[0] as TensorType;
    const data = Float32Array.from(shape, (_, axis) => (axis < 2 ? 1 : factor));
    return node("Resize", [x as string, "", constant({ dtype: "f32", shape: [shape.length], data })], nearest);
  },
};
