/** `conv`: convolution of one or two axes. */

import type { Float } from "../dtype.ts";
import { type Draw, type Op, op } from "../op.ts";
import { misfit, type Shape, show } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import {
  type ConvChannels,
  type ConvDims,
  type ConvOptions,
  convParams,
  type KernelFit,
  type OptionsFit,
  type SameRank,
  type Spatial,
} from "./conv-options.ts";
import { convolve } from "./convolve.ts";
import { checkFloat } from "./elementwise.ts";
import { addBias } from "./matmul.ts";
import { spanOf } from "./spatial.ts";

type Conv = <
  B extends number,
  Outputs extends number,
  Own extends number,
  X extends Spatial,
  K extends Spatial,
  D extends Float,
  const O extends ConvOptions<X> = Record<never, never>,
  Yes = true,
>(
  x: In<readonly [B, number, ...X], D> & NoInfer<In<readonly [B, ConvChannels<Own, O, Yes>, ...X], Float>>,
  weight: In<readonly [Outputs, Own, ...K], Float> &
    NoInfer<In<readonly [number, number, ...SameRank<X>], D> & KernelFit<X, K, O>>,
  bias?: NoInfer<In<readonly [Outputs], D>> | undefined,
  options?: O & OptionsFit<X, Outputs, O>,
) => Tensor<[B, Outputs, ...ConvDims<X, K, O>], D>;

/**
 * Convolution (in the sense of neural networks: correlation) over the axes after batch and channels:
 * y[b, o, p] = Σ x[b, i, p · stride + k · dilation − padding] · weight[o, i, k] + bias[o], x being zero outside.
 *
 * Shapes: x [B, C, L] or [B, C, H, W], weight [O, C / groups, …], bias [O] → [B, O, …] with lengths
 * ⌊(length + padding − span) / stride⌋ + 1, where a kernel of k elements spans (k − 1) · dilation + 1.
 * @throws ShapeError, DTypeError
 */
export const conv: Op<Conv> = op<Conv>(
  {
    name: "conv",
    kind: "contract",
    law: "[B, C, …X], [O, C / groups, …K], [O]? → [B, O, …⌊(X + padding − span) / stride⌋ + 1]",
    formula: "Σ x[b, i, p · stride + k · dilation − padding] · weight[o, i, k] + bias[o]",
    gradient: "convolutions: of ct with the reversed weight, of x with ct; Σ ct",
    example: "conv(tensor([[[1, 2, 3, 4]]]), tensor([[[1, -1]]]), undefined, { padding: 1 })",
    draw: drawConv,
  },
  (x: AnyTensor, weight: AnyTensor, bias?: AnyTensor, options: ConvOptions<Shape> = {}): AnyTensor => {
    checkFloat("conv", x);
    checkFloat("conv", weight, x);
    checkRanks(x.shape, weight.shape);
    const params = convParams(x.shape, weight.shape, options);
    checkChannels(x.shape, weight.shape, params.groups);
    const product = convolve(params, x, weight);
    return bias === undefined ? product : addBias("conv", product, weight, bias, 1);
  },
);

const checkRanks = (x: Shape, weight: Shape): void => {
  if (x.length !== 3 && x.length !== 4)
    misfit(`conv: x is ${show(x)}, and must be [batch, channels, length] or [batch, channels, height, width]`);
  if (weight.length !== x.length)
    misfit(
      `conv: weight is ${show(weight)}, and must be [outputs, channels, ${x.length === 3 ? "length" : "height, width"}] for x ${show(x)}`,
    );
};

const checkChannels = (x: Shape, weight: Shape, groups: number): void => {
  const [, channels] = x;
  const own = weight[1] as number;
  if (channels !== own * groups) {
    const taken =
      groups === 1 ? `${own} channels` : `${own} channels in each of ${groups} groups, ${own * groups} in all`;
    misfit(`conv: weight ${show(weight)} takes ${taken}, and x ${show(x)} has ${channels}`);
  }
};

function drawConv(draw: Draw): readonly unknown[] {
  const rank = draw.oneOf([1, 2]);
  const axes = <V>(entry: () => V): V[] => Array.from({ length: rank }, entry);
  const width = (): number => draw.integer(0, 2);
  const padding = draw.oneOf([
    undefined,
    width(),
    axes(width),
    axes((): readonly [number, number] => [width(), width()]),
  ]);
  const dilation = draw.oneOf([undefined, 2, axes(() => draw.integer(1, 2))]);
  const stride = draw.oneOf([undefined, 2, axes(() => draw.integer(1, 3))]);
  const groups = draw.oneOf([undefined, undefined, 1, 2]);
  const outputs = (groups ?? 1) * draw.integer(1, 2);
  const own = draw.integer(1, 2);
  const kernel = axes(() => draw.integer(1, 3));
  const input = kernel.map((length, i) => {
    const span = spanOf(length, Array.isArray(dilation) ? (dilation[i] as number) : (dilation ?? 1));
    const entry = Array.isArray(padding) ? (padding[i] as number | readonly [number, number]) : (padding ?? 0);
    const zeros = typeof entry === "number" ? 2 * entry : entry[0] + entry[1];
    return draw.integer(Math.max(1, span - zeros), Math.max(3, span - zeros));
  });
  const x = draw.tensor([rank === 1 ? draw.integer(1, 2) : 1, (groups ?? 1) * own, ...input]);
  const weight = draw.tensor([outputs, own, ...kernel]);
  const bias = draw.oneOf([undefined, draw.tensor([outputs])]);
  const given = Object.entries({ stride, padding, dilation, groups }).filter(([, option]) => option !== undefined);
  if (given.length > 0) return [x, weight, bias, Object.fromEntries(given)];
  return bias === undefined ? [x, weight] : [x, weight, bias];
}
