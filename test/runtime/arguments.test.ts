/** Arguments that do not fit: each message names the argument, what it is, what it must be, and the repair. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType } from "../../dsl/dtype.ts";
import { tensor, zeros } from "../../dsl/index.ts";
import type { Device, Loaded } from "../../runtime/device.ts";
import type { Plan } from "../../runtime/plan.ts";
import { elements, failure, host, open } from "./devices.ts";
import { addPlan, dispatch, load, makePlan, map, slot, trainPlan } from "./plans.ts";

/** Copies one element of any dtype, by its bits. */
const scalarPlan = (dtype: DType): Plan =>
  makePlan("wasm", {
    name: "same",
    kernels: [map("copy", ["x"], 1, load("x"), "x[i]")],
    parameters: [
      { name: "x", tree: null, bound: false, donated: false },
      { name: "mode", tree: "static", bound: false, donated: false },
    ],
    arguments: [{ name: "x", dtype, shape: [] }],
    results: [{ name: "result", dtype, shape: [] }],
    slots: [slot("argument", 1, 0), slot("result", 1, 0)],
    call: [dispatch(0, 0, 1)],
  });

describe("arguments", () => {
  let device: Device;
  let add: Loaded;
  beforeAll(async () => {
    device = await open("wasm");
    add = await device.load(addPlan("wasm", 4));
  });
  afterAll(() => device.close());
  const ok = host(4, (i) => i);

  const wrong: readonly (readonly [string, readonly unknown[], string])[] = [
    ["too few", [ok], "add(x, y) takes 2 arguments, and 1 were passed"],
    ["too many", [ok, ok, ok], "add(x, y) takes 2 arguments, and 3 were passed"],
    [
      "a shape",
      [ok, host(5, () => 0)],
      "add: y must be f32[4], and is f32[5]; pass one of that shape, or compile for this one",
    ],
    [
      "a rank",
      [{ ...ok, shape: [2, 2] }, ok],
      "add: x must be f32[4], and is f32[2, 2]; pass one of that shape, or compile for this one",
    ],
    [
      "a dtype",
      [{ dtype: "i32", shape: [4], data: new Int32Array(4) }, ok],
      "add: x: the data is i32, which makes i32, and the parameter is f32; convert it to f32",
    ],
    [
      "an unknown dtype",
      [{ dtype: "f8", shape: [4], data: new Uint8Array(4) }, ok],
      "add: x: f8 is no dtype of host data; they are f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, bool",
    ],
    [
      "an array of another kind",
      [{ dtype: "f32", shape: [4], data: new Float64Array(4) }, ok],
      "add: x: host data of dtype f32 is Float64Array, and must be Float32Array",
    ],
    [
      "too little data",
      [{ dtype: "f32", shape: [4], data: new Float32Array(3) }, ok],
      "add: x: the data has 3 elements, and f32[4] has 4",
    ],
    [
      "a tensor of the language",
      [zeros([4]), ok],
      "add: x must be f32[4], and is a tensor f32[4] that is on no device (toHost gives its elements); pass a tensor of the device or host data { dtype, shape, data }",
    ],
    [
      "a number",
      [1, ok],
      "add: x must be f32[4], and is number 1; pass a tensor of the device or host data { dtype, shape, data }",
    ],
    [
      "nothing",
      [ok, undefined],
      "add: y must be f32[4], and is missing; pass a tensor of the device or host data { dtype, shape, data }",
    ],
    [
      "an array",
      [[1, 2, 3, 4], ok],
      "add: x must be f32[4], and is no tensor: an array; pass a tensor of the device or host data { dtype, shape, data }",
    ],
  ];
  test.each(wrong)("%s", async (_, args, message) => {
    const error = await failure(add(...args));
    expect(error.message).toBe(message);
    expect(error.name).toBe("ArgumentError");
  });

  test("trees that lack a tensor, or are none", async () => {
    const train = await device.load(trainPlan("wasm"));
    const x = host(100, () => 1);
    expect((await failure(train({ bias: x }, x))).message).toBe("train: state has no weight; it is a record of bias");
    expect((await failure(train(3, x))).message).toBe("train: state must be a record of weight, and is a number");
  });

  test("a tensor of another device", async () => {
    const other = await open("wasm");
    const x = await other.put(ok);
    expect((await failure(add(x, ok))).message).toBe(
      "add: x: the tensor f32[4] is of another device; read it there and put it here",
    );
    other.close();
  });

  test("a tensor that was disposed of", async () => {
    const x = await device.put(ok);
    const before = add(x, x);
    x.dispose();
    x.dispose();
    expect((await failure(add(x, ok))).message).toBe(
      "add: x: the tensor f32[4] was disposed of; call dispose after the last use",
    );
    expect(await elements(await before)).toEqual([0, 2, 4, 6]);
  });

  test.each([
    ["f32", 0.1, Float32Array.of(0.1)],
    ["f16", 1.0004, Uint16Array.of(0x3c00)],
    ["i32", -7, Int32Array.of(-7)],
    ["u32", 4294967295, Uint32Array.of(4294967295)],
    ["bool", true, Uint8Array.of(1)],
  ] as const)("numbers for rank 0: %s", async (dtype, value, data) => {
    const same = await device.load(scalarPlan(dtype));
    const result = (await same(value, { any: "thing" })) as { read(): Promise<unknown> };
    expect(await result.read()).toEqual({ dtype, shape: [], data });
  });

  test("numbers that do not fit", async () => {
    expect((await failure((await device.load(scalarPlan("u32")))(-1, 0))).message).toBe(
      "same: x is -1, which u32 does not hold",
    );
    expect((await failure((await device.load(scalarPlan("i32")))(1.5, 0))).message).toBe(
      "same: x is 1.5, which i32 does not hold",
    );
    expect((await failure((await device.load(scalarPlan("bool")))(1, 0))).message).toContain("must be bool[]");
    const big = { dtype: "i64", shape: [], data: BigInt64Array.of(2n ** 40n) };
    expect((await failure((await device.load(scalarPlan("i32")))(big, 0))).message).toBe(
      "same: x: element 0 is 1099511627776, which i32 does not hold",
    );
  });

  test("put takes trees of host data of any dtype, and nothing else", async () => {
    const tree = await device.put({
      a: [{ dtype: "bf16", shape: [1], data: Uint16Array.of(0x3f80) }],
      b: { dtype: "u8", shape: [2], data: Uint8Array.of(3, 255) },
      c: { dtype: "f16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
      d: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
      e: { dtype: "f32", shape: [0, 3], data: new Float32Array(0) },
    } as const);
    expect(await tree.a[0].read()).toEqual({ dtype: "f32", shape: [1], data: Float32Array.of(1) });
    expect(await tree.b.read()).toEqual({ dtype: "u32", shape: [2], data: Uint32Array.of(3, 255) });
    expect(await tree.c.read()).toEqual({ dtype: "f16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) });
    expect(await tree.d.read()).toEqual({ dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) });
    expect(await tree.e.read()).toEqual({ dtype: "f32", shape: [0, 3], data: new Float32Array(0) });
    expect((await failure(device.put({ a: { b: 3 } }))).message).toBe(
      "put.a.b is a number, where a tree has host data { dtype, shape, data }",
    );
    expect((await failure(device.put({ x: tensor([1]) }))).message).toContain("put.x");
  });
});
