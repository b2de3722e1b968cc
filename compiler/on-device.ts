/** Plans on devices, called with tensors of the language: the one place where the compiler uses the runtime. */

import { denseOf } from "../dsl/evaluate.ts";
import { type Host, isHost, tensor, toHost } from "../dsl/host.ts";
import { type AnyTensor, isTensor } from "../dsl/tensor.ts";
import { type Device, type DeviceTensor, isDeviceTensor, type Loaded, openDevice } from "../runtime/index.ts";
import type { Run, Runner } from "./call.ts";
import type { Signature } from "./frontend/read.ts";
import { type DeviceClassName, deviceClasses } from "./schedule/device-class.ts";
import { flatten, unflatten } from "./signature.ts";

export type DeviceChoice = DeviceClassName | Device;

/** Devices that are named are opened once, and used by all that names them. */
const opened = new Map<string, Promise<Device>>();

const openNamed = async (name: DeviceClassName, threads: number | undefined): Promise<Device> => {
  const key = `${name} ${threads}`;
  const known = opened.get(key);
  if (known !== undefined) return known;
  const opening = openDevice({
    kind: deviceClasses[name].kind,
    ...(name === "software" && { software: true }),
    ...(threads !== undefined && { threads }),
  });
  opened.set(key, opening);
  const forget = (): void => void opened.delete(key);
  opening.then(({ lost }) => lost.then(forget), forget);
  return opening;
};

/**
 * The device of a choice, and what plans for it are made for. A graphics processor that computes in software is used where it is
 * named, or given open.
 */
export const openChoice = async (
  choice: DeviceChoice,
  threads?: number,
): Promise<{ readonly device: Device; readonly name: DeviceClassName }> => {
  if (typeof choice === "string" && !Object.hasOwn(deviceClasses, choice))
    throw new RangeError(`${choice} is no device; they are ${["evaluator", ...Object.keys(deviceClasses)].join(", ")}`);
  const device = typeof choice === "string" ? await openNamed(choice, threads) : choice;
  return { device, name: device.kind === "webgpu" && device.software ? "software" : device.kind };
};

/** A tensor as host data, and without a copy where its elements are as a device has them. */
const hostOf = (x: AnyTensor): Host => {
  const dense = denseOf("an argument", x);
  return dense.dtype === "f32" && dense.data instanceof Float32Array
    ? { dtype: "f32", shape: dense.shape, data: dense.data }
    : (toHost(x) as Host);
};

const tensorOf = async (x: DeviceTensor): Promise<AnyTensor> => {
  const host = await x.read();
  x.dispose();
  return tensor(host as Host<number[]>, x.dtype) as AnyTensor;
};

/** Runs a loaded plan on copies of tensors, and copies its results back. Device tensors and host data pass as they are. */
export const runnerOf = (loaded: Loaded, { parameters, result }: Signature): Runner => {
  const isBound = new Set(loaded.plan.parameters.filter(({ bound }) => bound).map(({ name }) => name));
  const open = parameters.filter(({ name }) => !isBound.has(name));
  const frozen = parameters.filter(({ name }) => isBound.has(name));
  const treesOf = (some: Signature["parameters"], leaves: readonly unknown[]): unknown[] => {
    const values = leaves.map((leaf) => (isTensor(leaf) ? hostOf(leaf) : leaf)).values();
    return some.map(({ structure }) => (structure === "static" ? undefined : unflatten(structure, values)));
  };
  const runOf =
    (plan: Loaded): Run =>
    async (operands) => {
      const call = plan as (...args: readonly unknown[]) => Promise<unknown>;
      const tree = await call(...treesOf(open, operands));
      const results = flatten(plan.plan.name, tree, result, "result", isDeviceTensor);
      return Promise.all(results.map((x) => tensorOf(x as DeviceTensor)));
    };
  return {
    takes: (value) => isDeviceTensor(value) || isHost(value) || typeof value === "number" || typeof value === "boolean",
    run: runOf(loaded),
    bind: async (leaves) => {
      const trees = treesOf(frozen, leaves);
      return runOf(await loaded.bind(Object.fromEntries(frozen.map(({ name }, i) => [name, trees[i]]))));
    },
  };
};
