import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inPrecision } from "../../../dsl/evaluate.ts";
import { conv, convTranspose, ones, ShapeError, type Tensor, tensor, vjp } from "../../../dsl/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { drawFrom, expectClose } from "../../../dsl/testing/index.ts";
import { elementsOf } from "../../support/tensors.ts";

const row = tensor([[[1, 2, 3]]]);
const kernel = tensor([[[1, 10, 100]]]);

describe("convTranspose", () => {
  test("adds what the kernel makes of each element, a stride apart", () => {
    const full: Tensor<[1, 1, 5]> = convTranspose(row, kernel);
    expect(elementsOf(full)).toEqual([1, 12, 123, 230, 300]);
    const apart: Tensor<[1, 1, 7]> = convTranspose(row, kernel, undefined, { stride: 2 });
    expect(elementsOf(apart)).toEqual([1, 10, 102, 20, 203, 30, 300]);
    const cropped: Tensor<[1, 1, 6]> = convTranspose(row, kernel, tensor([0.5]), {
      stride: 2,
      padding: 1,
      outputPadding: 1,
    });
    expect(elementsOf(cropped)).toEqual([10.5, 102.5, 20.5, 203.5, 30.5, 300.5]);
    const dilated: Tensor<[1, 1, 7]> = convTranspose(row, kernel, undefined, { dilation: 2 });
    expect(elementsOf(dilated)).toEqual([1, 2, 13, 20, 130, 200, 300]);
  });

  test("has outputs of each group", () => {
    const x: Tensor<[1, 4, 1]> = tensor([[[1], [2], [3], [4]]]);
    const weight: Tensor<[4, 1, 1]> = tensor([[[1]], [[10]], [[1]], [[10]]]);
    const y: Tensor<[1, 2, 1]> = convTranspose(x, weight, undefined, { groups: 2 });
    expect(elementsOf(y)).toEqual([21, 43]);
  });

  test("is the pullback of conv by the same options", () => {
    const loose = convTranspose as unknown as (...args: readonly unknown[]) => AnyTensor;
    const looseConv = conv as unknown as (...args: readonly unknown[]) => AnyTensor;
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const [y, weight, , options] = convTranspose.record.draw(drawFrom(gen)) as [
          AnyTensor,
          AnyTensor,
          unknown,
          object?,
        ];
        inPrecision("f64", () => {
          const x = loose(y, weight, undefined, options ?? {});
          const { outputPadding: _, ...own } = (options ?? {}) as { readonly outputPadding?: number };
          const [, pullback] = vjp((x: AnyTensor) => looseConv(x, weight, undefined, own))(x);
          expectClose(pullback(y), x, { absolute: 1e-9 });
        });
      }),
      { seed: 11, numRuns: 100 },
    );
  });
});

test("what does not fit is refused, in types and when it runs", () => {
  const refuses = (f: () => unknown, message: string): void => expect(f).toThrow(new ShapeError(message));
  const x: Tensor<[2, 4, 5, 5]> = ones([2, 4, 5, 5]);
  refuses(
    // @ts-expect-error weight of 3 channels
    () => convTranspose(x, ones([3, 6, 2, 2])),
    "convTranspose: weight [3, 6, 2, 2] takes 3 channels, and x [2, 4, 5, 5] has 4; weight is [channels, outputs, …]",
  );
  refuses(
    // @ts-expect-error the stride is 2
    () => convTranspose(x, ones([4, 6, 2, 2]), undefined, { stride: 2, outputPadding: 2 }),
    "convTranspose: outputPadding is 2, and must be less than the stride, 2; pad the result",
  );
  refuses(
    // @ts-expect-error 4 channels in 3 groups
    () => convTranspose(x, ones([4, 6, 2, 2]), undefined, { groups: 3 }),
    "convTranspose: 4 channels are not divisible by 3 groups",
  );
  refuses(
    // @ts-expect-error nothing is left
    () => convTranspose(x, ones([4, 6, 1, 1]), undefined, { padding: 3 }),
    "convTranspose: the padding takes more than the result has along spatial axis 0; pad less",
  );
  refuses(
    // @ts-expect-error the option is outputPadding
    () => convTranspose(x, ones([4, 6, 2, 2]), undefined, { output: 1 }),
    'convTranspose: "output" is no option; they are stride, padding, outputPadding, dilation and groups',
  );
  refuses(
    // @ts-expect-error 12 outputs in 2 groups of 6
    () => convTranspose(x, ones([4, 6, 2, 2]), ones([6]), { groups: 2 }),
    "convTranspose: bias is [6], and must be [12], one for each output of weight [4, 6, 2, 2]",
  );
});
