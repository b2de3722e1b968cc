/** The kernel of a region without a root: each element of its domain by itself, read through maps and movement. */

import { sizeOf } from "../../dsl/shape.ts";
import { emitter } from "../kernel/emit.ts";
import { type Index, indexOf, indexVariable } from "../kernel/index-expression.ts";
import type { Buffer, Kernel } from "../kernel/kernel.ts";
import { splat } from "../kernel/values.ts";
import { accessesOf } from "./accesses.ts";
import { bufferList, type Context } from "./context.ts";
import { mergeAxes, placesAt, tile } from "./domain.ts";
import { addressOf } from "./location.ts";
import { reader } from "./reader.ts";
import type { Region } from "./region.ts";
import { storeLanes } from "./store.ts";

/** Axes by the memory of a tensor, the slowest first. */
export const orderByStride = (strides: readonly number[]): number[] =>
  strides.map((_, axis) => axis).sort((a, b) => (strides[b] as number) - (strides[a] as number) || a - b);

export const elementwiseKernel = (region: Region, context: Context): Kernel => {
  const { services, definition, isStored, locate } = context;
  const nodeOf = (variable: Parameters<typeof definition>[0]) =>
    region.computes.has(variable) || !isStored(variable) ? definition(variable) : undefined;

  // Addresses in variables of the domain's own axes decide which of these are one loop.
  const variables = region.domain.map((size, axis) => indexVariable(`i${axis}`, size));
  const domain = variables.map(indexOf);
  const indices: Index[] = [];
  let bytes = 0;
  const touched = new Set<Buffer>();
  const touch = (buffer: Buffer, elements: number): void => {
    if (touched.has(buffer)) return;
    touched.add(buffer);
    bytes += 4 * elements;
  };
  const operations = accessesOf(
    region.members.map(({ variable, placesOf }) => [variable, placesOf(domain)]),
    nodeOf,
    (from, places) => {
      const location = locate(from);
      indices.push(addressOf(location, places));
      touch(location.buffer, sizeOf(from.type.shape));
    },
    (condition) => {
      if (condition.kind === "range") indices.push(condition.index);
    },
  );
  for (const { variable, placesOf } of region.members) {
    const location = locate(variable);
    indices.push(addressOf(location, placesOf(domain)));
    touch(location.buffer, sizeOf(variable.type.shape));
  }
  const [main] = region.members as [Region["members"][number]];
  const inDomain = domainStrides(addressOf(locate(main.variable), main.placesOf(domain)), variables);
  const merged = mergeAxes(variables, orderByStride(inDomain), indices);
  const tiling = tile(merged.axes, services.device.elements);

  const emit = emitter();
  const buffers = bufferList();
  tiling.loops(emit, (places, lane) => {
    const at = placesAt(merged, places);
    const read = reader({ emit, nodeOf, locate, use: buffers.use, lane });
    for (const { variable, placesOf } of region.members) {
      const here = placesOf(at);
      const value = read(variable, here);
      const location = locate(variable);
      buffers.use(location.buffer);
      storeLanes(emit, location.buffer, addressOf(location, here), lane === undefined ? value : splat(value), lane);
    }
  });
  return {
    name: main.variable.name ?? "map",
    buffers: buffers.list(),
    grid: tiling.grid,
    body: emit.statements,
    cost: { flops: operations * sizeOf(region.domain), bytes },
    notes: context.notes(region),
  };
};

/** How far an address moves along each axis; axes whose step is not one number count as the slowest. */
export const domainStrides = (address: Index, variables: readonly { readonly size: number }[]): number[] =>
  variables.map((variable) => {
    const terms = address.terms.filter(({ atom }) => atom === variable);
    return terms.length > 0 ? Math.abs((terms[0] as (typeof terms)[number]).coefficient) : Number.MAX_SAFE_INTEGER;
  });
