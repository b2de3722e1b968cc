/** Golden data: tensors of a file beside the json that describes its cases. */

import { readFileSync } from "node:fs";
import { bytesSource } from "../../dsl/bytes.ts";
import type { Host } from "../../dsl/host.ts";
import { openCheckpoint } from "../../examples/guided-diffusion/files/checkpoint.ts";

const goldens = new URL("../goldens/", import.meta.url);

export const readJson = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, goldens), "utf8")) as T;

/** Every tensor of a `.safetensors`, `.pt` or `.npz`, by name. */
export const readTensors = async (name: string): Promise<ReadonlyMap<string, Host>> => {
  const { entries, read } = await openCheckpoint(bytesSource(readFileSync(new URL(name, goldens)), name));
  const tensors = new Map<string, Host>();
  for (const key of entries.keys()) tensors.set(key, await read(key));
  return tensors;
};
