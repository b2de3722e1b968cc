/** A plan run on random inputs, and how long each of its kernels takes. */

import type { DType } from "../../dsl/dtype.ts";
import type { Host } from "../../dsl/host.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { CallOptions, DeviceTensor, KernelTiming } from "../../runtime/index.ts";
import { isDeviceTensor } from "../../runtime/index.ts";
import type { Plan, PlanTensor } from "../../runtime/plan.ts";
import { tensorParameters } from "../plan-parameters.ts";
import type { DeviceClassName } from "../schedule/device-class.ts";
import { flatten, unflatten } from "../signature.ts";
import { openNamed } from "./open-named.ts";

export interface PlanTimes {
  /** Of each dispatch of the call, in the order of the text. */
  readonly kernels: readonly KernelTiming[];
  /** Milliseconds of a call that nothing measures inside. */
  readonly call: number;
  readonly device: string;
}

/** Small numbers of both signs, the same each time; integers are 0, which is an index of every axis. */
const randomHost = ({ dtype, shape }: PlanTensor): Host => {
  const size = sizeOf(shape);
  if (dtype === "i32") return { dtype, shape, data: new Int32Array(size) };
  if (dtype === "u32") return { dtype, shape, data: new Uint32Array(size) };
  if (dtype === "bool") return { dtype: dtype satisfies DType, shape, data: new Uint8Array(size) };
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) / 4;
  };
  return { dtype: "f32", shape, data: Float32Array.from({ length: size }, next) };
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** Calls that are measured: five, or fewer where they are slow. */
const mostCalls = 5;
const patience = 5000;

export const timePlan = async (plan: Plan, name: DeviceClassName, threads?: number): Promise<PlanTimes> => {
  const device = await openNamed(name, threads);
  try {
    const loaded = await device.load(plan);
    const frozen = new Map(plan.bound.map((tensor) => [tensor.name, tensor]));
    const ready =
      plan.bound.length > 0 ? await loaded.bind((tensor) => randomHost(frozen.get(tensor) as PlanTensor)) : loaded;
    const hosts = new Map(
      tensorParameters(plan).map(({ name, tree, tensors }) => [
        name,
        unflatten(tree, tensors.map(randomHost).values()),
      ]),
    );
    const open = plan.parameters.filter(({ bound }) => !bound);
    const args = (): Promise<unknown[]> =>
      Promise.all(open.map(({ name, tree }) => (tree === "static" ? undefined : device.put(hosts.get(name)))));
    const call = async (options: CallOptions): Promise<number> => {
      const values = await args();
      const start = performance.now();
      const tree = await ready.call(values as never, options);
      const results = flatten(plan.name, tree, plan.result, "result", isDeviceTensor) as DeviceTensor[];
      await results.at(-1)?.read();
      const time = performance.now() - start;
      for (const tensor of results) tensor.dispose();
      return time;
    };
    const repeat = async (options: CallOptions): Promise<number[]> => {
      const times = [await call({})];
      const calls = Math.max(1, Math.min(mostCalls, Math.floor(patience / (times[0] as number))));
      times.length = 0;
      for (let i = 0; i < calls; i++) times.push(await call(options));
      return times;
    };
    const whole = median(await repeat({}));
    const timings: (readonly KernelTiming[])[] = [];
    await repeat({ onTimings: (each) => void timings.push(each) });
    const kernels = (timings[0] ?? []).map((timing, i) => ({
      ...timing,
      milliseconds: median(timings.map((each) => (each[i] as KernelTiming).milliseconds)),
    }));
    return { kernels, call: whole, device: device.description };
  } finally {
    device.close();
  }
};
