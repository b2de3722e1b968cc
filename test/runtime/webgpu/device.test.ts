/** The WebGPU device where things go wrong: no adapter, limits, text that does not compile, loss. */

import { afterEach, describe, expect, test } from "vitest";
import type { Device } from "../../../runtime/device.ts";
import { DeviceError, PlanError } from "../../../runtime/errors.ts";
import { openWebgpu } from "../../../runtime/webgpu/device.ts";
import { testGpu } from "../../support/webgpu.ts";
import { elements, failure, host } from "../devices.ts";
import { addPlan, makePlan, slot, stepsPlan, tensor } from "../plans.ts";

const gpu = await testGpu();
const one = host(1000, () => 1);

describe.skipIf(gpu === undefined)("a WebGPU device", () => {
  const devices: Device[] = [];
  /** What `requestDevice` made, besides. */
  const open = async (): Promise<{ device: Device; made: GPUDevice }> => {
    let made: GPUDevice | undefined;
    const watched = {
      requestAdapter: async (options?: GPURequestAdapterOptions) => {
        const adapter = (await gpu?.requestAdapter(options)) as GPUAdapter;
        return new Proxy(adapter, {
          get: (target, name) => {
            if (name === "requestDevice")
              return async (descriptor: GPUDeviceDescriptor) => {
                made = await target.requestDevice(descriptor);
                return made;
              };
            const value = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    };
    const device = await openWebgpu({ gpu: watched, software: true });
    devices.push(device);
    return { device, made: made as GPUDevice };
  };
  afterEach(() => {
    for (const device of devices.splice(0)) device.close();
  });

  test("that computes in software is taken only where it is asked for", async () => {
    const error = await failure(openWebgpu({ gpu: gpu as GPU }));
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.message).toMatch(/^the only adapter, .*, computes in software; ask for it by \{ kind: "webgpu", soft/);
  });

  test("that is not there", async () => {
    const error = await failure(openWebgpu({ gpu: { requestAdapter: async () => null } }));
    expect(error.message).toBe("no graphics processor that WebGPU may use was found; use openDevice('wasm')");
  });

  test("reports what it compiles", async () => {
    const { device } = await open();
    const told: string[] = [];
    await device.load(stepsPlan("webgpu", 3), { onProgress: (done, total) => void told.push(`${done}/${total}`) });
    expect(told).toEqual(["1/2", "2/2"]);
    const stopped = device.load(addPlan("webgpu"), { signal: AbortSignal.abort(new Error("stopped")) });
    expect((await failure(stopped)).message).toBe("stopped");
  });

  test("names a tensor that no binding reaches over, and what no buffer holds", async () => {
    const { device, made } = await open();
    const { maxStorageBufferBindingSize } = made.limits;
    const size = maxStorageBufferBindingSize / 4 + 64;
    const large = makePlan("webgpu", {
      name: "unet",
      kernels: [],
      parameters: [{ name: "x", tree: null, bound: false, donated: false }],
      arguments: [tensor("x", size)],
      result: [],
      slots: [{ ...slot("argument", size, 0), name: "inputBlocks.3.weight" }],
    });
    expect((await failure(device.load(large))).message).toMatch(
      /^unet does not fit this device: inputBlocks\.3\.weight has .* GiB|MiB, and a kernel reaches .*; use a smaller batch/,
    );
  });

  test("shows the message and the place where a text does not compile, and goes on", async () => {
    const { device } = await open();
    const plan = addPlan("webgpu");
    const [kernel] = plan.kernels;
    const broken = { ...kernel, wgsl: kernel?.wgsl?.replace("x[i] + y[i]", "x[i] + nothing") };
    const error = await failure(device.load({ ...plan, kernels: [broken] } as typeof plan));
    expect(error).toBeInstanceOf(PlanError);
    expect(error.message).toMatch(/^internal: the kernel add of add does not compile here:[\s\S]*nothing/);
    const missing = { ...kernel, wgsl: "fn main() {}" };
    expect((await failure(device.load({ ...plan, kernels: [missing] } as typeof plan))).message).toBe(
      "internal: the text of add does not declare its 3 buffers",
    );
    const add = await device.load(plan);
    expect((await elements(await add(one, one)))[0]).toBe(2);
  });

  test("says what WebGPU refuses of a plan, and goes on", async () => {
    const { device } = await open();
    const plan = addPlan("webgpu");
    // Two writable ranges that overlap.
    const aliasing = { ...plan, call: [{ kind: "dispatch", kernel: 0, slots: [2, 1, 2], source: "" }] } as typeof plan;
    const [first, second] = [await device.load(aliasing), await device.load(plan)];
    expect((await failure(first(one, one))).message).toMatch(/^internal: WebGPU refuses the plan of add: /);
    expect((await elements(await second(one, one)))[0]).toBe(2);
  });

  test("that is lost rejects what is pending and all that comes, by the reason", async () => {
    const { device, made } = await open();
    const steps = await device.load(stepsPlan("webgpu", 100_000));
    const x = await device.put(host(100, () => 1));
    const pending = [steps(x), steps(x)].map(failure);
    await new Promise((resolve) => setTimeout(resolve, 100));
    made.destroy();
    for (const error of await Promise.all(pending)) {
      expect(error).toBeInstanceOf(DeviceError);
      expect(error.message).toMatch(/^the device is lost, with what was on it: .*; openDevice gives a new one$/s);
    }
    expect((await device.lost).message).toMatch(/^the device is lost/);
    expect((await failure(device.put(one))).message).toMatch(/^the device is lost/);
    expect((await failure(x.read())).message).toMatch(/^the device is lost/);
    expect((await failure(device.load(addPlan("webgpu")))).message).toMatch(/^the device is lost/);
    const { device: other } = await open();
    expect((await elements(await (await other.load(addPlan("webgpu")))(one, one)))[0]).toBe(2);
  });

  test("that is closed rejects by that", async () => {
    const { device } = await open();
    const add = await device.load(addPlan("webgpu"));
    device.close();
    expect((await failure(add(one, one))).message).toBe("the device was closed");
  });
});
