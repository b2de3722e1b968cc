/**
 * ADM's networks for 64 × 64 images at full size, against the numbers of the original: seconds, memory, and differences.
 *
 *     npx tsx --conditions=typegrad-source test/full-size.ts [diffusion | classifier] [--device wasm] [--threads 2]
 *
 * Weights are filled by a rule and bound one by one. It takes minutes and 4 GiB, so no suite runs it.
 */

import { parseArgs } from "node:util";
import { type AnyFunction, openDevice } from "typegrad/runtime";
import { compile } from "../compiler/index.ts";
import { tensor, toHost } from "../dsl/index.ts";
import type { AnyTensor } from "../dsl/tensor.ts";
import { classifier } from "../examples/guided-diffusion/networks/classifier.ts";
import type { ClassifierConfig, UNetConfig } from "../examples/guided-diffusion/networks/config.ts";
import { adm64, classifier64 } from "../examples/guided-diffusion/networks/configs.ts";
import { fillParameter, spreadNoise } from "../examples/guided-diffusion/networks/fill.ts";
import { parameterShapes } from "../examples/guided-diffusion/networks/parameters.ts";
import { unet } from "../examples/guided-diffusion/networks/unet.ts";
import { guidance } from "./programs/guidance.ts";
import { largestGap } from "./support/evaluator-probes.ts";
import { readJson, readTensors } from "./support/goldens.ts";

const { values, positionals } = parseArgs({
  options: { device: { type: "string", default: "wasm" }, threads: { type: "string", default: "2" } },
  allowPositionals: true,
});

interface Description {
  readonly errors: Readonly<Record<string, { readonly max_abs_diff_from_float64: number; readonly max_abs: number }>>;
}

const networks = new URL("../examples/guided-diffusion/networks/", import.meta.url);
const x = tensor({ dtype: "f32", shape: [1, 3, 64, 64], data: Float32Array.from(spreadNoise(1001, 3 * 64 * 64)) });
const [t, y] = [tensor([421], "i32"), tensor([207], "i32")];
const spec = (shape: readonly number[], dtype: "f32" | "i32" = "f32") => ({ shape, dtype });
const inputs = { x: spec(x.shape), t: spec([1], "i32"), y: spec([1], "i32") };

const seconds = async <R>(what: string, run: () => Promise<R>): Promise<R> => {
  const start = performance.now();
  const result = await run();
  console.log(`  ${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
};

const device = await openDevice(
  values.device === "wasm" ? { kind: "wasm", threads: Number(values.threads) } : { kind: "webgpu" },
);

/** Compiles a function of config, parameters and images, binds the weights, and calls it twice. */
const run = async (
  golden: string,
  result: string,
  f: AnyFunction,
  source: URL,
  config: UNetConfig | ClassifierConfig,
  args: readonly unknown[],
  statics: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  const shapes = parameterShapes(config);
  const keys = Object.keys(shapes);
  console.log(`${golden}, ${result}, on ${device.description}`);
  const params = Object.fromEntries(keys.map((key) => [key, spec(shapes[key] as readonly number[])]));
  const compiled = await seconds("compile", () =>
    compile(f, {
      source: source.href,
      device,
      specs: { params, ...inputs },
      statics: { config, ...statics },
      bind: ["params"],
    }),
  );
  const { memory } = compiled.plan;
  console.log(
    `  packed weights: ${(memory.packed / 2 ** 30).toFixed(2)} GiB; call: ${(memory.call / 2 ** 20).toFixed(0)} MiB`,
  );
  const bound = await seconds("bind, filling the weights", () =>
    compiled.loaded.bind((name) => {
      const key = name.replace(/^params\./, "");
      return fillParameter(key, shapes[key] as readonly number[], keys.indexOf(key)) as never;
    }),
  );
  const call = async (): Promise<AnyTensor> => {
    // What is static has its place among the arguments, and no value.
    const out = await bound(undefined as never, ...(args as never[]));
    return tensor((await (out as { read: () => Promise<never> }).read()) as never) as AnyTensor;
  };
  await seconds("first call", call);
  const found = await seconds("second call", call);
  bound.dispose();
  const { errors } = readJson<Description>(`${golden}.json`);
  const { max_abs_diff_from_float64, max_abs } = errors[result] as Description["errors"][string];
  const due = tensor((await readTensors(`${golden}.safetensors`)).get(result) as never) as AnyTensor;
  const gap = largestGap(found, due);
  const allowed = Math.max(10 * max_abs_diff_from_float64, 1e-6 * max_abs);
  console.log(
    `  largest difference: ${gap.toExponential(2)} of ${max_abs.toPrecision(3)}; allowed: ${allowed.toExponential(2)}`,
  );
  console.log(`  resident at most so far: ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB`);
  if (!(gap <= allowed)) process.exitCode = 1;
};

const guidanceSource = new URL("./programs/guidance.ts", import.meta.url);
const which = positionals.length > 0 ? positionals : ["classifier", "diffusion"];
const [small, large] = ["full.64x64_classifier", "full.64x64_diffusion"] as const;
const hosts = [x, t, y].map((each) => toHost(each as AnyTensor));
if (which.includes("classifier")) {
  const source = new URL("classifier.ts", networks);
  const images = [...hosts.slice(0, 2), undefined];
  await run(small, "logits", classifier as unknown as AnyFunction, source, classifier64, images, {
    dropout: undefined,
  });
  await run(small, "grad.x", guidance as unknown as AnyFunction, guidanceSource, classifier64, hosts);
}
if (which.includes("diffusion")) {
  const source = new URL("unet.ts", networks);
  await run(large, "out", unet as unknown as AnyFunction, source, adm64, [...hosts, undefined], { dropout: undefined });
}
device.close();
