/** Runs plan files in a page, which has the runtime and nothing else. */

import type { DeviceTensor } from "../../../runtime/device.ts";
import { type DeviceOptions, openDevice } from "../../../runtime/index.ts";
import type { PlanTensor } from "../../../runtime/plan.ts";
import { treeWith } from "../../../runtime/tree.ts";

export interface PlanRun {
  readonly description: string;
  readonly result: Float32Array;
}

const bytesOf = async (path: string): Promise<ArrayBuffer> => (await fetch(path)).arrayBuffer();

const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Calls a plan whose result is one tensor of floats. The second file has the elements of bound parameters and of arguments. */
export const run = async (options: DeviceOptions, planFile: string, elementsFile: string): Promise<PlanRun> => {
  const device = await openDevice(options);
  const loaded = await device.load(new Uint8Array(await bytesOf(planFile)));
  const { plan } = loaded;
  const bytes = await bytesOf(elementsFile);
  let offset = 0;
  const next = ({ dtype, shape }: PlanTensor) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = new arrays[dtype as keyof typeof arrays](bytes, offset, size);
    offset += 4 * size;
    return { dtype, shape, data } as const;
  };
  const bound = new Map(plan.bound.map((tensor) => [tensor.name, next(tensor)]));
  const leaves = plan.arguments.map(next).values();
  const args = plan.parameters
    .filter((parameter) => !parameter.bound)
    .map(({ tree }) => (tree === "static" ? undefined : treeWith(tree, leaves)));
  const ready = bound.size === 0 ? loaded : await loaded.bind((name) => bound.get(name) as never);
  const result = (await ready.call(args)) as DeviceTensor;
  const { data } = await result.read();
  const { description } = device;
  device.close();
  return { description, result: data as Float32Array };
};
