/** What building kernels needs to know of the graph around them. */

import type { Constant, Variable } from "../ir/program.ts";
import type { Buffer } from "../kernel/kernel.ts";
import type { ScheduleServices } from "./contraction.ts";
import type { Node } from "./graph.ts";
import type { Location } from "./location.ts";
import type { Region } from "./region.ts";

export interface Context {
  readonly services: ScheduleServices;
  readonly definition: (variable: Variable) => Node | undefined;
  readonly isStored: (variable: Variable) => boolean;
  readonly locate: (from: Variable | Constant) => Location;
  /** Lines for the header of the kernels of a region. */
  readonly notes: (region: Region) => readonly string[];
}

/** Buffers in the order of their first use. */
export const bufferList = (): {
  readonly use: (buffer: Buffer) => void;
  readonly list: () => readonly Buffer[];
} => {
  const buffers = new Set<Buffer>();
  return { use: (buffer) => void buffers.add(buffer), list: () => [...buffers] };
};
