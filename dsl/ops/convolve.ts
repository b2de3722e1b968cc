/** The primitive `conv`: convolution over any number of axes, with everything that its own gradients need. */

import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type AxisRead, axisRead, type Lowering, type ProductAxis } from "../lowering.ts";
import { type Dense, type Elements, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { misfit, type Shape, sizeOf } from "../shape.ts";
import { type AnyTensor, describe } from "../tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { dotProducts } from "./dot-products.ts";
import { flipOver, permuteTo } from "./move.ts";
import { spanOf } from "./spatial.ts";

/** Per spatial axis, but for `groups`. */
export interface ConvParams {
  readonly stride: readonly number[];
  /** Zeros before and after; a negative number crops. */
  readonly padding: readonly (readonly [low: number, high: number])[];
  /** Distance between elements of the kernel. */
  readonly dilation: readonly number[];
  /** Distance between elements of the input, with zeros between them: what a stride becomes on the way back. */
  readonly inputDilation: readonly number[];
  readonly groups: number;
}

/** Length of the result along spatial axis `i`: ⌊(input + padding − kernel) / stride⌋ + 1, with what they span. */
const resultLength = (params: ConvParams, i: number, input: number, kernel: number): number => {
  const [low, high] = params.padding[i] as readonly [number, number];
  const free = spanOf(input, at(params.inputDilation, i)) + low + high - spanOf(kernel, at(params.dilation, i));
  return Math.max(0, Math.floor(free / at(params.stride, i)) + 1);
};

const at = (numbers: readonly number[], i: number): number => numbers[i] as number;

/**
 * out[b, o, p] = Σ x[b, g · I + i, p · stride + k · dilation − low] · weight[o, i, k], over the I channels i of the group g
 * of o and all places k of the kernel; x is zero outside, and between its elements where `inputDilation` parts them.
 *
 * Operands x [B, groups · I, …], weight [O, I, …]; the result is [B, O, …].
 */
export const convPrimitive: Primitive<ConvParams> = primitive({
  name: "conv",
  kind: "contract",
  infer: (params, operands) => {
    const [x, weight] = operands as [TensorType, TensorType];
    const [batch = 0, channels = 0, ...input] = x.shape;
    const [outputs = 0, own = 0, ...kernel] = weight.shape;
    if (input.length !== kernel.length || channels !== own * params.groups || outputs % params.groups !== 0)
      misfit(`internal: conv: ${describe(x)} and ${describe(weight)} in ${params.groups} groups`);
    const spatial = input.map((length, i) => resultLength(params, i, length, at(kernel, i)));
    return { shape: [batch, outputs, ...spatial], dtype: x.dtype };
  },
  evaluate: evaluateConv,
  lower: (params, operands, type) => lowerConv(params, operands[1] as TensorType, type),
  pullback: ({ params, operands, ct }, index) => {
    const [x, weight] = operands as [AnyTensor, AnyTensor];
    return index === 0 ? inputCotangent(params, x, weight, ct) : weightCotangent(params, x, weight, ct);
  },
});

export const convolve = (params: ConvParams, x: AnyTensor, weight: AnyTensor): AnyTensor =>
  apply(convPrimitive, params, [x, weight]);

/** High padding with which a result has a wanted length. */
const highFor = (length: number, stride: number, input: number, low: number, kernel: number): number =>
  (length - 1) * stride + kernel - input - low;

/**
 * ∂x: every element of ct goes back to where the kernel read, which is a convolution of ct, its elements a stride apart, with
 * the kernel reversed and its inputs and outputs exchanged.
 */
const inputCotangent = (params: ConvParams, x: AnyTensor, weight: AnyTensor, ct: AnyTensor): AnyTensor => {
  const { stride, padding, dilation, inputDilation, groups } = params;
  const [outputs, own, ...kernel] = weight.shape as number[] as [number, number, ...number[]];
  const input = (x.shape as Shape).slice(2);
  const result = (ct.shape as Shape).slice(2);
  const spatial = kernel.map((_, i) => i + 2);
  const grouped = reshapeTo(weight, [groups, outputs / groups, own, ...kernel]);
  const exchanged = permuteTo(grouped, [0, 2, 1, ...spatial.map((axis) => axis + 1)]);
  return convolve(
    {
      stride: inputDilation,
      dilation,
      inputDilation: stride,
      groups,
      padding: input.map((length, i) => {
        const kernelSpan = spanOf(at(kernel, i), at(dilation, i));
        const low = kernelSpan - 1 - (padding[i] as readonly [number, number])[0];
        const ctSpan = spanOf(at(result, i), at(stride, i));
        return [low, highFor(length, at(inputDilation, i), ctSpan, low, kernelSpan)];
      }),
    },
    ct,
    flipOver(reshapeTo(exchanged, [groups * own, outputs / groups, ...kernel]), spatial),
  );
};

/**
 * ∂weight: each of its elements saw x through a window as large as ct, which is a convolution of x with ct as the kernel,
 * summed over the batch: batch and channels change places, and so do stride and dilation.
 */
const weightCotangent = (params: ConvParams, x: AnyTensor, weight: AnyTensor, ct: AnyTensor): AnyTensor => {
  const { stride, padding, dilation, inputDilation, groups } = params;
  const [, own, ...kernel] = weight.shape as number[] as [number, number, ...number[]];
  const [batch, , ...input] = x.shape as number[] as [number, number, ...number[]];
  const result = (ct.shape as Shape).slice(2);
  const spatial = kernel.map((_, i) => i + 2);
  const grouped = reshapeTo(x, [batch, groups, own, ...input]);
  const exchanged = permuteTo(grouped, [2, 1, 0, ...spatial.map((axis) => axis + 1)]);
  const found = convolve(
    {
      stride: dilation,
      dilation: stride,
      inputDilation,
      groups,
      padding: kernel.map((length, i) => {
        const [low] = padding[i] as readonly [number, number];
        const xSpan = spanOf(at(input, i), at(inputDilation, i));
        return [low, highFor(length, at(dilation, i), xSpan, low, spanOf(at(result, i), at(stride, i)))];
      }),
    },
    reshapeTo(exchanged, [own, groups * batch, ...input]),
    permuteTo(ct, [1, 0, ...spatial]),
  );
  return permuteTo(found, [1, 0, ...spatial]);
};

/**
 * As sums of products: axes of the result are image, group, output channel of the group, places; of the sum, places of the
 * kernel, then input channel of the group.
 */
const lowerConv = (params: ConvParams, weight: TensorType, type: TensorType): Lowering => {
  const { stride, padding, dilation, inputDilation, groups } = params;
  const [batch = 0, , ...result] = type.shape;
  const [outputs = 0, own = 0, ...kernel] = weight.shape;
  const perGroup = outputs / groups;
  const axes: ProductAxis[] = [
    { size: batch, result: { axis: 0, step: 1 } },
    { size: groups, result: { axis: 1, step: perGroup } },
    { size: perGroup, result: { axis: 1, step: 1 } },
    ...result.map((size, i) => ({ size, result: { axis: i + 2, step: 1 } })),
    ...kernel.map((size) => ({ size, result: null })),
    { size: own, result: null },
  ];
  const [places, taps, channel] = [3, 3 + result.length, 3 + 2 * result.length];
  const window = (i: number): AxisRead => ({
    offset: 0,
    terms: [
      { axis: places + i, step: at(stride, i) },
      { axis: taps + i, step: at(dilation, i) },
    ],
  });
  const inGroup = (step: number, axis: number): AxisRead => ({
    offset: 0,
    terms: [
      { axis: 1, step },
      { axis, step: 1 },
    ],
  });
  return {
    kind: "products",
    axes,
    operands: [
      [axisRead(0), inGroup(own, channel), ...result.map((_, i) => window(i))],
      [inGroup(perGroup, 2), axisRead(channel), ...kernel.map((_, i) => axisRead(taps + i))],
    ],
    padding: {
      low: [0, 0, ...padding.map(([low]) => low)],
      high: [0, 0, ...padding.map(([, high]) => high)],
      interior: [0, 0, ...inputDilation.map((gap) => gap - 1)],
    },
  };
};

/** Elements of one matrix of patches, so that it stays in a processor's cache. */
const patchElements = 1 << 16;

/** Per image and group: lays out what the kernel sees at some places as rows, and multiplies them with the weight's rows. */
function evaluateConv(params: ConvParams, operands: readonly Dense[], type: TensorType): Elements {
  const [x, weight] = operands as [Dense, Dense];
  const { groups } = params;
  const [batch = 0, channels = 0] = x.shape;
  const [outputs = 0, own = 0, ...kernel] = weight.shape;
  const places = sizeOf(type.shape.slice(2));
  const out = allocateFor(type);
  const taps = sizeOf(kernel);
  const depth = own * taps;
  const rows = new Float64Array(weight.data);
  const reads = readsOf(params, x.shape.slice(2), kernel, type.shape.slice(2));
  const image = sizeOf(x.shape.slice(2));
  const count = Math.max(1, Math.min(places, Math.floor(patchElements / Math.max(1, depth))));
  const patches = new Float64Array(count * depth);
  const products = new Float64Array((outputs / groups) * count);
  for (let b = 0; b < batch; b++) {
    for (let group = 0; group < groups; group++) {
      const first = group * (outputs / groups);
      for (let start = 0; start < places; start += count) {
        const size = Math.min(count, places - start);
        const from = (b * channels + group * own) * image;
        fillPatches(patches, { data: x.data, from, count: own, step: image }, reads, taps, start, size);
        dotProducts(
          { data: rows, count: outputs / groups, start: first * depth },
          { data: patches, count: size, start: 0 },
          depth,
          { data: products, start: 0, step: size },
        );
        for (let o = 0; o < outputs / groups; o++) {
          const row = (b * outputs + first + o) * places + start;
          for (let p = 0; p < size; p++) out[row + p] = products[o * size + p] as number;
        }
      }
    }
  }
  return out;
}

/** Which element of an image each place of the kernel reads, for each place of the result; −1 for a zero. */
const readsOf = (params: ConvParams, input: Shape, kernel: Shape, result: Shape): Int32Array => {
  let reads = new Int32Array([0]);
  let [places, taps] = [1, 1];
  // One spatial axis after the other: rows are places of the result, columns places of the kernel.
  input.forEach((length, i) => {
    const [low] = params.padding[i] as readonly [number, number];
    const apart = at(params.inputDilation, i);
    const [results, own] = [at(result, i), at(kernel, i)];
    const next = new Int32Array(places * results * taps * own);
    for (let place = 0; place < places * results; place++) {
      for (let tap = 0; tap < taps * own; tap++) {
        const before = reads[Math.floor(place / results) * taps + Math.floor(tap / own)] as number;
        const along = (place % results) * at(params.stride, i) + (tap % own) * at(params.dilation, i) - low;
        const hit = before >= 0 && along >= 0 && along < length * apart && along % apart === 0;
        next[place * taps * own + tap] = hit ? before * length + along / apart : -1;
      }
    }
    reads = next;
    [places, taps] = [places * results, taps * own];
  });
  return reads;
};

/** Where one image and group begins in x, and how its channels lie. */
interface Channels {
  readonly data: Elements;
  readonly from: number;
  readonly count: number;
  readonly step: number;
}

/** A row for each place: for every channel, what the kernel sees there. */
const fillPatches = (
  patches: Float64Array,
  { data, from, count, step }: Channels,
  reads: Int32Array,
  taps: number,
  start: number,
  places: number,
): void => {
  let next = 0;
  for (let place = start; place < start + places; place++) {
    const row = place * taps;
    for (let channel = 0; channel < count; channel++) {
      const origin = from + channel * step;
      for (let tap = row; tap < row + taps; tap++) {
        const read = reads[tap] as number;
        patches[next++] = read < 0 ? 0 : (data[origin + read] as number);
      }
    }
  }
};
