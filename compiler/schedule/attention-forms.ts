/** Attention as two contractions in the form of register tiles: scores of queries and keys, and averages of values. */

import type { Atom } from "../ir/program.ts";
import { type Emitter, emitExpression } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
} from "../kernel/index-expression.ts";
import type { Buffer, Value } from "../kernel/kernel.ts";
import type { AttentionLowering, AttentionRole } from "./attention.ts";
import { bufferList, type Context } from "./context.ts";
import type { AxisRole, Contraction, ContractionAxis, ContractionOperand } from "./contraction.ts";
import type { AxisPlaces, ContractionForm } from "./contraction-form.ts";
import type { Node } from "./graph.ts";
import { insideOf, plainOperand, resultPlaces, sumMembers } from "./products-region.ts";
import { reader } from "./reader.ts";
import type { Region } from "./region.ts";
import { placeOf } from "./walk.ts";

export interface AttentionForms {
  readonly name: string;
  readonly batch: readonly IndexVariable[];
  /** Those of queries. */
  readonly rows: readonly IndexVariable[];
  readonly keys: IndexVariable;
  /** Columns are keys; nothing becomes of the results. */
  readonly scores: ContractionForm;
  /** The score of products at places of their first lane: of four along the keys, or of one. */
  readonly score: (emit: Emitter, product: Value, places: AxisPlaces) => Value;
  /** What scores are computed of besides. */
  readonly buffers: readonly Buffer[];
  /** The sum is over keys, and what the first operand reads is not memory: weights are where the kernel keeps them. */
  readonly averages: ContractionForm;
}

const axisNames: Readonly<Record<AttentionRole, string>> = { batch: "b", rows: "m", keys: "s", sum: "k", columns: "n" };

/** `weights` stands for what the second contraction reads of the first. */
export const attentionForms = (region: Region, root: Node, context: Context, weights: Buffer): AttentionForms => {
  const attention = root.lowering as AttentionLowering;
  const variables = attention.axes.map(({ size, role }, i) => indexVariable(`${axisNames[role]}${i}`, size));
  const at = variables.map(indexOf);
  const ofRole = (role: AttentionRole): IndexVariable[] => variables.filter((_, i) => attention.axes[i]?.role === role);
  const [batch, rows, sums, columns] = [ofRole("batch"), ofRole("rows"), ofRole("sum"), ofRole("columns")];
  const [keys] = ofRole("keys") as [IndexVariable];
  const [query, key, value] = attention.operands.map((reads, i) => {
    const places = reads.map((read) => placeOf(read, at));
    return plainOperand(context, root.operands[i] as Atom, places);
  }) as [ContractionOperand, ContractionOperand, ContractionOperand];

  const placesOf = (of: (axis: IndexVariable) => Index): Index[] =>
    resultPlaces(attention.axes, root.output.type.shape.length, (axis) => of(variables[axis] as IndexVariable));
  const result = placesOf(indexOf);
  const members = sumMembers(region, root, context, result);
  const main = members.mainPlace(result);
  const contiguous = columns.find((axis) => main !== undefined && coefficientOf(main, axis) === 1);
  const lane = contiguous ?? columns.reduce((a, b) => (b.size > a.size ? b : a));
  const shared = { name: members.name ?? "average", notes: context.notes(region), buffers: members.buffers };
  const axesOf = (roles: Partial<Record<AxisRole, readonly IndexVariable[]>>): ContractionAxis[] =>
    Object.entries(roles).flatMap(([role, axes]) => axes.map((variable) => ({ variable, role: role as AxisRole })));
  const scoring: Contraction = {
    ...shared,
    axes: axesOf({ batch, rows, columns: [keys], sum: sums }),
    a: query,
    b: key,
    contiguous: keys,
    finish: () => {},
  };
  const averaging: Contraction = {
    ...shared,
    axes: axesOf({ batch, rows, columns, sum: [keys] }),
    a: { buffer: weights, index: indexOf(keys) },
    b: value,
    contiguous,
    finish: (emit, total, places) => {
      const own = total.type.lanes === 4 ? indexVariable("lane", 4) : undefined;
      const along = (axis: IndexVariable): Index =>
        own !== undefined && axis === contiguous ? addIndices(places(axis), indexOf(own)) : places(axis);
      members.store(emit, total, placesOf(along), own);
    },
  };
  const form = (contraction: Contraction, of: Pick<ContractionForm, "columns" | "sums" | "lane">): ContractionForm => {
    const { a, b } = contraction;
    return { ...of, contraction, batch, rows, a, b, reading: "packed" };
  };
  const used = bufferList();
  const score: AttentionForms["score"] = (emit, product, places) => {
    if (attention.score === undefined) return product;
    const own = product.type.lanes === 4 ? indexVariable("lane", 4) : undefined;
    const read = reader({ emit, nodeOf: insideOf(context), locate: context.locate, use: used.use, lane: own });
    const where = attention.scoreAxes.map((i): Index => {
      const axis = variables[i] as IndexVariable;
      const place = places.get(axis) ?? indexOf(axis);
      return own !== undefined && axis === keys ? addIndices(place, indexOf(own)) : place;
    });
    const others = root.operands.slice(3).map((atom) => read(atom, where));
    return emitExpression(emit, attention.score, [product, ...others]);
  };
  return {
    name: shared.name,
    score,
    get buffers() {
      return used.list();
    },
    batch,
    rows,
    keys,
    scores: form(scoring, { columns: [keys], sums: sums.filter(({ size }) => size > 1), lane: keys }),
    averages: form(averaging, { columns, sums: [keys], lane }),
  };
};
