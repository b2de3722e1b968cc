/** The WebAssembly device where things go wrong: traps, dead workers, no memory; and with any number of threads. */

import { createRequire, syncBuiltinESMExports } from "node:module";
import type { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Device, DeviceTensor } from "../../../runtime/device.ts";
import { DeviceError } from "../../../runtime/errors.ts";
import { openWasm } from "../../../runtime/wasm/device.ts";
import { elements, failure, host } from "../devices.ts";
import {
  addPlan,
  boundPlan,
  makePlan,
  nestedOf,
  nestedPlan,
  stepsOf,
  stepsPlan,
  sumPlan,
  trainPlan,
  trapPlan,
} from "../plans.ts";

/** The workers that were started. */
const workers: Worker[] = [];
const threads = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof Worker };
const original = threads.Worker;

beforeAll(() => {
  threads.Worker = class extends original {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
  };
  syncBuiltinESMExports();
});
afterAll(() => {
  threads.Worker = original;
  syncBuiltinESMExports();
});

const devices: Device[] = [];
const open = async (count = 2): Promise<Device> => {
  workers.length = 0;
  const device = await openWasm({ threads: count });
  devices.push(device);
  return device;
};
afterEach(() => {
  for (const device of devices.splice(0)) device.close();
  vi.unstubAllGlobals();
});

const one = host(1000, () => 1);

describe("threads", () => {
  test.each([1, 2, 3, 5])("%i of them compute the same", async (count) => {
    const device = await open(count);
    expect(device.description).toBe(`wasm, ${count} thread${count === 1 ? "" : "s"}`);
    const sum = await device.load(sumPlan("wasm"));
    const nested = await device.load(nestedPlan("wasm"));
    for (let round = 0; round < 20; round++) {
      expect(await elements(await sum(host(1000, (i) => i)))).toEqual([499_500]);
      expect((await elements(await nested(host(100, (i) => i))))[50]).toBe(nestedOf(50));
    }
  });

  test("must be a number of them", async () => {
    for (const count of [0, -1, 1.5, 1e9])
      await expect(openWasm({ threads: count })).rejects.toThrow(`threads is ${count}, and must be a whole number`);
  });

  test("the caller is not blocked while they run", async () => {
    const device = await open();
    const steps = await device.load(stepsPlan("wasm", 20_000));
    let turns = 0;
    const timer = setInterval(() => void turns++, 1);
    await steps(host(100, () => 0));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

describe("without shared memory", () => {
  test("plans run in the calling thread, and say so", async () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    const device = await open();
    expect(workers).toHaveLength(0);
    expect(device.description).toBe("wasm, 1 thread, no shared memory");
    const steps = await device.load(stepsPlan("wasm", 7));
    expect((await elements(await steps(host(100, () => 1))))[0]).toBe(stepsOf(1, 7));
    const affine = await device.load(boundPlan("wasm"));
    const ready = await affine.bind(async () => host(100, () => 3));
    expect((await elements(await ready(host(100, () => 0))))[0]).toBe(-5);
    const big = await device.load(addPlan("wasm", 1_000_000));
    const x = await device.put(host(1_000_000, (i) => i));
    expect((await elements(await big(x, x)))[999_999]).toBe(1_999_998);
    const trap = await device.load(trapPlan());
    expect((await failure(trap())).message).toContain("a kernel trapped: broken (model.ts:1)");
    const timings = vi.fn();
    await steps.call([host(100, () => 1)], { onTimings: timings });
    expect(timings).toHaveBeenCalledOnce();
    device.close();
    expect((await failure(steps(host(100, () => 1)))).message).toBe("the device was closed");
  });
});

describe("a kernel that traps", () => {
  test("fails its call by name, and the device goes on", async () => {
    const device = await open();
    const [trap, sum] = [await device.load(trapPlan()), await device.load(sumPlan("wasm"))];
    for (let round = 0; round < 3; round++) {
      const error = await failure(trap());
      expect(error).toBeInstanceOf(DeviceError);
      expect(error.message).toBe(
        "internal: a kernel trapped: broken (model.ts:1): RuntimeError: unreachable; the call is lost, and the device goes on",
      );
      expect(await elements(await sum(one))).toEqual([1000]);
    }
  });
});

describe("a plan whose module lacks a kernel", () => {
  test("is refused by every thread before the next is loaded", async () => {
    const device = await open(4);
    const add = addPlan("wasm");
    const broken = { ...add, kernels: add.kernels.map((kernel) => ({ ...kernel, export: "none" })) };
    for (let round = 0; round < 10; round++) {
      const [refused, sum] = await Promise.all([failure(device.load(broken)), device.load(sumPlan("wasm"))]);
      expect(refused.message).toContain("does not export none");
      expect(await elements(await sum(one))).toEqual([1000]);
    }
  });
});

describe("a worker that dies", () => {
  test("in a call: it and all after it reject, and another device opens", async () => {
    const device = await open();
    const steps = await device.load(stepsPlan("wasm", 2 ** 30));
    const x = await device.put(host(100, () => 0));
    const pending = [steps(x), steps.call([x], { onStep: () => undefined }), (x as DeviceTensor).read()].map(failure);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await workers[1]?.terminate();
    for (const error of await Promise.all(pending)) {
      expect(error).toBeInstanceOf(DeviceError);
      expect(error.message).toMatch(/^the device is lost, with what was on it: worker 1 died: .*; openDevice gives/);
    }
    expect((await device.lost).message).toMatch(/^the device is lost/);
    expect((await failure(device.load(addPlan("wasm")))).message).toMatch(/^the device is lost/);
    expect((await failure(device.put(one))).message).toMatch(/^the device is lost/);
    const other = await open();
    const add = await other.load(addPlan("wasm"));
    expect((await elements(await add(one, one)))[0]).toBe(2);
  });

  test("between calls", async () => {
    const device = await open();
    const add = await device.load(addPlan("wasm"));
    await workers[0]?.terminate();
    expect((await failure(add(one, one))).message).toMatch(/^the device is lost/);
  });

  test("closing rejects what is pending", async () => {
    const device = await open();
    const steps = await device.load(stepsPlan("wasm", 2 ** 30));
    const pending = failure(steps(host(100, () => 0)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    device.close();
    device.close();
    expect((await pending).message).toBe("the device was closed");
    expect((await device.lost).message).toBe("the device was closed");
  });
});

describe("memory", () => {
  const huge = (bytes: number) =>
    makePlan("wasm", {
      name: "huge",
      kernels: [],
      result: [],
      results: [],
      memory: { call: bytes, load: 0, packed: 0, scratch: 0, live: 0 },
    });

  test("that is not there is refused where the plan is loaded, with the bytes, and the rest goes on", async () => {
    const device = await open();
    const error = await failure(device.load(huge(5 * 2 ** 30)));
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.message).toMatch(
      /^no memory for the values inside a call of huge: 5\.00 GiB \(5368709120 bytes\) beside .* in use, of 4\.00 GiB; dispose/,
    );
    const add = await device.load(addPlan("wasm"));
    expect((await elements(await add(one, one)))[0]).toBe(2);
  });

  test("of a donated state whose call fails is lost, and said to be", async () => {
    const device = await open();
    const train = await device.load(trainPlan("wasm"));
    const state = await device.put({ weight: host(100, () => 1) });
    const x = host(100, () => 1);
    const controller = new AbortController();
    const call = train.call([state, x], { signal: controller.signal });
    controller.abort(new Error("stopped"));
    expect((await failure(call)).message).toBe("stopped");
    expect((await failure((state.weight as DeviceTensor).read())).message).toContain("was donated to a call as");
  });

  test("of tensors that nothing refers to is used again", async () => {
    const device = await open();
    const size = 8 * 2 ** 20;
    const add = await device.load(addPlan("wasm", size));
    let x: unknown = await device.put({ dtype: "f32", shape: [size], data: new Float32Array(size) });
    // 32 MiB each: 6 GiB in all.
    for (let i = 0; i < 200; i++) x = await add(x, x);
    expect((await (x as DeviceTensor).read()).data[0]).toBe(0);
  });
});
