/** The kernel of a scatter: each element of the result looks for the updates that name it, so that sums have one order. */

import { sizeOf } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";
import { emitter } from "../kernel/emit.ts";
import { type Index, indexOf, indexVariable } from "../kernel/index-expression.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { constantValue, indexValue, operation, typeOf } from "../kernel/values.ts";
import { bufferList, type Context } from "./context.ts";
import { mergeAxes, placesAt, tile } from "./domain.ts";
import { orderByStride } from "./elementwise-kernel.ts";
import type { Node } from "./graph.ts";
import { addressOf } from "./location.ts";
import { reader, scalarOf } from "./reader.ts";
import type { Region } from "./region.ts";
import { roundToHalf } from "./round-half.ts";

export const scatterKernel = (region: Region, root: Node, context: Context): Kernel => {
  const { services, definition, isStored, locate } = context;
  const { lowering, operands, output } = root;
  if (lowering.kind !== "scatterAdd") throw new Error(`internal: ${lowering.kind} is no scatter`);
  const [updates, indices] = operands as [Atom, Atom];
  const { axis } = lowering;
  const count = updates.type.shape[axis] as number;
  const nodeOf = (variable: Variable): Node | undefined => {
    if (variable === output) return undefined;
    return region.computes.has(variable) || !isStored(variable) ? definition(variable) : undefined;
  };
  const variables = region.domain.map((size, i) => indexVariable(`i${i}`, size));
  const location = locate((region.members[0] as Region["members"][number]).variable);
  const order = orderByStride(location.strides.length === variables.length ? location.strides : variables.map(() => 0));
  // Every index keeps its axes apart: what is read depends on them in ways of its own.
  const merged = mergeAxes(variables, order, [indexOf(0)].concat(variables.map((v) => indexOf(v))));
  const perPoint = Math.max(1, Math.ceil(services.device.elements / Math.max(1, count)));
  const tiling = tile(merged.axes, perPoint, false);

  const emit = emitter();
  const buffers = bufferList();
  const type = typeOf(scalarOf(output.type.dtype));
  // The sum of booleans that are never added to one another, as those of `oneHot`, is their `or`.
  const [none, combine] = type.scalar === "bool" ? ([false, "or"] as const) : ([0, "add"] as const);
  tiling.loops(emit, (at) => {
    const places = placesAt(merged, at);
    const total = emit.variable("total", constantValue(none, type));
    emit.loop("update", count, (update) => {
      const source = places.map((place, i): Index => (i === axis ? update : place));
      const read = reader({ emit, nodeOf, locate, use: buffers.use });
      const index = read(indices, source);
      const wanted = operation(
        "equal",
        index.type.scalar === "i32" ? index : operation("toI32", index),
        indexValue(places[axis] as Index),
      );
      emit.when([{ kind: "value", value: wanted }], () => {
        const inner = reader({ emit, nodeOf, locate, use: buffers.use });
        emit.assign(total, operation(combine, total, inner(updates, source)));
      });
    });
    const value = output.type.dtype === "f16" ? roundToHalf(emit, total) : total;
    const read = reader({
      emit,
      nodeOf,
      locate,
      use: buffers.use,
      given: new Map([[output, value]]),
    });
    for (const { variable, placesOf } of region.members) {
      const own = placesOf(places);
      const { buffer } = locate(variable);
      const stored = read(variable, own);
      buffers.use(buffer);
      emit.store(buffer, addressOf(locate(variable), own), stored);
    }
  });
  const elements = sizeOf(region.domain);
  return {
    name: output.name ?? "scatter",
    buffers: buffers.list(),
    grid: tiling.grid,
    body: emit.statements,
    cost: { flops: sizeOf(updates.type.shape), bytes: 4 * (elements + 2 * sizeOf(updates.type.shape)) },
    notes: context.notes(region),
  };
};
