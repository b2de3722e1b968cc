/** What building kernels needs to know of the graph around them. */

import type { Constant, Variable } from "../ir/program.ts";
import type { Buffer, Kernel } from "../kernel/kernel.ts";
import type { ScheduleServices } from "./contraction.ts";
import type { Node } from "./graph.ts";
import type { Location } from "./location.ts";
import type { Region } from "./regions.ts";

export interface Context {
  readonly services: ScheduleServices;
  readonly definition: (variable: Variable) => Node | undefined;
  readonly isStored: (variable: Variable) => boolean;
  readonly locate: (from: Variable | Constant) => Location;
  /** Reads the steps of the loops around, where a kernel uses them: called before its first statement. */
  readonly notes: (region: Region) => readonly string[];
}

/** Kernels of a region, in order. */
export type BuildRegion = (region: Region, context: Context) => readonly Kernel[];

/** Buffers in the order of their first use, with whether they are read or written. */
export const bufferList = (): {
  readonly use: (buffer: Buffer) => void;
  readonly list: () => readonly Buffer[];
} => {
  const buffers = new Set<Buffer>();
  return { use: (buffer) => void buffers.add(buffer), list: () => [...buffers] };
};
