/** Composites whose formulas have other forms: softmax, group norm, attention, upsampling. */

import { describe, expect, test } from "vitest";
import {
  attention,
  full,
  groupNorm,
  iota,
  logSoftmax,
  ones,
  reshape,
  softmax,
  sum,
  type Tensor,
  tensor,
  upsample,
  zeros,
} from "../../../dsl/index.ts";
import { expectClose } from "../../../dsl/testing/index.ts";

describe("softmax", () => {
  test("sums to one along the axis, whatever the size of its operand", () => {
    const x = tensor([
      [1000, 1001],
      [-1000, -1003],
    ]);
    expectClose(sum(softmax(x), 1), [1, 1], { relative: 1e-6 });
    expectClose(softmax(x, 0), [
      [1, 1],
      [0, 0],
    ]);
    expectClose(
      logSoftmax(x),
      [
        [-1.3132616875, -0.3132616875],
        [-0.0485873516, -3.0485873516],
      ],
      { relative: 1e-6 },
    );
  });

  test("refuses an axis that is none", () => {
    // @ts-expect-error axis 1 of rank 1
    expect(() => softmax(tensor([1, 2]), 1)).toThrow("softmax: 1 is not an axis of [2]; its axes are 0 to 0");
  });
});

describe("groupNorm", () => {
  test("normalises each group of channels", () => {
    const x = tensor([
      [
        [1, 3],
        [5, 7],
        [0, 0],
        [0, 8],
      ],
    ]);
    const y = groupNorm(x, 2, ones([4]), zeros([4]), 0);
    expectClose(
      y,
      [
        [
          [-3, -1].map((v) => v / Math.sqrt(5)),
          [1, 3].map((v) => v / Math.sqrt(5)),
          [-2, -2].map((v) => v / Math.sqrt(12)),
          [-2, 6].map((v) => v / Math.sqrt(12)),
        ],
      ],
      { relative: 1e-6 },
    );
  });

  test("scales and shifts by channel", () => {
    const x = tensor([
      [
        [1, 3],
        [5, 7],
      ],
    ]);
    expectClose(
      groupNorm(x, 2, tensor([2, 0]), tensor([0, 5]), 0),
      [
        [
          [-2, 2],
          [5, 5],
        ],
      ],
      { relative: 1e-6 },
    );
  });

  test("refuses groups that do not divide the channels, at both levels with one text", () => {
    const x = full([1, 6, 2], 1);
    const text =
      "groupNorm: 6 channels are not divisible by 4 groups; choose a number of groups that divides the channels";
    // @ts-expect-error 6 channels, 4 groups
    expect(() => groupNorm(x, 4, ones([6]), zeros([6]))).toThrow(text);
    // @ts-expect-error scale of 4 for 6 channels
    expect(() => groupNorm(x, 2, ones([4]), zeros([6]))).toThrow(
      "groupNorm: scale is [4], and must be [6], one for each channel",
    );
  });
});

describe("attention", () => {
  test("averages values by how well keys match", () => {
    const query = tensor([[10, 0]]);
    const key = tensor([
      [10, 0],
      [0, 10],
    ]);
    const value = tensor([
      [1, 2, 3],
      [7, 7, 7],
    ]);
    const out: Tensor<[1, 3]> = attention(query, key, value);
    expectClose(out, [[1, 2, 3]], { absolute: 1e-6 });
    expectClose(attention(query, key, value, 0), [[4, 4.5, 5]], { absolute: 1e-6 });
  });

  test("refuses lengths and widths that differ", () => {
    // @ts-expect-error widths 2 and 3
    expect(() => attention(ones([4, 2]), ones([5, 3]), ones([5, 2]))).toThrow(
      "the last axes of query and key must be equal",
    );
    // @ts-expect-error lengths 5 and 6
    expect(() => attention(ones([4, 2]), ones([5, 2]), ones([6, 2]))).toThrow("key and value must have one length");
  });
});

describe("upsample", () => {
  const x = reshape(iota(16, "f32"), [1, 1, 4, 4]);

  test("repeats along every spatial axis", () => {
    const up: Tensor<[1, 1, 4]> = upsample(tensor([[[1, 2]]]), 2);
    expectClose(up, [[[1, 1, 2, 2]]]);
    const image: Tensor<[1, 1, 8, 8]> = upsample(x, 2);
    expect(image.shape).toEqual([1, 1, 8, 8]);
  });

  test("refuses a factor that is no whole number", () => {
    // @ts-expect-error no whole number
    expect(() => upsample(x, 1.5)).toThrow("upsample: the factor is 1.5, and must be a whole number from 1 up");
  });
});
