/** jax-js in Node: WASM in one thread (it wants a browser's workers for more), or WebGPU through the package `webgpu`. */

import type { Dense } from "../../../dsl/primitive.ts";
import { argumentsOf } from "../arguments.ts";
import type { OpenSide } from "../side.ts";

/** An array of jax-js; an operation takes its operands away, and `ref` keeps one. */
interface Value {
  readonly ref: Value;
  readonly reshape: (shape: readonly number[]) => Value;
  readonly data: () => Promise<Float32Array>;
  readonly dispose: () => void;
  readonly mul: (other: Value | number) => Value;
  readonly add: (other: Value | number) => Value;
  readonly sub: (other: Value) => Value;
  readonly div: (other: Value) => Value;
}
interface Library {
  readonly init: (device: string) => Promise<unknown>;
  readonly defaultDevice: (device: string) => void;
  readonly grad: (f: (...args: readonly Value[]) => Value) => (...args: readonly Value[]) => Value;
  readonly jit: (f: (...args: readonly Value[]) => Value) => (...args: readonly Value[]) => Value;
  readonly numpy: {
    readonly array: (data: unknown) => Value;
    readonly matmul: (a: Value, b: Value) => Value;
    readonly matrixTranspose: (a: Value) => Value;
    readonly sum: (a: Value) => Value;
    readonly sqrt: (a: Value) => Value;
    readonly mean: (a: Value, axes: readonly number[], options: { readonly keepdims: boolean }) => Value;
  };
  readonly lax: {
    readonly convGeneralDilated: (x: Value, w: Value, strides: readonly number[], padding: string) => Value;
  };
  readonly nn: { readonly silu: (x: Value) => Value; readonly softmax: (x: Value, axis: number) => Value };
}

type Operation = (library: Library) => (...args: readonly Value[]) => Value;

/** By entry. Convolutions are not jitted: they are ten times slower so. */
const operations: Readonly<Record<string, Operation>> = {
  product:
    ({ jit, numpy }) =>
    (...args) =>
      jit((...[a, b]) => numpy.matmul(a as Value, b as Value))(...args),
  convolution:
    ({ lax }) =>
    (...[x, weight, bias]) =>
      lax.convGeneralDilated(x as Value, weight as Value, [1, 1], "SAME").add((bias as Value).reshape([1, -1, 1, 1])),
  inputGradient:
    ({ lax, grad, numpy }) =>
    (...[x, ct, weight]) =>
      grad((...[x, ct, weight]) =>
        numpy.sum(lax.convGeneralDilated(x as Value, weight as Value, [1, 1], "SAME").mul(ct as Value)),
      )(x as Value, ct as Value, weight as Value),
  weightGradient:
    ({ lax, grad, numpy }) =>
    (...[x, ct, weight]) =>
      grad((...[weight, x, ct]) =>
        numpy.sum(lax.convGeneralDilated(x as Value, weight as Value, [1, 1], "SAME").mul(ct as Value)),
      )(weight as Value, x as Value, ct as Value),
  selfAttention: ({ jit, nn, numpy }) =>
    jit((...[query, key, value]) =>
      numpy.matmul(
        nn.softmax(numpy.matmul((query as Value).mul(1 / 8), numpy.matrixTranspose(key as Value)), -1),
        value as Value,
      ),
    ),
  normalised: ({ jit, nn, numpy }) =>
    jit((...[image, scale, bias]) => {
      const x = (image as Value).reshape([32, 6, 64 * 64]);
      const centred = x.ref.sub(numpy.mean(x, [1, 2], { keepdims: true }));
      const variance = numpy.mean(centred.ref.mul(centred.ref), [1, 2], { keepdims: true });
      const normal = centred.div(numpy.sqrt(variance.add(1e-5)));
      return nn
        .silu(normal.mul((scale as Value).reshape([32, 6, 1])).add((bias as Value).reshape([32, 6, 1])))
        .reshape([1, 192, 64, 64]);
    }),
};

export const openJax: OpenSide = async (row, { device }) => {
  const make = operations[row.entry];
  if (make === undefined) return undefined;
  if (device === "webgpu") {
    const { create, globals } = await import("webgpu");
    Object.assign(globalThis, globals);
    const navigator = { gpu: create([]), userAgent: "node", hardwareConcurrency: 2 };
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  }
  const library = (await import(
    new URL("../../../.cache/bench/node_modules/@jax-js/jax/dist/index.js", import.meta.url).href
  )) as unknown as Library;
  await library.init(device);
  library.defaultDevice(device);
  const values = Object.values(argumentsOf(row)).map((tree) => {
    const { data, shape } = tree as Dense;
    return library.numpy.array(data).reshape(shape);
  });
  const operation = make(library);
  const run = async (): Promise<Float32Array> => {
    const result = operation(...values.map((value) => value.ref));
    // `data` takes the array away.
    return result.data();
  };
  return { run: async () => void (await run()), output: run };
};
