/** `convTranspose`: the transpose of a convolution, which enlarges where that one strides. */

import type { SubDigits } from "../digits.ts";
import type { AllLiteral, Digits, Plus, Remainder, Times } from "../dim.ts";
import type { Float } from "../dtype.ts";
import { type Draw, type Op, op } from "../op.ts";
import {
  checkNatural,
  checkPositive,
  misfit,
  type NaturalFit,
  type PositiveFit,
  type Shape,
  type ShapeError,
  show,
} from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import type { AxisFit, ConvChannels, ConvOptions, GroupsOf, SameRank, Spatial } from "./conv-options.ts";
import { convolveBack } from "./convolve.ts";
import { checkFloat } from "./elementwise.ts";
import { addBias } from "./matmul.ts";
import {
  checkNames,
  type DilationAt,
  type EntryAt,
  type NamesFit,
  type OptionOf,
  type PaddedBy,
  type PaddingAt,
  type PaddingFit,
  type PerAxis,
  paddingPairs,
  perAxis,
  positivePerAxis,
  type Shifted,
  type Span,
  type StrideAt,
  spanOf,
} from "./spatial.ts";

/** Options of the convolution that is transposed: padding takes away from the result. */
interface ConvTransposeOptions<X extends readonly unknown[]> extends ConvOptions<X> {
  /** Places at the end of the result besides: which of the lengths that the stride makes one; 0 by default. */
  readonly outputPadding?: PerAxis<X, number>;
}

const optionNames = "stride, padding, outputPadding, dilation and groups";

type OutputPaddingAt<O, I> = EntryAt<OptionOf<O, "outputPadding", 0>, I>;

/** What is added to the strides of x: the kernel and the padding of the result. */
type Added<K, O, I> = Plus<Span<K, DilationAt<O, I>>, OutputPaddingAt<O, I>>;
/** What is taken from them. */
type Taken<O, I> = Plus<StrideAt<O, I>, PaddedBy<PaddingAt<O, I>>>;
type Strided<H, Stride> = Digits<Stride> extends "1" ? H : Times<H, Stride>;

/** (H − 1) · stride + span + outputPadding − padding: `Double<H>` for a kernel of 4 with stride 2 and padding 1. */
type TransposedDims<X extends readonly unknown[], K, O> = {
  -readonly [I in keyof X]: I extends keyof K
    ? Shifted<Strided<X[I], StrideAt<O, I>>, Added<K[I], O, I>, Taken<O, I>>
    : never;
};

type GroupsMisfit<Inputs, G> = `convTranspose: ${Digits<Inputs>} channels are not divisible by ${Digits<G>} groups`;
const groupsMisfit = (inputs: number, groups: number): string =>
  `convTranspose: ${inputs} channels are not divisible by ${groups} groups`;

type PlacesMisfit<P, Stride> =
  `convTranspose: outputPadding is ${Digits<P>}, and must be less than the stride, ${Digits<Stride>}; pad the result`;
const placesMisfit = (padding: number, stride: number): string =>
  `convTranspose: outputPadding is ${padding}, and must be less than the stride, ${stride}; pad the result`;

type LengthMisfit<I extends string> =
  `convTranspose: the padding takes more than the result has along spatial axis ${I}; pad less`;
const lengthMisfit = (axis: number): string =>
  `convTranspose: the padding takes more than the result has along spatial axis ${axis}; pad less`;

type OptionsFit<X extends readonly unknown[], Inputs, O> = NamesFit<
  "convTranspose",
  O,
  ConvTransposeOptions<X>,
  typeof optionNames
> &
  PositiveFit<"convTranspose", "groups", GroupsOf<O>> &
  GroupsFit<Inputs, GroupsOf<O>> &
  AxisFit<"convTranspose", X, O, "0"> &
  AxisFit<"convTranspose", X, O, "1"> &
  PlacesFit<X, O, "0"> &
  PlacesFit<X, O, "1">;

type GroupsFit<Inputs, G> =
  AllLiteral<[Inputs, G]> extends true
    ? [Remainder<Inputs, G>] extends [0]
      ? unknown
      : ShapeError<GroupsMisfit<Inputs, G>>
    : unknown;

type PlacesFit<X, O, I> = I extends keyof X
  ? AllLiteral<[OutputPaddingAt<O, I>, StrideAt<O, I>]> extends true
    ? [unknown] extends [NaturalFit<"convTranspose", "outputPadding", OutputPaddingAt<O, I>>]
      ? [unknown] extends [PositiveFit<"convTranspose", "stride", StrideAt<O, I>>]
        ? SubDigits<Digits<OutputPaddingAt<O, I>>, Digits<StrideAt<O, I>>> extends "negative"
          ? unknown
          : ShapeError<PlacesMisfit<OutputPaddingAt<O, I>, StrideAt<O, I>>>
        : unknown
      : NaturalFit<"convTranspose", "outputPadding", OutputPaddingAt<O, I>>
    : unknown
  : unknown;

/** Refuses a kernel without places, and padding that leaves less than nothing. */
type KernelFit<X extends readonly unknown[], K extends readonly unknown[], O> = X["length"] extends K["length"]
  ? KernelAxisFit<X, K, O, "0"> & KernelAxisFit<X, K, O, "1">
  : unknown;
type KernelAxisFit<X, K, O, I extends string> = I extends keyof X & keyof K
  ? PositiveFit<"convTranspose", "the length of the kernel", K[I]> & LengthFit<X[I], K[I], O, I>
  : unknown;
type LengthFit<H, K, O, I extends string> =
  AllLiteral<[H, K, StrideAt<O, I>, DilationAt<O, I>, OutputPaddingAt<O, I>, PaddedBy<PaddingAt<O, I>>]> extends true
    ? [unknown] extends [
        PositiveFit<"convTranspose", "dilation", DilationAt<O, I>> &
          PositiveFit<"convTranspose", "stride", StrideAt<O, I>> &
          PaddingFit<"convTranspose", PaddingAt<O, I>> &
          NaturalFit<"convTranspose", "outputPadding", OutputPaddingAt<O, I>>,
      ]
      ? [Shifted<Strided<H, StrideAt<O, I>>, Added<K, O, I>, Taken<O, I>>] extends [never]
        ? ShapeError<LengthMisfit<I>>
        : unknown
      : unknown
    : unknown;

type ConvTranspose = <
  B extends number,
  Inputs extends number,
  Own extends number,
  X extends Spatial,
  K extends Spatial,
  D extends Float,
  const O extends ConvTransposeOptions<X> = Record<never, never>,
  Yes = true,
>(
  x: In<readonly [B, number, ...X], D> & NoInfer<In<readonly [B, Inputs, ...X], Float>>,
  weight: In<readonly [Inputs, Own, ...K], Float> &
    NoInfer<In<readonly [number, number, ...SameRank<X>], D> & KernelFit<X, K, O>>,
  bias?: NoInfer<In<readonly [ConvChannels<Own, O, Yes>], D>> | undefined,
  options?: O & OptionsFit<X, Inputs, O>,
) => Tensor<[B, ConvChannels<Own, O, Yes>, ...TransposedDims<X, K, O>], D>;

/**
 * The transpose of a convolution over the axes after batch and channels: where `conv` with the same options reads from many
 * places to one, this adds from one to many, y[b, o, p · stride + k · dilation − padding] += x[b, i, p] · weight[i, o, k].
 *
 * Shapes: x [B, C, L] or [B, C, H, W], weight [C, O / groups, …], bias [O] → [B, O, …] with lengths
 * (length − 1) · stride + span + outputPadding − padding, where a kernel of k elements spans (k − 1) · dilation + 1.
 * @throws ShapeError, DTypeError
 */
export const convTranspose: Op<ConvTranspose> = op<ConvTranspose>(
  {
    name: "convTranspose",
    kind: "contract",
    law: "[B, C, …X], [C, O / groups, …K], [O]? → [B, O, …(X − 1) · stride + span + outputPadding − padding]",
    formula: "Σ x[b, i, p] · weight[i, o, k] where p · stride + k · dilation − padding is the place, + bias[o]",
    gradient: "convolutions: of ct with the weight, of ct with x; Σ ct",
    example: "convTranspose(tensor([[[1, 2, 3]]]), tensor([[[1, 1]]]), undefined, { stride: 2 })",
    draw: drawConvTranspose,
  },
  ((x: AnyTensor, weight: AnyTensor, bias?: AnyTensor, options: ConvTransposeOptions<Shape> = {}): AnyTensor => {
    checkFloat("convTranspose", x);
    checkFloat("convTranspose", weight, x);
    checkOperands(x.shape, weight.shape);
    const { lengths, ...params } = transposeParams(x.shape, weight.shape, options);
    const product = convolveBack(params, lengths, weight, x);
    return bias === undefined ? product : addBias("convTranspose", product, weight, bias, 1);
  }) as unknown as ConvTranspose,
);

const checkOperands = (x: Shape, weight: Shape): void => {
  if (x.length !== 3 && x.length !== 4)
    misfit(`convTranspose: x is ${show(x)}, and must be [batch, channels, length] or [batch, channels, height, width]`);
  if (weight.length !== x.length)
    misfit(
      `convTranspose: weight is ${show(weight)}, and must be [channels, outputs, ${x.length === 3 ? "length" : "height, width"}] for x ${show(x)}`,
    );
  if (weight[0] !== x[1])
    misfit(
      `convTranspose: weight ${show(weight)} takes ${weight[0]} channels, and x ${show(x)} has ${x[1]}; weight is [channels, outputs, …]`,
    );
};

/** The parameters of the convolution that is transposed, and the lengths that it has on its own way. */
const transposeParams = (x: Shape, weight: Shape, options: ConvTransposeOptions<Shape>) => {
  checkNames("convTranspose", options, optionNames);
  const input = x.slice(2);
  const kernel = weight.slice(2);
  const rank = input.length;
  const { groups = 1 } = options;
  checkPositive("convTranspose", "groups", groups);
  const [inputs = 0] = weight;
  if (inputs % groups !== 0) misfit(groupsMisfit(inputs, groups));
  const stride = positivePerAxis("convTranspose", "stride", options.stride ?? 1, rank);
  const dilation = positivePerAxis("convTranspose", "dilation", options.dilation ?? 1, rank);
  const padding = paddingPairs("convTranspose", options.padding ?? 0, rank);
  const outputPadding = perAxis("convTranspose", "outputPadding", options.outputPadding ?? 0, rank);
  const lengths = input.map((length, i) => {
    const [own, step, places] = [kernel[i] as number, stride[i] as number, outputPadding[i] as number];
    checkPositive("convTranspose", "the length of the kernel", own);
    checkNatural("convTranspose", "outputPadding", places);
    if (places >= step) misfit(placesMisfit(places, step));
    const [low, high] = padding[i] as readonly [number, number];
    const result = length * step + spanOf(own, dilation[i] as number) + places - step - low - high;
    return result < 0 ? misfit(lengthMisfit(i)) : result;
  });
  return { stride, padding, dilation, inputDilation: input.map(() => 1), groups, lengths };
};

function drawConvTranspose(draw: Draw): readonly unknown[] {
  const rank = draw.oneOf([1, 2]);
  const axes = <V>(entry: () => V): V[] => Array.from({ length: rank }, entry);
  const stride = draw.oneOf([undefined, 2, axes(() => draw.integer(1, 3))]);
  const dilation = draw.oneOf([undefined, 2, axes(() => draw.integer(1, 2))]);
  const kernel = axes(() => draw.integer(1, 3));
  // One place of x is enough for what a kernel of one element and no more padding than that leaves.
  const padding = draw.oneOf([undefined, ...(kernel.includes(1) ? [] : [1, axes((): [number, number] => [1, 0])])]);
  const outputPadding = stride === 2 ? draw.oneOf([undefined, 1]) : undefined;
  const groups = draw.oneOf([undefined, undefined, 1, 2]);
  const x = draw.tensor([
    rank === 1 ? draw.integer(1, 2) : 1,
    (groups ?? 1) * draw.integer(1, 2),
    ...axes(() => draw.integer(1, 3)),
  ]);
  const own = draw.integer(1, 2);
  const weight = draw.tensor([x.shape[1], own, ...kernel]);
  const bias = draw.oneOf([undefined, draw.tensor([own * (groups ?? 1)])]);
  const options = { stride, padding, outputPadding, dilation, groups };
  const given = Object.entries(options).filter(([, option]) => option !== undefined);
  if (given.length > 0) return [x, weight, bias, Object.fromEntries(given)];
  return bias === undefined ? [x, weight] : [x, weight, bias];
}
