import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Host, type HostArrays, type HostDType, tensor, toHost } from "../../dsl/host.ts";
import { DTypeError, grad, inPrecision, ShapeError, type Tensor } from "../../dsl/index.ts";
import { withAmbient } from "../../dsl/interpreter.ts";
import { type AnyTensor, type Interpreter, makeTensor } from "../../dsl/tensor.ts";

const elements = (x: AnyTensor): unknown[] => Array.from(toHost(x).data);
/** Calls as a program without types does. */
const untyped = tensor as unknown as (value: unknown, dtype?: string) => AnyTensor;

describe("tensor of numbers, booleans and arrays", () => {
  test.each([
    [3, [], "f32", [3]],
    [true, [], "bool", [1]],
    [[1, 2.5], [2], "f32", [1, 2.5]],
    [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [2, 3],
      "f32",
      [1, 2, 3, 4, 5, 6],
    ],
    [[[[true]], [[false]]], [2, 1, 1], "bool", [1, 0]],
    [[], [0], "f32", []],
    [[[], []], [2, 0], "f32", []],
  ])("%j", (value, shape, dtype, expected) => {
    const made = untyped(value);
    expect([made.shape, made.dtype, elements(made)]).toEqual([shape, dtype, expected]);
  });

  test("takes a dtype", () => {
    expect(elements(tensor([1, -2], "i32"))).toEqual([1, -2]);
    expect(elements(tensor([4294967295], "u32"))).toEqual([4294967295]);
    expect(elements(tensor([0.1]))).toEqual([Math.fround(0.1)]);
    expect(tensor([1], "f16").dtype).toBe("f16");
    expect(elements(tensor([0.1, NaN, -Infinity], "f16"))).toEqual([0x2e66, 0x7e00, 0xfc00]);
  });

  test("keeps f64 where that is asked for", () => {
    inPrecision("f64", () => expect(elements(tensor([0.1, 1e300]))).toEqual([0.1, 1e300]));
  });

  test.each([
    [[[1, 2], [3]], "[1] has length 1 where [0] has length 2"],
    [[[1, 2], 3], "[1] is one value where [0] has length 2"],
    [[1, [2]], "[1] has length 1 where [0] is one value"],
    [
      [
        [[1], [2]],
        [[3], [4, 5]],
      ],
      "[1][1] has length 2 where [0][0] has length 1",
    ],
    [[[], [1]], "[1] has length 1 where [0] has length 0"],
  ])("refuses the ragged %j", (value, place) => {
    expect(() => untyped(value)).toThrow(ShapeError);
    expect(() => untyped(value)).toThrow(`tensor: ragged rows: ${place}; rows beside each other must be of one shape`);
  });

  test.each([
    [
      [
        [1, 2],
        [3, true],
      ],
      undefined,
      "element [1][1] is a boolean among numbers",
    ],
    [[true, 0], undefined, "element [1] is a number among booleans"],
    [[1, ...new Array(2)], undefined, "element [1] is undefined; a tensor is made of numbers"],
    [new Array(3), undefined, "element [0] is undefined; a tensor is made of numbers"],
    [["1"], undefined, "element [0] is string; a tensor is made of numbers"],
    [null, undefined, "the value is null; a tensor is made of numbers"],
    [new Float32Array(2), undefined, "the value is object; a tensor is made of numbers"],
    [[1, 0.5], "i32", "element [1] is 0.5, which is no i32; i32 holds whole numbers from -2147483648 to 2147483647"],
    [[[0], [-1]], "u32", "element [1][0] is -1, which is no u32"],
    [[NaN], "i32", "element [0] is NaN, which is no i32"],
    [1e39, undefined, "the value is 1e+39, which is no f32; the largest f32 is 3.4028234663852886e+38"],
    [[65520], "f16", "element [0] is 65520, which is no f16; the largest f16 is 65504"],
    [[1], "bool", "numbers are no bool"],
    [[true], "i32", "booleans are no i32"],
    [[1], "f64", "f64 is no dtype; they are f32, f16, i32, u32, bool"],
  ])("refuses %j as %s", (value, dtype, text) => {
    expect(() => untyped(value, dtype)).toThrow(DTypeError);
    expect(() => untyped(value, dtype)).toThrow(`tensor: ${text}`);
  });
});

/** For each dtype of files: its elements, the dtype that they narrow to, and what they are there. */
const narrowed: { readonly [H in HostDType]: readonly [HostArrays[H], string, readonly number[]] } = {
  f64: [Float64Array.of(0.1, -0, Infinity), "f32", [Math.fround(0.1), -0, Infinity]],
  f32: [Float32Array.of(0.1, -2), "f32", [Math.fround(0.1), -2]],
  f16: [Uint16Array.of(0x3c00, 0x8001), "f16", [0x3c00, 0x8001]],
  bf16: [Uint16Array.of(0x4049, 0xbf80), "f32", [3.140625, -1]],
  i64: [BigInt64Array.of(-2147483648n, 2147483647n), "i32", [-2147483648, 2147483647]],
  i32: [Int32Array.of(-5, 5), "i32", [-5, 5]],
  i16: [Int16Array.of(-32768), "i32", [-32768]],
  i8: [Int8Array.of(-128, 127), "i32", [-128, 127]],
  u64: [BigUint64Array.of(0n, 4294967295n), "u32", [0, 4294967295]],
  u32: [Uint32Array.of(4294967295), "u32", [4294967295]],
  u16: [Uint16Array.of(65535), "u32", [65535]],
  u8: [Uint8Array.of(0, 255), "u32", [0, 255]],
  bool: [Uint8Array.of(0, 1, 1), "bool", [0, 1, 1]],
};

describe("tensor of host data", () => {
  test.each(Object.entries(narrowed))("%s", (dtype, [data, narrow, expected]) => {
    const made = untyped({ dtype, shape: [1, data.length], data });
    expect([made.shape, made.dtype, elements(made)]).toEqual([[1, data.length], narrow, expected]);
  });

  test("takes another dtype, and other arrays of the same bytes", () => {
    const pixels = { dtype: "u8", shape: [2], data: Uint8ClampedArray.of(3, 255) } as const;
    expect(elements(tensor(pixels, "f32"))).toEqual([3, 255]);
    expect(elements(tensor({ dtype: "u8", shape: [1], data: Buffer.from([7]) }))).toEqual([7]);
    expect(elements(tensor({ dtype: "f32", shape: [1], data: Float32Array.of(65519) }, "f16"))).toEqual([0x7bff]);
    expect(elements(tensor({ dtype: "f64", shape: [2], data: Float64Array.of(-3, 4) }, "i32"))).toEqual([-3, 4]);
    expect(elements(tensor({ dtype: "u8", shape: [2], data: Uint8Array.of(0, 1) }, "bool"))).toEqual([0, 1]);
  });

  test("keeps f64 where that is asked for", () => {
    inPrecision("f64", () => {
      const made = tensor({ dtype: "f64", shape: [1], data: Float64Array.of(0.1) });
      expect(made.dtype).toBe("f32");
      expect(toHost(made)).toEqual({ dtype: "f64", shape: [1], data: Float64Array.of(0.1) });
    });
  });

  test("copies, in and out", () => {
    const data = Float32Array.of(1, 2);
    const made = tensor({ dtype: "f32", shape: [2], data });
    data[0] = 9;
    toHost(made).data[1] = 9;
    expect(elements(made)).toEqual([1, 2]);
  });

  test.each([
    ["i64", BigInt64Array.of(1n, 5000000000n), undefined, "element [1] is 5000000000, which is no i32"],
    ["u64", BigUint64Array.of(2n ** 63n), undefined, "element [0] is 9223372036854775808, which is no u32"],
    ["f64", Float64Array.of(0, 1e39), undefined, "element [1] is 1e+39, which is no f32"],
    ["bf16", Uint16Array.of(0x7f7f), "f16", "element [0] is 3.3895313892515355e+38, which is no f16"],
    ["f32", Float32Array.of(70000), "f16", "element [0] is 70000, which is no f16"],
    ["f32", Float32Array.of(0.5), "i32", "element [0] is 0.5, which is no i32"],
    ["i8", Int8Array.of(-1), "u32", "element [0] is -1, which is no u32"],
    ["bool", Uint8Array.of(1, 2), undefined, "element [1] is 2, which is no bool"],
    ["u8", Uint8Array.of(2), "bool", "element [0] is 2, which is no bool"],
    ["f8", Uint8Array.of(2), undefined, "f8 is no dtype of host data; they are f64, f32"],
    ["constructor", Uint8Array.of(2), undefined, "constructor is no dtype of host data"],
    ["f64", Float32Array.of(2), undefined, "host data of dtype f64 is Float32Array, and must be Float64Array"],
    ["u8", new DataView(new ArrayBuffer(1)), undefined, "is DataView, and must be Uint8Array or Uint8ClampedArray"],
  ])("refuses %s of %s", (dtype, data, wanted, text) => {
    const host = { dtype, shape: ["length" in data ? data.length : 1], data };
    expect(() => untyped(host, wanted)).toThrow(DTypeError);
    expect(() => untyped(host, wanted)).toThrow(text);
  });

  test.each([
    [[2, 3], "the data has 5 elements, and [2, 3] has 6"],
    [[], "the data has 5 elements, and [] has 1"],
    [[-1, -5], "[-1, -5] is not a shape"],
    [[2.5, 2], "[2.5, 2] is not a shape"],
  ])("refuses the shape %j for five elements", (shape, text) => {
    const host: Host<number[], "i32"> = { dtype: "i32", shape, data: new Int32Array(5) };
    expect(() => tensor(host)).toThrow(ShapeError);
    expect(() => tensor(host)).toThrow(`tensor: ${text}`);
  });
});

describe("toHost", () => {
  test("is the inverse of tensor", () => {
    fc.assert(
      fc.property(fc.array(fc.float(), { maxLength: 6 }), (values) => {
        const host: Host<number[], "f32"> = { dtype: "f32", shape: [values.length], data: Float32Array.from(values) };
        expect(toHost(tensor(host))).toEqual(host);
        const halves = toHost(
          tensor(
            values.map((value) => Math.fround(value / 2 ** 113)),
            "f16",
          ),
        );
        expect(toHost(tensor(halves))).toEqual(halves);
      }),
      { seed: 3 },
    );
  });

  test("of a tree is the same tree", () => {
    const host = toHost({ weight: tensor([[1, 2]]), steps: [tensor(3, "i32"), tensor([true])] });
    expect(host).toEqual({
      weight: { dtype: "f32", shape: [1, 2], data: Float32Array.of(1, 2) },
      steps: [
        { dtype: "i32", shape: [], data: Int32Array.of(3) },
        { dtype: "bool", shape: [1], data: Uint8Array.of(1) },
      ],
    });
  });

  test("has nothing to read inside a gradient", () => {
    const reads = (x: Tensor<[]>): Tensor<[]> => {
      toHost(x);
      return x;
    };
    expect(() => grad(reads)(tensor(2))).toThrow("toHost: a tensor inside a gradient has no elements yet");
  });

  test("names the place of what is no tensor", () => {
    expect(() => toHost({ a: { b: 3 } })).toThrow("toHost: a number at a.b, where a tree has a tensor");
  });
});

test("whoever reads a program records a tensor as a constant, and evaluates it in any precision", () => {
  const seen: { readonly name: string; readonly kind: string; readonly params: unknown }[] = [];
  const recorder: Interpreter = {
    name: "a recorder",
    level: 0,
    apply: ({ name, kind, evaluate }, params, operands, type) => {
      seen.push({ name, kind, params });
      expect(operands).toEqual([]);
      expect(evaluate(params, [], type)).toEqual(Float32Array.of(1, Math.fround(0.1)));
      inPrecision("f64", () => expect(evaluate(params, [], type)).toEqual(Float64Array.of(1, Math.fround(0.1))));
      return makeTensor(recorder, type, undefined);
    },
    print: () => "…",
  };
  const made = withAmbient(recorder, () => tensor([1, 0.1]));
  expect(made.shape).toEqual([2]);
  expect(seen).toEqual([
    { name: "constant", kind: "make", params: { shape: [2], dtype: "f32", data: Float32Array.of(1, 0.1) } },
  ]);
});
