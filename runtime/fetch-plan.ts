/** The bytes of a plan file beside a module: over the network, and in Node from the disk too. */

import { PlanError } from "./errors.ts";

/**
 * Reads a plan file from its address: `fetchPlan(new URL("./sample.plan", import.meta.url))`.
 * @throws PlanError that names the address, where there is no such file
 */
export const fetchPlan = async (address: string | { readonly href: string }): Promise<Uint8Array> => {
  const text = typeof address === "string" ? address : address.href;
  const { href, protocol } = new URL(text, globalThis.location?.href);
  try {
    if (protocol === "file:") {
      const module = "node:fs/promises";
      const { readFile } = (await import(/* @vite-ignore */ module)) as { readFile(url: URL): Promise<Uint8Array> };
      return await readFile(new URL(href));
    }
    const response = await fetch(href);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new PlanError(`${href} cannot be read: ${(error as Error).message}`);
  }
};
