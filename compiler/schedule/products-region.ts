/** What kernels whose root is a sum of products have in common: how operands are read, and what becomes of the sums. */

import type { ProductAxis } from "../../dsl/lowering.ts";
import type { Atom, Variable } from "../ir/program.ts";
import type { Emitter } from "../kernel/emit.ts";
import { addIndices, type Index, type IndexVariable, scaleIndex } from "../kernel/index-expression.ts";
import type { Buffer, Value } from "../kernel/kernel.ts";
import { splat } from "../kernel/values.ts";
import { accessesOf } from "./accesses.ts";
import type { Context } from "./context.ts";
import type { ContractionOperand } from "./contraction.ts";
import type { Node } from "./graph.ts";
import { addressOf } from "./location.ts";
import { reader } from "./reader.ts";
import type { Region } from "./region.ts";
import { roundToHalf } from "./round-half.ts";
import { storeLanes } from "./store.ts";

/** How what stands before the root is computed where it is read. */
export const insideOf =
  ({ isStored, definition }: Context) =>
  (variable: Variable): Node | undefined =>
    isStored(variable) ? undefined : definition(variable);

/** An operand at places, if it is one tensor read as it lies. */
export const plainOperand = (
  context: Context,
  atom: Atom,
  places: readonly Index[],
): ContractionOperand | undefined => {
  const found: ContractionOperand[] = [];
  let isPlain = true;
  accessesOf(
    [[atom, places]],
    insideOf(context),
    (from, at) => {
      const location = context.locate(from);
      found.push({ buffer: location.buffer, index: addressOf(location, at) });
    },
    () => {
      isPlain = false;
    },
  );
  const [only] = found;
  return found.length === 1 && isPlain && only?.buffer.storage === "f32" ? only : undefined;
};

/** The places of the result at places along the axes of the root. */
export const resultPlaces = (
  axes: readonly Pick<ProductAxis, "result">[],
  rank: number,
  of: (axis: number) => Index,
): Index[] =>
  Array.from({ length: rank }, (_, result) =>
    addIndices(
      ...axes.flatMap((axis, i) => (axis.result?.axis === result ? [scaleIndex(of(i), axis.result.step)] : [])),
    ),
  );

export interface SumMembers {
  readonly name: string | undefined;
  /** What the maps after the root read and write, the root's own sums left out. */
  readonly buffers: readonly Buffer[];
  /** Their places, and what they ask of places, where the result stands at `result`. */
  readonly addresses: readonly Index[];
  /** The place of the first that is stored. */
  readonly mainPlace: (result: readonly Index[]) => Index | undefined;
  /** Computes and stores them for one sum, or for four along `lane`. */
  readonly store: (emit: Emitter, total: Value, result: readonly Index[], lane: IndexVariable | undefined) => void;
}

export const sumMembers = (region: Region, root: Node, context: Context, result: readonly Index[]): SumMembers => {
  const { locate, definition } = context;
  const { output } = root;
  const inside = insideOf(context);
  const after = (variable: Variable): Node | undefined =>
    variable === output ? undefined : region.computes.has(variable) ? definition(variable) : inside(variable);
  const addresses: Index[] = [];
  const read = new Set<Buffer>();
  accessesOf(
    region.members.map(({ variable, placesOf }) => [variable, placesOf(result)]),
    after,
    (from, where) => {
      if (from === output) return;
      const location = locate(from);
      read.add(location.buffer);
      addresses.push(addressOf(location, where));
    },
    (condition) => {
      if (condition.kind === "range") addresses.push(condition.index);
    },
  );
  const stored = region.members.map(({ variable, placesOf }) => ({ variable, placesOf, location: locate(variable) }));
  const written = stored.map(({ placesOf, location }) => addressOf(location, placesOf(result)));
  const [main] = stored;
  return {
    name: output.name ?? main?.variable.name,
    buffers: [...read, ...stored.map(({ location }) => location.buffer)],
    addresses: [...addresses, ...written],
    mainPlace: (at) => main && addressOf(main.location, main.placesOf(at)),
    store: (emit, total, at, lane) => {
      const value = output.type.dtype === "f16" ? roundToHalf(emit, total) : total;
      const given = new Map([[output, value]]);
      const readAfter = reader({ emit, nodeOf: after, locate, use: () => {}, lane, given });
      for (const { variable, placesOf, location } of stored) {
        const where = placesOf(at);
        const element = readAfter(variable, where);
        const address = addressOf(location, where);
        storeLanes(emit, location.buffer, address, lane === undefined ? element : splat(element), lane);
      }
    },
  };
};
