/** Which device `openDevice` opens, and what its types say of a loaded function. */

import { afterEach, describe, expect, expectTypeOf, test } from "vitest";
import type { In, Tensor } from "../../dsl/index.ts";
import type { Argument, Device, DeviceTensor, Loaded } from "../../runtime/device.ts";
import { type DeviceOptions, openDevice } from "../../runtime/index.ts";
import type { WasmOptions } from "../../runtime/wasm/device.ts";
import { testGpu } from "../support/webgpu.ts";
import { failure, host } from "./devices.ts";
import { addPlan } from "./plans.ts";

const gpu = await testGpu();

describe("openDevice", () => {
  const devices: Device[] = [];
  const open = async (options?: Parameters<typeof openDevice>[0]): Promise<Device> => {
    const device = await openDevice(options);
    devices.push(device);
    return device;
  };
  afterEach(() => {
    for (const device of devices.splice(0)) device.close();
  });

  test("takes WebAssembly where it is named", async () => {
    expect((await open("wasm")).kind).toBe("wasm");
    expect((await open({ kind: "wasm", threads: 3 })).description).toBe("wasm, 3 threads");
  });

  test("takes WebAssembly where there is no graphics processor", async () => {
    // The tests' machine has none but, perhaps, in software.
    const device = await open(gpu === undefined ? {} : { threads: 1 });
    if (device.kind === "wasm") expect(device.description).toMatch(/^wasm, \d+ threads?$/);
    else expect(device.description).not.toMatch(/swiftshader|llvmpipe/i);
  });

  test.skipIf(gpu === undefined)("takes a software adapter where it is asked for", async () => {
    const device = await open({ ...(gpu && { gpu }), software: true });
    expect(device.kind).toBe("webgpu");
  });

  test("does not take the other where one is named that is not there", async () => {
    const none = { requestAdapter: async () => null };
    expect((await failure(openDevice({ kind: "webgpu", gpu: none }))).message).toMatch(/^no graphics processor/);
    expect((await failure(openDevice("cpu" as "wasm"))).message).toBe('cpu is no device; they are "webgpu" and "wasm"');
  });
});

describe("types", () => {
  type Params = { readonly weight: Tensor<[3, 2]>; readonly bias: Tensor<[3]> };
  type Predict = (
    params: Params,
    x: Tensor<[4, 2]>,
    t: Tensor<[]>,
    mask: Tensor<[4], "bool">,
  ) => readonly [Tensor<[4, 3]>, { readonly mean: Tensor<[]> }];
  type Bound = (x: Tensor<[4, 2]>) => Tensor<[4, 3]>;

  test("of a loaded function follow from the function", () => {
    type Call = Loaded<Predict, Bound>;
    expectTypeOf<Awaited<ReturnType<Call>>>().toEqualTypeOf<
      readonly [DeviceTensor<[4, 3], "f32">, { readonly mean: DeviceTensor<[], "f32"> }]
    >();
    expectTypeOf<number>().toExtend<Parameters<Call>[2]>();
    expectTypeOf<number>().not.toExtend<Parameters<Call>[1]>();
    expectTypeOf<DeviceTensor<[4, 2], "f32">>().toExtend<Parameters<Call>[1]>();
    expectTypeOf<DeviceTensor<[4, 3], "f32">>().not.toExtend<Parameters<Call>[1]>();
    expectTypeOf<DeviceTensor<[4], "f32">>().not.toExtend<Parameters<Call>[3]>();
    expectTypeOf<Parameters<Call>["length"]>().toEqualTypeOf<4>();
    expectTypeOf<Awaited<ReturnType<Call["bind"]>>>().toEqualTypeOf<Loaded<Bound, Bound>>();
    expectTypeOf<Argument<Params>["weight"]>().toEqualTypeOf<Argument<In<[3, 2], "f32">>>();
  });

  test("of options", () => {
    expectTypeOf<WasmOptions>().toExtend<DeviceOptions>();
  });

  test("of what is put", async () => {
    const device = await openDevice("wasm");
    const later = { dtype: "f32", shape: [3], data: new Float32Array(3) };
    const { a, b, c } = await device.put({
      a: { dtype: "bf16", shape: [2, 3], data: new Uint16Array(6) },
      b: [host(3, () => 1)],
      c: later,
    });
    expectTypeOf(a).toEqualTypeOf<DeviceTensor<[2, 3], "f32">>();
    // biome-ignore lint/suspicious/noExplicitAny: a shape that is known only when the program runs
    expectTypeOf(b[0]).toEqualTypeOf<DeviceTensor<any, "f32">>();
    expectTypeOf(c).toExtend<DeviceTensor>();
    expect(c.dtype).toBe("f32");
    // Without a type of its own a plan takes and gives anything.
    const add = await device.load(addPlan("wasm", 3));
    expectTypeOf(add).toEqualTypeOf<Loaded>();
    await add(b[0], b[0]);
    device.close();
  });
});
