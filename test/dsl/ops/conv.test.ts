import { describe, expect, test } from "vitest";
import { conv } from "../../../dsl/ops/conv.ts";
import { type ConvParams, convolve } from "../../../dsl/ops/convolve.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkAdjoint, checkGrads } from "../../../dsl/testing/index.ts";
import { elementsOf, filled, indices } from "../../support/tensors.ts";

interface Options {
  readonly stride?: number | readonly number[];
  readonly padding?: number | readonly (number | readonly [number, number])[];
  readonly dilation?: number | readonly number[];
  readonly groups?: number;
}

/** The types know options that are literals; here they are not. */
const run = (x: AnyTensor, weight: AnyTensor, bias?: AnyTensor, options?: Options): AnyTensor =>
  (conv as (...args: readonly unknown[]) => AnyTensor)(x, weight, bias, options);

const entry = <V>(option: V | readonly V[] | undefined, axis: number, otherwise: V): V =>
  option === undefined ? otherwise : Array.isArray(option) ? (option[axis] as V) : (option as V);

/** Pads and reads, place by place: the definition, for images; a signal is an image of height 1. */
const naive = (x: AnyTensor, weight: AnyTensor, bias: AnyTensor | undefined, options: Options): number[] => {
  const signal = x.shape.length === 3;
  const [batch, channels, ...input] = x.shape as [number, number, ...number[]];
  const [outputs, own, ...kernel] = weight.shape as [number, number, ...number[]];
  const [[height, width], [rows, columns]] = [input, kernel].map((dims) => (signal ? [1, ...dims] : dims)) as [
    [number, number],
    [number, number],
  ];
  const along = (axis: number) => {
    const own = signal ? axis - 1 : axis;
    if (own < 0) return { stride: 1, dilation: 1, low: 0, high: 0 };
    const padding = entry<number | readonly [number, number]>(options.padding, own, 0);
    const [low, high] = typeof padding === "number" ? [padding, padding] : padding;
    return { stride: entry(options.stride, own, 1), dilation: entry(options.dilation, own, 1), low, high };
  };
  const [vertical, horizontal] = [along(0), along(1)];
  const places = (
    length: number,
    taps: number,
    { stride, dilation, low, high }: ReturnType<typeof along>,
  ): number[] => {
    const found: number[] = [];
    for (let at = -low; at + (taps - 1) * dilation < length + high; at += stride) found.push(at);
    return found;
  };
  const [xs, ws, bs] = [elementsOf(x), elementsOf(weight), bias === undefined ? [] : elementsOf(bias)];
  const perGroup = outputs / (options.groups ?? 1);
  const out: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outputs; o++) {
      for (const top of places(height, rows, vertical)) {
        for (const left of places(width, columns, horizontal)) {
          let sum = bs[o] ?? 0;
          for (let i = 0; i < own; i++) {
            const channel = Math.floor(o / perGroup) * own + i;
            for (let r = 0; r < rows; r++) {
              for (let c = 0; c < columns; c++) {
                const [y, z] = [top + r * vertical.dilation, left + c * horizontal.dilation];
                if (y < 0 || y >= height || z < 0 || z >= width) continue;
                const value = xs[((b * channels + channel) * height + y) * width + z] as number;
                sum += value * (ws[((o * own + i) * rows + r) * columns + c] as number);
              }
            }
          }
          out.push(sum);
        }
      }
    }
  }
  return out;
};

const cases: readonly (readonly [string, readonly number[], readonly number[], Options])[] = [
  ["no padding", [2, 3, 5, 4], [4, 3, 3, 2], {}],
  ["one element", [2, 3, 3, 2], [4, 3, 1, 1], {}],
  ["as large as the image", [1, 2, 3, 2], [2, 2, 3, 2], {}],
  ["the same size", [2, 2, 4, 5], [3, 2, 3, 3], { padding: 1 }],
  ["padding per axis", [1, 2, 4, 5], [2, 2, 1, 5], { padding: [0, 2] }],
  [
    "padding per side",
    [1, 2, 4, 3],
    [2, 2, 3, 3],
    {
      padding: [
        [0, 2],
        [3, 1],
      ],
    },
  ],
  ["stride", [2, 2, 6, 5], [2, 2, 3, 3], { stride: 2, padding: 1 }],
  ["a stride that leaves places unread", [1, 2, 6, 8], [2, 2, 2, 2], { stride: [3, 4] }],
  ["dilation", [1, 2, 6, 5], [2, 2, 2, 3], { dilation: [3, 2], padding: 1 }],
  [
    "dilation and stride",
    [1, 1, 7, 8],
    [2, 1, 3, 2],
    {
      dilation: 2,
      stride: [2, 3],
      padding: [
        [1, 0],
        [0, 2],
      ],
    },
  ],
  ["groups", [2, 6, 4, 3], [4, 3, 2, 3], { groups: 2, padding: 1 }],
  ["a group for each channel", [2, 3, 4, 4], [6, 1, 3, 3], { groups: 3, padding: 1, stride: 2 }],
  [
    "everything",
    [2, 4, 7, 6],
    [6, 2, 3, 2],
    {
      groups: 2,
      stride: [2, 3],
      dilation: [2, 1],
      padding: [
        [2, 1],
        [0, 3],
      ],
    },
  ],
  ["a signal", [2, 3, 7], [4, 3, 3], { padding: 1, stride: 2 }],
  ["a signal with everything", [2, 4, 9], [4, 2, 3], { groups: 2, stride: 2, dilation: [2], padding: [[1, 2]] }],
  ["an empty batch", [0, 2, 4, 4], [3, 2, 3, 3], { padding: 1 }],
  ["an empty image", [2, 2, 0, 4], [3, 2, 3, 3], { padding: 1 }],
];

describe.each(cases)("%s", (_, xShape, weightShape, options) => {
  const [x, weight, bias] = [filled(xShape, 1), filled(weightShape, 2), filled([weightShape[0] as number], 3)];

  test("equals its definition", () => {
    const plain = naive(x, weight, undefined, options);
    expect(elementsOf(run(x, weight, undefined, options))).toEqual(plain);
    expect(elementsOf(run(x, weight, bias, options))).toEqual(naive(x, weight, bias, options));
  });

  test("has gradients and their gradients", () => {
    const call = (...operands: readonly AnyTensor[]): AnyTensor =>
      run(operands[0] as AnyTensor, operands[1] as AnyTensor, operands[2], options);
    checkGrads(call, [x, weight, bias], { order: 2, entries: 5 });
    checkAdjoint(call, [x, weight, bias]);
  });
});

describe("the primitive", () => {
  test("parts the elements of x, and crops by negative padding", () => {
    const params: ConvParams = { stride: [2], padding: [[-1, -2]], dilation: [1], inputDilation: [3], groups: 1 };
    // [1, 2, 3] parted is 1 0 0 2 0 0 3; without the first and the last two, 0 0 2 0; sums of two, every second.
    const x = filled([1, 1, 3]);
    const [, second] = elementsOf(x);
    const weight = filled([1, 1, 2], 2);
    expect(elementsOf(convolve(params, x, weight))).toEqual([
      0,
      (second as number) * (elementsOf(weight)[0] as number),
    ]);
    checkGrads((a: AnyTensor, b: AnyTensor) => convolve(params, a, b), [x, weight], { order: 2 });
  });

  test("splits a large image into matrices of patches", () => {
    const [x, weight] = [filled([1, 8, 40, 41], 1), filled([3, 8, 3, 3], 2)];
    const result = elementsOf(run(x, weight, undefined, { padding: 1 }));
    const expected = naive(x, weight, undefined, { padding: 1 });
    expect(Math.max(...result.map((value, at) => Math.abs(value - (expected[at] as number))))).toBe(0);
  });
});

describe("refuses", () => {
  const refused = (x: readonly number[], weight: readonly number[], options: unknown, bias?: readonly number[]) => () =>
    run(filled(x), filled(weight), bias && filled(bias), options as Options);

  test.each([
    [
      [2, 3],
      [4, 3, 3],
      {},
      "conv: x is [2, 3], and must be [batch, channels, length] or [batch, channels, height, width]",
    ],
    [
      [2, 3, 5, 5],
      [4, 3, 3],
      {},
      "conv: weight is [4, 3, 3], and must be [outputs, channels, height, width] for x [2, 3, 5, 5]",
    ],
    [
      [2, 3, 5],
      [4, 3, 3, 3],
      {},
      "conv: weight is [4, 3, 3, 3], and must be [outputs, channels, length] for x [2, 3, 5]",
    ],
    [[2, 8, 5, 5], [4, 3, 3, 3], {}, "conv: weight [4, 3, 3, 3] takes 3 channels, and x [2, 8, 5, 5] has 8"],
    [
      [2, 8, 5],
      [6, 3, 3],
      { groups: 2 },
      "conv: weight [6, 3, 3] takes 3 channels in each of 2 groups, 6 in all, and x [2, 8, 5] has 8",
    ],
    [[2, 8, 5], [6, 2, 3], { groups: 4 }, "conv: 6 outputs of the weight are not divisible by 4 groups"],
    [
      [2, 3, 5, 2],
      [4, 3, 3, 3],
      {},
      "conv: the kernel spans 3 along spatial axis 1, where x with its padding has 2; pad x, or take a smaller kernel",
    ],
    [
      [2, 3, 5],
      [4, 3, 3],
      { dilation: 3, padding: [[0, 1]] },
      "conv: the kernel spans 7 along spatial axis 0, where x with its padding has 6; pad x, or take a smaller kernel",
    ],
    [[2, 3, 5], [4, 3, 0], {}, "conv: the length of the kernel is 0, and must be a whole number from 1 up"],
    [[2, 3, 5], [4, 3, 3], { stride: 0 }, "conv: stride is 0, and must be a whole number from 1 up"],
    [[2, 3, 5], [4, 3, 3], { dilation: 1.5 }, "conv: dilation is 1.5, and must be a whole number from 1 up"],
    [[2, 3, 5], [4, 3, 3], { groups: -1 }, "conv: groups is -1, and must be a whole number from 1 up"],
    [
      [2, 3, 5],
      [4, 3, 3],
      { padding: -1 },
      "conv: padding is -1, and must be a whole number from 0 up; crop with slice",
    ],
    [
      [2, 3, 5],
      [4, 3, 3],
      { padding: [1, 2] },
      "conv: padding [1,2] has 2 entries, and x has 1 spatial axes; give one number, or one entry for each, as [[1,2]] for [low, high]",
    ],
    [
      [2, 3, 5, 5],
      [4, 3, 3, 3],
      { stride: [1] },
      "conv: stride [1] has 1 entries, and x has 2 spatial axes; give one number, or one entry for each",
    ],
    [
      [2, 3, 5],
      [4, 3, 3],
      { padding: [[1]] },
      "conv: padding has an entry of 1 numbers, which is neither one number nor a pair [low, high]",
    ],
    [[2, 3, 5], [4, 3, 3], { pad: 1 }, 'conv: "pad" is no option; they are stride, padding, dilation and groups'],
  ])("x %j, weight %j, %j", (x, weight, options, message) => {
    expect(refused(x, weight, options)).toThrow(message);
  });

  test("a bias of another length, and other dtypes", () => {
    expect(refused([2, 3, 5], [4, 3, 3], {}, [3])).toThrow(
      "conv: bias is [3], and must be [4], one for each output of weight [4, 3, 3]",
    );
    const ints = indices([1, 1, 1], [1]);
    expect(() => run(ints, ints)).toThrow("conv: i32[1, 1, 1] is of a dtype that conv does not take");
  });
});
