/**
 * How each golden case of an operator is written in the language.
 *
 * The cases come from another library, with its trailing alignment in broadcasting, its names and its forms of arguments;
 * an adapter writes out what the language asks to be written.
 */

import * as language from "typegrad";
import * as nn from "typegrad/nn";

/** A tensor of any shape and dtype: what the shapes are is known only when a case runs. */
// biome-ignore lint/suspicious/noExplicitAny: as in the line above
type AnyTensor = language.Tensor<any, any>;

const ops = language as unknown as Readonly<Record<string, ((...args: readonly unknown[]) => unknown) | undefined>>;

/** One case as the json describes it. */
export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly out: readonly number[];
  readonly dtype: string;
  /** Inputs that have a gradient stored. */
  readonly grads: readonly string[];
  /** For each result: largest difference from the same operation in f64, largest magnitude. */
  readonly float64: Readonly<Record<string, readonly [difference: number, magnitude: number]>>;
}

type Inputs = Readonly<Record<string, AnyTensor>>;

interface Adapter {
  /** The op of ours, or layer, that a case is about. */
  readonly op: string;
  readonly run: (inputs: Inputs, golden: GoldenCase) => AnyTensor;
}

/** Applies an op by name. */
const apply = (name: string, ...args: readonly unknown[]): AnyTensor => {
  const op = ops[name];
  if (op === undefined) throw new Error(`the language has no ${name}`);
  return op(...args) as AnyTensor;
};

const input0 = (inputs: Inputs, name = "x"): AnyTensor => inputs[name] as AnyTensor;

/** Ones in front of the shape, up to a rank, and then the shape `out`: trailing alignment. */
const alignedTo = (x: AnyTensor, out: readonly number[]): AnyTensor => {
  const front = out.slice(x.shape.length).map(() => 1);
  return apply("expand", apply("reshape", x, [...front, ...x.shape]), out);
};

/** Functions of one operand that have another name here, or constants besides. */
const unaryNames: Readonly<Record<string, readonly [name: string, ...constants: number[]]>> = {
  gelu_erf: ["gelu"],
  gelu_tanh: ["geluTanh"],
  "round-halves": ["round"],
  leaky_relu: ["leakyRelu", 0.2],
  elu: ["elu", 1],
  log_sigmoid: ["logSigmoid"],
};

const unaryAdapter = ({ name }: GoldenCase): Adapter => {
  const stored = name.replace("unary/", "");
  const [own, ...constants] = unaryNames[stored] ?? [stored];
  const clamped = stored === "exp" || stored === "expm1";
  return {
    op: own,
    run: ({ x }) => apply(own, clamped ? apply("minimum", x, 10) : x, ...constants),
  };
};

const binaryAdapter = ({ name, op }: GoldenCase): Adapter => {
  const own = op === "binary" ? name.replace("binary/", "") : op;
  return {
    op: own,
    run: ({ input, other }, { out }) => {
      const a = own === "pow" ? apply("add", apply("abs", input), 0.1) : (input as AnyTensor);
      return apply(own, a, alignedTo(other as AnyTensor, out));
    },
  };
};

const axisOf = ({ params }: GoldenCase): number | readonly number[] => params.axis as number | readonly number[];

const reduction = (op: string): Adapter => ({ op, run: (inputs, golden) => apply(op, input0(inputs), axisOf(golden)) });

const corrected = (op: string): Adapter => ({
  op,
  run: (inputs, golden) => apply(op, input0(inputs), axisOf(golden), { correction: golden.params.correction }),
});

/** Options that a convolution is given there and here. */
const convOptions = ({ params }: GoldenCase): Readonly<Record<string, unknown>> => params;

const conv: Adapter = {
  op: "conv",
  run: ({ x, w, b }, golden) => apply("conv", x, w, b, convOptions(golden)),
};

/** [B, heads · d, T] as [B, heads, T, d]. */
const heads = (x: AnyTensor, count: number): AnyTensor => {
  const [batch, channels, time] = x.shape as readonly [number, number, number];
  return apply("permute", apply("reshape", x, [batch, count, channels / count, time]), [0, 1, 3, 2]);
};

/** The qkv of the reference: in its legacy order heads are outside, in the new order q, k and v are. */
const attention: Adapter = {
  op: "attention",
  run: (inputs, { params, out }) => {
    const count = params.heads as number;
    const qkv = input0(inputs);
    const [batch, channels, time] = qkv.shape as readonly [number, number, number];
    const width = channels / (3 * count);
    const split =
      params.order === "legacy"
        ? apply("permute", apply("reshape", qkv, [batch, count, 3, width, time]), [2, 0, 1, 3, 4])
        : apply("permute", apply("reshape", qkv, [batch, 3, count, width, time]), [1, 0, 2, 3, 4]);
    const [q, k, v] = [0, 1, 2].map((part) =>
      heads(apply("reshape", apply("slice", split, 0, part, part + 1), [batch, count * width, time]), count),
    );
    return apply("reshape", apply("permute", apply("attention", q, k, v), [0, 1, 3, 2]), out);
  },
};

/** Layers and losses are of the library that is written in the language. */
const layer = nn as unknown as Readonly<Record<string, (...args: readonly unknown[]) => AnyTensor>>;

const crossEntropy: Adapter = {
  op: "crossEntropy",
  run: ({ x, y }, { params }) =>
    layer.crossEntropy?.(x, y, { reduction: params.reduction, smoothing: params.label_smoothing ?? 0 }) as AnyTensor,
};

/** The last axes that are normalised as one. */
const layerNorm: Adapter = {
  op: "layerNorm",
  run: ({ x, w, b }, { params, out }) => {
    const kept = out.slice(0, out.length - (params.normalized_dims as number));
    const flat = apply("reshape", x, [...kept, -1]);
    const affine = { weight: apply("reshape", w, [-1]), bias: apply("reshape", b, [-1]) };
    return apply("reshape", layer.layerNorm?.(affine, flat, params.eps), out);
  },
};

const batchNorm: Adapter = {
  op: "batchNorm",
  run: ({ x, w, b, m, v }, { params }) => {
    const variance = apply("add", apply("abs", v), 0.1);
    return layer.batchNorm?.({ weight: w, bias: b, mean: m, variance }, x, params.eps) as AnyTensor;
  },
};

const matmul: Adapter = {
  op: "matmul",
  run: ({ input, other }, { out }) => {
    const [a, b] = [input as AnyTensor, other as AnyTensor];
    const row = a.shape.length === 1;
    const column = b.shape.length === 1;
    const left = row ? apply("reshape", a, [1, ...a.shape]) : a;
    const right = column ? apply("reshape", b, [...b.shape, 1]) : b;
    const batch = out.slice(0, out.length - (row ? 0 : 1) - (column ? 0 : 1));
    const product = apply(
      "matmul",
      alignedTo(left, [...batch, ...left.shape.slice(-2)]),
      right.shape.length === 2 ? right : alignedTo(right, [...batch, ...right.shape.slice(-2)]),
    );
    return apply("reshape", product, out);
  },
};

/** [before, after] of each axis, from those of the last two. */
const pad: Adapter = {
  op: "pad",
  run: ({ x }, { name, params }) => {
    const rest = (x as AnyTensor).shape.slice(2).map(() => [0, 0]);
    const widths = [...rest, params.pad_before_last, params.pad_last];
    const mode = ["reflect", "replicate"].find((mode) => name === `pad/${mode}`);
    return apply("pad", x, widths, mode === undefined ? { value: params.value ?? 0 } : { mode });
  },
};

/** The largest elements; by the form that gives an index, too, the first of equal ones has the whole cotangent. */
const topK = (k: (golden: GoldenCase) => number): Adapter => ({
  op: "topK",
  run: (inputs, golden) => {
    const parts = apply("topK", input0(inputs), k(golden), axisOf(golden)) as unknown as readonly [
      AnyTensor,
      AnyTensor,
    ];
    return apply("reshape", parts[0], golden.out);
  },
});

const adapters: Readonly<Record<string, Adapter>> = {
  conv1d: conv,
  conv2d: conv,
  conv_transpose2d: {
    op: "convTranspose",
    run: ({ x, w, b }, { params: { output_padding: outputPadding, ...params } }) =>
      apply("convTranspose", x, w, b, outputPadding === undefined ? params : { ...params, outputPadding }),
  },
  linear: { op: "linear", run: ({ x, w, b }) => apply("linear", x, w, b) },
  matmul,
  einsum: {
    op: "einsum",
    run: (inputs, { params }) =>
      apply("einsum", params.equation, ...["x0", "x1", "x2"].flatMap((name) => inputs[name] ?? [])),
  },
  group_norm: {
    op: "groupNorm",
    run: ({ x, w, b }, { params }) => apply("groupNorm", x, params.groups, w, b, params.eps),
  },
  softmax: reduction("softmax"),
  log_softmax: reduction("logSoftmax"),
  cross_entropy: crossEntropy,
  layer_norm: layerNorm,
  batch_norm: batchNorm,
  sum: reduction("sum"),
  mean: reduction("mean"),
  amax: reduction("max"),
  amin: reduction("min"),
  prod: reduction("prod"),
  logsumexp: reduction("logSumExp"),
  var: corrected("variance"),
  std: corrected("std"),
  argmax: reduction("argmax"),
  argmin: reduction("argmin"),
  cumsum: reduction("cumsum"),
  cumprod: reduction("cumprod"),
  clamp: {
    op: "clamp",
    run: (inputs, { params }) =>
      apply(
        "clamp",
        input0(inputs),
        (params.min as number | undefined) ?? -Infinity,
        (params.max as number | undefined) ?? Infinity,
      ),
  },
  where: {
    op: "where",
    run: ({ c, a, b }, { out }) => apply("where", ...[c, a, b].map((operand) => alignedTo(operand as AnyTensor, out))),
  },
  pad,
  concat: { op: "concat", run: ({ a, b }, golden) => apply("concat", [a, b], axisOf(golden)) },
  slice: {
    op: "slice",
    run: ({ x }) => apply("slice", apply("slice", x, 1, 1, -1), 2, 0, undefined, 2),
  },
  flip: reduction("flip"),
  transpose: {
    op: "permute",
    run: ({ x }, { params, out }) => apply("reshape", apply("permute", x, params.permutation), out),
  },
  tril: { op: "tril", run: ({ input }) => apply("tril", input) },
  nearest: { op: "upsample", run: ({ x }) => apply("upsample", x, 2) },
  bilinear: { op: "resize", run: ({ x }, { params }) => apply("resize", x, params.size, "bilinear") },
  area: { op: "resize", run: ({ x }, { params }) => apply("resize", x, params.size, "area") },
  avg_pool2d: {
    op: "avgPool",
    run: ({ x }, { params }) =>
      apply("avgPool", x, params.kernel, {
        stride: params.stride,
        padding: params.padding ?? 0,
        countPadding: params.count_include_pad ?? true,
      }),
  },
  max_pool2d: {
    op: "maxPool",
    run: ({ x }, { params }) =>
      apply("maxPool", x, params.kernel, { stride: params.stride, padding: params.padding ?? 0 }),
  },
  gather: { op: "gather", run: ({ x, i }, golden) => apply("gather", x, i, axisOf(golden)) },
  index_select: { op: "take", run: ({ x, i }, golden) => apply("take", x, i, axisOf(golden)) },
  max: topK(() => 1),
  topk: topK(({ params }) => params.k as number),
  sort: reduction("sort"),
  argsort: {
    op: "argsort",
    run: (inputs, golden) =>
      apply("argsort", input0(inputs), axisOf(golden), { descending: golden.name.endsWith("-descending") }),
  },
  cast: { op: "cast", run: ({ x }, { params }) => apply("cast", x, params.to) },
  embedding: { op: "embedding", run: ({ w, i }) => apply("embedding", w, i) },
  attention,
};

/** The adapter of a case; `undefined` where none is written. */
export const adapterOf = (golden: GoldenCase): Adapter | undefined => {
  if (golden.op === "unary") return unaryAdapter(golden);
  if (golden.op === "binary" || golden.op === "minimum" || golden.op === "maximum") return binaryAdapter(golden);
  return adapters[golden.op];
};
