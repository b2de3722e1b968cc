import { describe, expect, it } from "vitest";
import { DTypeError } from "../../../dsl/dtype.ts";
import { denseOf, fromElements } from "../../../dsl/evaluate.ts";
import {
  add,
  and,
  cast,
  clamp,
  div,
  elu,
  equal,
  exp,
  greater,
  leakyRelu,
  less,
  maximum,
  minimum,
  mul,
  neg,
  not,
  notEqual,
  or,
  pow,
  relu,
  round,
  sub,
  where,
  xor,
} from "../../../dsl/ops.ts";
import { ShapeError } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { vjp } from "../../../dsl/transform.ts";

const f32 = <const S extends readonly number[]>(shape: S, ...values: number[]): Tensor<[...S]> =>
  fromElements({ shape, dtype: "f32" }, Float32Array.from(values));
const i32 = (...values: number[]): Tensor<[number], "i32"> =>
  fromElements({ shape: [values.length], dtype: "i32" }, Int32Array.from(values));
const u32 = (...values: number[]): Tensor<[number], "u32"> =>
  fromElements({ shape: [values.length], dtype: "u32" }, Uint32Array.from(values));
const bool = (...values: boolean[]): Tensor<[number], "bool"> =>
  fromElements({ shape: [values.length], dtype: "bool" }, Uint8Array.from(values, Number));
const list = (tensor: unknown): number[] => Array.from(denseOf("a test", tensor as AnyTensor).data);

const vector = (...values: number[]): Tensor<[number]> => f32([values.length], ...values) as Tensor<[number]>;

describe("broadcasting", () => {
  const x = f32([2, 3], 1, 2, 3, 4, 5, 6);

  it("of an equal shape, of axes of 1, of rank 0, of a number", () => {
    expect(list(add(x, x))).toEqual([2, 4, 6, 8, 10, 12]);
    expect(list(sub(x, f32([2, 1], 1, 2)))).toEqual([0, 1, 2, 2, 3, 4]);
    expect(list(mul(x, f32([1, 3], 1, 0, 2)))).toEqual([1, 0, 6, 4, 0, 12]);
    expect(list(div(x, f32([], 2)))).toEqual([0.5, 1, 1.5, 2, 2.5, 3]);
    expect(list(pow(x, 2))).toEqual([1, 4, 9, 16, 25, 36]);
  });

  it("sums cotangents where an operand was repeated", () => {
    const [, pullback] = vjp((b: Tensor<[2, 1]>) => mul(x, b))(f32([2, 1], 1, 2));
    expect(list(pullback(f32([2, 3], 1, 1, 1, 1, 1, 1)))).toEqual([6, 15]);
  });

  it("is into the first operand alone", () => {
    // @ts-expect-error the second is larger
    expect(() => add(f32([2, 1], 1, 2), x)).toThrow(ShapeError);
    // @ts-expect-error no trailing alignment
    expect(() => add(x, f32([3], 1, 2, 3))).toThrow("add: operand 2 is [3], which does not broadcast into [2, 3]");
  });
});

describe("integers", () => {
  it("wrap", () => {
    expect(list(add(i32(2147483647, -1), 1))).toEqual([-2147483648, 0]);
    expect(list(sub(u32(0, 5), 1))).toEqual([4294967295, 4]);
    expect(list(mul(i32(65536, 3), i32(65536, -2)))).toEqual([0, -6]);
    expect(list(neg(i32(-2147483648, 4)))).toEqual([-2147483648, -4]);
  });

  it("divide towards 0, and by 0 to 0", () => {
    expect(list(div(i32(7, -7, 7, -2147483648), i32(2, 2, 0, -1)))).toEqual([3, -3, 0, -2147483648]);
  });

  it("take whole numbers of their range", () => {
    // @ts-expect-error a fraction
    expect(() => add(i32(1), 0.5)).toThrow("add: 0.5 is no i32; cast the tensor, or round the number");
    // @ts-expect-error below 0
    expect(() => maximum(u32(1), -1)).toThrow("maximum: -1 is no u32; cast the tensor, or round the number");
    expect(() => add(i32(1), 2 ** 31)).toThrow(DTypeError);
  });
});

describe("dtypes", () => {
  it("are refused where the function does not take them", () => {
    // @ts-expect-error floats only
    expect(() => exp(i32(1))).toThrow("exp: i32[1] is of a dtype that exp does not take; cast it to f32");
    // @ts-expect-error numbers only
    expect(() => mul(bool(true), bool(true))).toThrow(DTypeError);
    // @ts-expect-error no floats
    expect(() => and(vector(1), vector(1))).toThrow("and: f32[1] is of a dtype that and does not take; cast it to i32");
  });

  it("are not promoted", () => {
    // @ts-expect-error i32 beside f32
    expect(() => add(vector(1), i32(1))).toThrow("add: operands f32[1] and i32[1] differ in dtype; cast one of them");
  });

  it("of results are the operands', or bool", () => {
    expect(add(u32(1), 1).dtype).toBe("u32");
    expect(relu(cast(vector(1), "f16")).dtype).toBe("f16");
    expect(less(i32(1), 1).dtype).toBe("bool");
  });

  it("need a tensor in the first place", () => {
    // @ts-expect-error a number first
    expect(() => sub(1, vector(1))).toThrow("sub: operand 1 is number, and must be a tensor");
    // @ts-expect-error text
    expect(() => sub(vector(1), "1")).toThrow("sub: operand 2 is string, and must be a tensor or a number");
  });
});

describe("comparisons and logic", () => {
  it("compare, NaN with nothing", () => {
    const x = vector(1, 2, NaN);
    expect([list(equal(x, x)), list(notEqual(x, x)), list(greater(x, 1))]).toEqual([
      [1, 1, 0],
      [0, 0, 1],
      [0, 1, 0],
    ]);
  });

  it("combine booleans, and bits of integers", () => {
    const [a, b] = [bool(true, true, false, false), bool(true, false, true, false)];
    expect([and(a, b), or(a, b), xor(a, b), not(a)].map(list)).toEqual([
      [1, 0, 0, 0],
      [1, 1, 1, 0],
      [0, 1, 1, 0],
      [0, 0, 1, 1],
    ]);
    expect([list(and(i32(12), 10)), list(xor(u32(0), 4294967295)), list(not(u32(0)))]).toEqual([
      [8],
      [4294967295],
      [4294967295],
    ]);
  });
});

it("rounds halves to even", () => {
  expect(list(round(vector(-1.5, -0.5, 0.5, 1.5, 2.5)))).toEqual([-2, -0, 0, 2, 2]);
});

describe("rules at kinks", () => {
  const slopes = (f: (x: Tensor<[number]>) => Tensor<[number]>, ...at: number[]): number[] => {
    const [value, pullback] = vjp(f)(vector(...at));
    return list(
      pullback(
        fromElements(
          value,
          Float32Array.from(at, () => 1),
        ),
      ),
    );
  };

  it("of clamp, minimum, maximum", () => {
    expect(slopes((x) => clamp(x, -1, 1), -2, -1, 0, 1, 2)).toEqual([0, 1, 1, 1, 0]);
    expect(slopes((x) => minimum(x, 1), 0, 1, 2)).toEqual([1, 0.5, 0]);
    expect(slopes((x) => maximum(x, vector(1, 1, 1)), 0, 1, 2)).toEqual([0, 0.5, 1]);
    expect(slopes((x) => maximum(x, x), 3)).toEqual([1]);
  });
});

describe("where", () => {
  const mask = bool(true, false);

  it("chooses between tensors and numbers of one dtype", () => {
    expect(list(where(mask, vector(1, 2), vector(3, 4)))).toEqual([1, 4]);
    expect(list(where(mask, i32(1, 2), 7))).toEqual([1, 7]);
    expect(list(where(mask, 0, f32([], 5)))).toEqual([0, 5]);
    expect(list(where(mask, mask, not(mask)))).toEqual([1, 1]);
    expect(where(mask, 1, 0).dtype).toBe("f32");
  });

  it("gives the branch that is not taken no cotangent", () => {
    const [, chosen] = vjp((x: Tensor<[number]>) => where(mask, x, vector(NaN, NaN)))(vector(1, 1));
    expect(list(chosen(vector(1, NaN)))).toEqual([1, 0]);
  });

  it("refuses what does not fit", () => {
    // @ts-expect-error a float mask
    expect(() => where(vector(1), 1, 0)).toThrow("where: the mask is f32[1], and must be bool");
    // @ts-expect-error dtypes differ
    expect(() => where(mask, vector(1, 2), i32(1, 2))).toThrow(
      "where: operands f32[2] and i32[2] differ in dtype; cast one of them",
    );
    // @ts-expect-error a fraction beside integers
    expect(() => where(mask, i32(1, 2), 0.5)).toThrow("where: 0.5 is no i32; cast the tensor, or round the number");
    // @ts-expect-error a number beside booleans
    expect(() => where(mask, mask, 1)).toThrow("where: 1 beside bool; write a bool tensor");
    expect(() => where(mask, vector(1, 2, 3), 0)).toThrow(ShapeError);
  });
});

describe("cast", () => {
  it("cuts off, saturates, takes NaN for 0", () => {
    expect(list(cast(vector(1.9, -1.9, 3e9, NaN), "i32"))).toEqual([1, -1, 2147483647, 0]);
    expect(list(cast(vector(-1, 5e9), "u32"))).toEqual([0, 4294967295]);
    expect(list(cast(i32(-1), "u32"))).toEqual([4294967295]);
    expect(list(cast(vector(0, -0, 0.5, NaN), "bool"))).toEqual([0, 0, 1, 1]);
    expect(list(cast(bool(true, false), "f32"))).toEqual([1, 0]);
    expect(list(cast(vector(0.1), "f16"))).toEqual([0.0999755859375]);
  });

  it("carries cotangents between floats", () => {
    const [, pullback] = vjp((x: Tensor<[number]>) => cast(x, "f16"))(vector(0.1));
    const gradient = pullback(cast(vector(3), "f16"));
    expect([gradient.dtype, ...list(gradient)]).toEqual(["f32", 3]);
  });

  it("refuses other names", () => {
    // @ts-expect-error f64 is no element type
    expect(() => cast(vector(1), "f64")).toThrow("cast: f64 is no dtype; the dtypes are f32, f16, i32, u32, bool");
  });
});

describe("functions with a parameter", () => {
  const x = vector(-2, 0, 3);

  it("have PyTorch's where none is given", () => {
    expect(list(leakyRelu(x))).toEqual(list(leakyRelu(x, 0.01)));
    expect(list(elu(x))).toEqual(list(elu(x, 1)));
  });

  it("take a number or a tensor", () => {
    expect(list(leakyRelu(x, 0.25))).toEqual([-0.5, 0, 3]);
    expect(list(leakyRelu(x, f32([], 0.5)))).toEqual([-1, 0, 3]);
    // @ts-expect-error no such shape
    expect(() => leakyRelu(x, f32([2, 2], 1, 2, 3, 4))).toThrow("leakyRelu: operand 2 is [2, 2]");
  });
});
