/** Bind groups of one dispatch step, kept by the ranges that are bound: loops that swap come back to the same few. */

import type { Range } from "./memory.ts";
import type { Pipeline } from "./pipelines.ts";

export type BindGroups = (ranges: readonly (Range | undefined)[]) => GPUBindGroup;

/** Groups of one step that are kept; beyond it all are made anew, so that those of buffers that are gone do not gather. */
const most = 512;

export const keepBindGroups = (device: GPUDevice, { layout }: Pipeline, slots: readonly number[]): BindGroups => {
  const groups = new Map<string, GPUBindGroup>();
  return (ranges) => {
    let key = "";
    for (const slot of slots) key += `${(ranges[slot] as Range).id} `;
    let group = groups.get(key);
    if (group === undefined) {
      const entries = slots.map((slot, binding) => {
        const { buffer, offset, size } = ranges[slot] as Range;
        return { binding, resource: { buffer, offset, size } };
      });
      group = device.createBindGroup({ layout, entries });
      if (groups.size >= most) groups.clear();
      groups.set(key, group);
    }
    return group;
  };
};
