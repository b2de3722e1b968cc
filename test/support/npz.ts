/** Archives of arrays on disk, read whole. */

import type { Host } from "../../dsl/index.ts";
import { openFile } from "../../examples/guided-diffusion/files/file.ts";
import { readNpz } from "../../examples/guided-diffusion/files/npz.ts";

/** Every array of a file, by name. */
export const readArrays = async (file: string): Promise<Readonly<Record<string, Host>>> => {
  const source = await openFile(file);
  try {
    const npz = await readNpz(source);
    const arrays: Record<string, Host> = {};
    for (const name of npz.entries.keys()) arrays[name] = await npz.read(name);
    return arrays;
  } finally {
    await source.close();
  }
};
