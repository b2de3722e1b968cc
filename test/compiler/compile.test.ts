import { describe, expect, test } from "vitest";
import { compile, type DeviceCompileOptions } from "../../compiler/index.ts";
import { ones, tensor, toHost } from "../../dsl/index.ts";
import { expectClose } from "../../dsl/testing/index.ts";
import { openDevice } from "../../runtime/index.ts";
import { ddimStep } from "../programs/ddim.ts";
import { layer } from "../programs/layer.ts";
import { testGpu } from "../support/webgpu.ts";

const source = new URL("../programs/layer.ts", import.meta.url).href;
const weights = {
  weight: tensor([
    [1, 2],
    [3, 4],
  ]),
  bias: tensor([10, 20]),
};
const x = tensor([[1, 1]]);

describe("compile", () => {
  test("gives the values of the function", async () => {
    const compiled = await compile(layer<1>, { source, dims: { B: 1 } });
    expectClose(await compiled(weights, x), layer(weights, x));
  });

  test("freezes bound parameters, and takes the others", async () => {
    const compiled = await compile(layer<1>, { source, dims: { B: 1 }, bind: ["p"] });
    const bound = await compiled.bind({ p: weights });
    expectClose(await bound(x), layer(weights, x));
  });

  test("refuses arguments that it was not compiled for", async () => {
    const compiled = await compile(layer<1>, { source, dims: { B: 1 } });
    const call = compiled as (...args: readonly unknown[]) => Promise<unknown>;
    await expect(call(weights)).rejects.toThrow("layer: 1 arguments, and it takes 2: p, x");
    await expect(call(weights, ones([2, 2]))).rejects.toThrow("layer: x is [2, 2], and was compiled as [1, 2]");
    await expect(call(weights, ones([1, 2], "i32"))).rejects.toThrow(
      "layer: x is i32[1, 2], and was compiled as f32[1, 2]",
    );
    await expect(call({ weight: weights.weight }, x)).rejects.toThrow(
      "layer: p.bias is undefined, and must be a tensor",
    );
    await expect(call(3, x)).rejects.toThrow("layer: p is number, and must be a record of tensors");
  });

  test("refuses to bind what is no parameter", async () => {
    await expect(compile(layer<1>, { source, dims: { B: 1 }, bind: ["q"] })).rejects.toThrow(
      "layer: bind names q, and the parameters are p, x",
    );
  });

  test("takes the name of the function for the export", async () => {
    await expect(compile(ddimStep, { source })).rejects.toThrow("TG103 no export is named ddimStep");
  });
});

const gpu = await testGpu();

/** The shared device of a name, or one of the adapter that tests have. */
const choices = {
  wasm: async () => "wasm" as const,
  webgpu: async () => openDevice({ kind: "webgpu", software: true, ...(gpu && { gpu }) }),
};

describe.each(["wasm", "webgpu"] as const)("compile for %s", (kind) => {
  const it = test.skipIf(kind === "webgpu" && gpu === undefined);
  const compileLayer = async (options: Partial<DeviceCompileOptions> = {}) =>
    compile(layer<1>, { source, dims: { B: 1 }, device: await choices[kind](), ...options });

  it("gives the values of the function", async () => {
    const compiled = await compileLayer();
    expect(compiled.plan.device).toBe(kind);
    expectClose(await compiled(weights, x), layer(weights, x));
  });

  it("takes host data and device tensors in place of tensors", async () => {
    const compiled = await compileLayer();
    expectClose(await compiled(toHost(weights), await compiled.device.put(toHost(x))), layer(weights, x));
  });

  it("freezes bound parameters, and takes the others", async () => {
    const compiled = await compileLayer({ bind: ["p"] });
    expect(compiled.plan.load.length).toBeGreaterThan(0);
    const bound = await compiled.bind({ p: weights });
    expectClose(await bound(x), layer(weights, x));
  });

  it("leaves results of the loaded plan on the device", async () => {
    const { loaded, device } = await compileLayer();
    const p = await device.put(toHost(weights));
    const once = await loaded(p, toHost(x));
    const twice = await loaded(p, once);
    expectClose(tensor(await twice.read()), layer(weights, layer(weights, x)), { relative: 1e-6 });
  });

  it("spends what is donated", async () => {
    const { loaded, device } = await compileLayer({ donate: ["x"] });
    const spent = await device.put(toHost(x));
    await loaded(toHost(weights), spent);
    await expect(spent.read()).rejects.toThrow(/donated to a call as "layer: x"/);
  });

  it("refuses arguments in the words of every device", async () => {
    const call = (await compileLayer()) as (...args: readonly unknown[]) => Promise<unknown>;
    await expect(call(weights)).rejects.toThrow("layer: 1 arguments, and it takes 2: p, x");
    await expect(call(weights, ones([2, 2]))).rejects.toThrow("layer: x is [2, 2], and was compiled as [1, 2]");
    await expect(call(weights, ones([1, 2], "i32"))).rejects.toThrow("layer: x is i32[1, 2], and was compiled as f32");
    await expect(call({ weight: weights.weight }, x)).rejects.toThrow("layer: p.bias is undefined, and must be");
    await expect(call(weights, toHost(ones([2, 2])))).rejects.toThrow("layer: x must be f32[1, 2], and is f32[2, 2]");
    await expect(call(weights, 3)).rejects.toThrow("layer: x must be f32[1, 2], and is number 3");
  });

  it("refuses names that are no parameters, and those both bound and donated", async () => {
    await expect(compileLayer({ bind: ["q"] })).rejects.toThrow("layer: bind names q, and the parameters are p, x");
    await expect(compileLayer({ donate: ["y"] })).rejects.toThrow("layer: donate names y, and the parameters are p, x");
    await expect(compileLayer({ bind: ["p"], donate: ["p"] })).rejects.toThrow(/layer: p is both bound, .* donated/);
  });
});

describe("devices", () => {
  test("of a name are opened once", async () => {
    const [a, b] = await Promise.all(
      [1, 2].map(() => compile(layer<1>, { source, dims: { B: 1 }, device: "wasm", threads: 1 })),
    );
    expect(a?.device).toBe(b?.device);
    expect(a?.device.description).toMatch(/1 thread\b/);
    a?.device.close();
  });

  test("that do not exist are refused", async () => {
    await expect(compile(layer<1>, { source, dims: { B: 1 }, device: "tpu" as "wasm" })).rejects.toThrow(
      "tpu is no device; they are evaluator, wasm, webgpu, software",
    );
  });
});
