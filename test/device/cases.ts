/** Cases for a machine with a graphics processor: one file each, with a kernel as WGSL, its arguments and what it must give. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wgsl } from "../../compiler/codegen/wgsl.ts";
import type { Kernel } from "../../compiler/kernel/kernel.ts";
import type { Elements } from "../support/kernel-interpreter.ts";

export interface DeviceCase {
  readonly name: string;
  readonly wgsl: string;
  readonly workgroups: readonly [number, number, number];
  readonly access: readonly ("read" | "read_write")[];
  readonly flops: number;
  readonly bytes: number;
  /** Dispatches to time; none, if it is 0. */
  readonly repeats: number;
  readonly tolerance: number;
  readonly buffers: readonly CaseBuffer[];
}

/** Elements in base64, or for large inputs the number of elements to make up; and what they must be afterwards. */
interface CaseBuffer {
  readonly storage: "f32" | "i32" | "u32";
  readonly size: number;
  readonly data?: string;
  readonly expected?: string;
}

const storageOf = (elements: Elements): CaseBuffer["storage"] =>
  elements instanceof Float32Array ? "f32" : elements instanceof Int32Array ? "i32" : "u32";

const base64 = (elements: Elements): string =>
  Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength).toString("base64");

export interface CaseOptions {
  readonly repeats?: number;
  /** Relative to the largest magnitude that is expected. */
  readonly tolerance?: number;
}

/** An argument that is a number is that many elements of f32 that the device run makes up: for timings alone. */
export const caseOf = (
  kernel: Kernel,
  args: readonly (Elements | number)[],
  expected: readonly (Elements | undefined)[] = [],
  { repeats = 0, tolerance = 1e-6 }: CaseOptions = {},
): DeviceCase => {
  const { text, workgroups, access } = wgsl(kernel);
  const buffers = args.map((arg, i): CaseBuffer => {
    if (typeof arg === "number") return { storage: "f32", size: arg };
    const due = expected[i];
    return { storage: storageOf(arg), size: arg.length, data: base64(arg), ...(due && { expected: base64(due) }) };
  });
  const { name, cost } = kernel;
  return { name, wgsl: text, workgroups, access, ...cost, repeats, tolerance, buffers };
};

export const writeCase = (folder: string, each: DeviceCase): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${each.name.replace(/[^A-Za-z0-9]+/g, "-")}.json`), JSON.stringify(each));
};
