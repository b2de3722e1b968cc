import { describe, expect, test } from "vitest";
import { avgPool, iota, maxPool, reshape, ShapeError, type Tensor, tensor, vjp } from "../../../dsl/index.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import { elementsOf } from "../../support/tensors.ts";

const x = reshape(iota(16, "f32"), [1, 1, 4, 4]);
const row = tensor([[[3, 1, 2, 5, 4]]]);

describe("avgPool", () => {
  test("takes windows side by side, and drops what does not fill one", () => {
    const pooled: Tensor<[1, 1, 2, 2]> = avgPool(x, 2);
    expect(elementsOf(pooled)).toEqual([2.5, 4.5, 10.5, 12.5]);
    const dropped: Tensor<[1, 1, 1, 1]> = avgPool(x, 3);
    expectClose(dropped, [[[[5]]]], { relative: 1e-6 });
  });

  test("counts padding, or does not", () => {
    const counted: Tensor<[1, 1, 2, 2]> = avgPool(x, 3, { stride: 2, padding: 1 });
    expectClose(
      reshape(counted, [4]),
      [10, 24, 51, 90].map((sum) => sum / 9),
      { relative: 1e-6 },
    );
    expectClose(reshape(avgPool(x, 3, { stride: 2, padding: 1, countPadding: false }), [4]), [2.5, 4, 8.5, 10], {
      relative: 1e-6,
    });
  });

  test("has a size, a stride and a padding for each axis", () => {
    const wide: Tensor<[1, 1, 4, 2]> = avgPool(x, [1, 2]);
    expect(elementsOf(wide)).toEqual([0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5]);
    const one: Tensor<[1, 1, 1, 2]> = avgPool(x, [4, 2], { stride: [1, 4], padding: [0, [1, 1]] });
    expect(elementsOf(one)).toEqual([3, 4.5]);
  });

  test("does not overflow in f16 where its result does not", () => {
    expect(elementsOf(avgPool(tensor([[[60000, 60000, 60000, 60000]]], "f16"), 2))).toEqual([60000, 60000]);
  });
});

describe("maxPool", () => {
  test("takes no maximum from the padding", () => {
    const all: Tensor<[1, 1, 5]> = maxPool(row, 3, { stride: 1, padding: 1 });
    expect(elementsOf(all)).toEqual([3, 3, 5, 5, 5]);
    expect(elementsOf(maxPool(tensor([[[-2, -3]]]), 2, { stride: 2, padding: 1 }))).toEqual([-2, -3]);
  });

  test("gives the cotangent to the first maximum in row-major order", () => {
    const tied = tensor([
      [
        [
          [1, 0, 2],
          [2, 2, 0],
          [0, 2, 2],
        ],
      ],
    ]);
    const [, pullback] = vjp((x: typeof tied) => maxPool(x, 3))(tied);
    expect(elementsOf(pullback(tensor([[[[7]]]])))).toEqual([0, 0, 7, 0, 0, 0, 0, 0, 0]);
  });

  test("gives NaN for a window that has one", () => {
    expect(elementsOf(maxPool(tensor([[[Number.NaN, 1, 2, Number.NaN, 3, 4]]]), 2))).toEqual([
      Number.NaN,
      Number.NaN,
      4,
    ]);
  });
});

test("what does not fit is refused, in types and when it runs", () => {
  const refuses = (f: () => unknown, message: string): void => expect(f).toThrow(new ShapeError(message));
  refuses(
    // @ts-expect-error a window of 5 on 4
    () => avgPool(x, 5),
    "avgPool: the window spans 5 along spatial axis 0, where x with its padding has 4; pad x, or take a smaller window",
  );
  refuses(
    // @ts-expect-error no element of x
    () => maxPool(row, 2, { padding: 2 }),
    "maxPool: padding 2 leaves a window of 2 with nothing of x; it must be less than the size",
  );
  refuses(
    // @ts-expect-error the option is padding
    () => maxPool(row, 2, { pad: 1 }),
    'maxPool: "pad" is no option; they are stride and padding',
  );
  refuses(
    // @ts-expect-error two sizes for one axis
    () => maxPool(row, [2, 2]),
    "maxPool: the size [2,2] has 2 entries, and x has 1 spatial axes; give one number, or one entry for each",
  );
});
