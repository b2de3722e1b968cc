/**
 * Where programs run: on a device, compiled, with their weights bound; or directly, in plain loops. Both are called alike, with
 * host data, numbers, and what calls gave.
 */

import { type Host, isTensor, type Tensor, tensor, toHost, treeMap } from "typegrad";
import type { Spec } from "typegrad/compiler";
import { type AnyFunction, type Device, type DeviceTensor, openDevice } from "typegrad/runtime";
import type { Checkpoint } from "../files/checkpoint.ts";
import { readerOf } from "../files/checkpoint.ts";
import { inSingle } from "../files/in-single.ts";
import { loadCompiled } from "../plans/load-compiled.ts";
import type { PlanCache } from "../plans/plan-cache.ts";

/** What a program is specialised to, beside its source. */
export interface Task {
  /** The file that exports the function. */
  readonly source: URL;
  /** Values of parameters that are no tensors; `undefined` for those that are left out. */
  readonly statics: Readonly<Record<string, unknown>>;
  /** Shapes of those that are, weights aside. */
  readonly specs: Readonly<Record<string, Spec>>;
  /** Weights by the names of their parameters. */
  readonly weights: Readonly<Record<string, Checkpoint>>;
  /** A parameter that a call spends. */
  readonly donate?: string;
  /** Names of all parameters, in their order. */
  readonly parameters: readonly string[];
  /** How much of loading is done, of `total`. */
  readonly onProgress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}

/** A program that is ready: takes arguments by name. */
export type Ready = (args: Readonly<Record<string, unknown>>) => Promise<unknown>;

export interface Engine {
  readonly description: string;
  readonly prepare: (f: AnyFunction, task: Task) => Promise<Ready>;
  /** Copies a tree of host data to where calls run, for those that take it again and again. */
  readonly put: (tree: unknown) => Promise<unknown>;
  readonly close: () => void;
}

/** Networks compute in f32, whatever their files hold. */
const specsOfWeights = ({ entries }: Checkpoint): Spec =>
  Object.fromEntries([...entries].map(([key, { shape }]) => [key, { dtype: "f32" as const, shape: [...shape] }]));

const onDevice = (device: Device, plans: PlanCache | undefined): Engine => {
  return {
    description: device.description,
    prepare: async (f, { source, statics, specs, weights, donate, parameters, onProgress, signal }) => {
      const names = Object.keys(weights);
      const compiled = await loadCompiled(
        f,
        {
          source,
          statics,
          specs: {
            ...specs,
            ...Object.fromEntries(names.map((name) => [name, specsOfWeights(weights[name] as Checkpoint)])),
          },
          bind: names,
          ...(donate !== undefined && { donate: [donate] }),
        },
        { device, plans, signal },
      );
      const read = readerOf(weights);
      const loaded =
        names.length === 0
          ? compiled
          : await compiled.bind(async (name) => inSingle((await read(name)) as Host), {
              ...(onProgress && { onProgress }),
              ...(signal && { signal }),
            });
      const open = parameters.filter((name) => !names.includes(name));
      const call = loaded as unknown as (...args: readonly unknown[]) => Promise<unknown>;
      return (args) => call(...open.map((name) => args[name]));
    },
    put: device.put,
    close: device.close,
  };
};

/** A tensor of the language, as a device would give it. */
interface Wrapped extends DeviceTensor {
  readonly tensor: Tensor;
}

const wrap = (x: Tensor): Wrapped => ({
  shape: x.shape,
  dtype: x.dtype,
  read: async () => toHost(x) as Awaited<ReturnType<DeviceTensor["read"]>>,
  dispose: () => undefined,
  tensor: x,
});

/** Arguments as tensors: rank 0 is f32, but for the index of a step. */
const unwrap = (value: unknown, spec: Spec | undefined): unknown => {
  if (value === undefined || isTensor(value)) return value;
  if (typeof value === "number") return tensor(value, (spec as { dtype?: "f32" | "i32" } | undefined)?.dtype ?? "f32");
  if (typeof value !== "object" || value === null) return value;
  if ("tensor" in value) return value.tensor;
  if ("dtype" in value && "data" in value) return tensor(value as Host<number[]>);
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      unwrap(child, (spec as Record<string, Spec> | undefined)?.[key]),
    ]),
  );
};

const directly: Engine = {
  description: "plain loops of JavaScript",
  prepare: async (f, { statics, specs, weights, parameters }) => {
    const bound: Record<string, unknown> = {};
    for (const [name, checkpoint] of Object.entries(weights)) {
      const tensors: Record<string, unknown> = {};
      for (const key of checkpoint.entries.keys())
        tensors[key] = tensor(inSingle(await checkpoint.read(key)) as Host<number[]>);
      bound[name] = tensors;
    }
    return async (args) => {
      const values = parameters.map((name) => bound[name] ?? statics[name] ?? unwrap(args[name], specs[name]));
      const result: unknown = f(...values);
      return isTensor(result) ? wrap(result as Tensor) : treeMap(wrap as never, result as never);
    };
  },
  put: async (tree) => tree,
  close: () => undefined,
};

/** Devices by the names that flags give them; `software` is a graphics processor that the processor computes for. */
export type DeviceName = "wasm" | "webgpu" | "software";
export type EngineName = DeviceName | "direct";

/**
 * The device that is named; else a graphics processor where there is one, and WebAssembly where there is none.
 * @throws DeviceError where the one that is named is not there
 */
export const openNamed = (name?: DeviceName, threads?: number): Promise<Device> =>
  openDevice({
    ...(name === "software" ? { kind: "webgpu", software: true } : name !== undefined && { kind: name }),
    ...(threads !== undefined && { threads }),
  });

/**
 * The engine that is named, as `openNamed`.
 * @throws DeviceError where the one that is named is not there
 */
export const openEngine = async (name?: EngineName, threads?: number, plans?: PlanCache): Promise<Engine> =>
  name === "direct" ? directly : onDevice(await openNamed(name, threads), plans);
