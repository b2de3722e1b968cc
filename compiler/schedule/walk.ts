/**
 * Walk: what an element of a tensor is, followed from its place back to values that are stored.
 *
 * Movement is arithmetic on places, maps are scalar functions of elements, so any chain of them can be read through. What
 * reading means is an `Algebra`'s: one writes statements of a kernel (`reader.ts`), one only looks (`accesses.ts`).
 */

import type { AxisRead } from "../../dsl/lowering.ts";
import type { Expression } from "../../dsl/scalar/expression.ts";
import type { Atom, Constant, Variable } from "../ir/program.ts";
import {
  addIndices,
  assuming,
  boundsOf,
  coefficientOf,
  dependsOn,
  flattenIndex,
  type Index,
  type IndexVariable,
  indexKey,
  indexOf,
  isMultiple,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
  substituteIndex,
  unflattenIndex,
} from "../kernel/index-expression.ts";
import type { Condition } from "../kernel/kernel.ts";
import type { Node } from "./graph.ts";

export interface Algebra<V> {
  /** An element of a stored variable, or of a constant. */
  readonly load: (from: Variable | Constant, places: readonly Index[]) => V;
  readonly constant: (value: number, atom: Atom) => V;
  /** An element of `output`, a map of its operands' elements. */
  readonly map: (output: Variable, body: Expression, values: readonly V[]) => V;
  /** The place itself, as an element of `output`. */
  readonly counted: (output: Variable, place: Index) => V;
  /** `inner` where the conditions hold, else `other`. */
  readonly when: (
    output: Variable,
    conditions: readonly Condition[],
    inner: () => V,
    other: () => V,
    /** Whether lanes may differ. */
    varies: boolean,
  ) => V;
  /** An integer value as a place in 0 … size − 1. */
  readonly place: (value: V, size: number) => Index;
  /** The values for lanes 0 … 3 side by side. */
  readonly lanes: (value: (lane: number) => V) => V;
}

export interface WalkOptions {
  /** How a variable that is not stored is made; `undefined` for a stored one. */
  readonly nodeOf: (variable: Variable) => Node | undefined;
  /** Counts the lanes of vectors, where elements are read four at a time. */
  readonly lane?: IndexVariable | undefined;
}

/** Σ of places, as an axis of an operand is read. */
export const placeOf = ({ offset, terms }: AxisRead, places: readonly Index[]): Index =>
  offsetIndex(addIndices(...terms.map(({ axis, step }) => scaleIndex(places[axis] as Index, step))), offset);

/** Reads an element of a tensor. */
export type Read<V> = (atom: Atom, places: readonly Index[]) => V;

const isUniform = ({ value: { data } }: Constant): boolean => {
  const first = data[0] as number;
  return data.every((value: number) => Object.is(value, first));
};

const uniform = new WeakMap<Constant, boolean>();
export const isUniformConstant = (constant: Constant): boolean => {
  let known = uniform.get(constant);
  if (known === undefined) {
    known = constant.value.data.length > 0 && isUniform(constant);
    uniform.set(constant, known);
  }
  return known;
};

export const walk = <V>(algebra: Algebra<V>, { nodeOf, lane }: WalkOptions): Read<V> => {
  /** What has been read where the walk stands now; inside a condition it is forgotten on leaving. */
  let known: Map<string, V>[] = [new Map()];
  const numbers = new Map<Variable, number>();
  const keyOf = (variable: Variable, places: readonly Index[]): string => {
    let number = numbers.get(variable);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(variable, number);
    }
    return `${number}:${places.map(indexKey).join()}`;
  };

  const inScope = <R>(body: () => R): R => {
    known = [...known, new Map()];
    try {
      return body();
    } finally {
      known = known.slice(0, -1);
    }
  };

  const varies = (index: Index): boolean => lane !== undefined && dependsOn(index, lane);
  const inLane = (places: readonly Index[], number: number): Index[] =>
    places.map((place) =>
      varies(place) ? substituteIndex(place, (variable) => (variable === lane ? indexOf(number) : undefined)) : place,
    );

  const read: Read<V> = (atom, places) => {
    if (atom.kind === "constant")
      return isUniformConstant(atom)
        ? algebra.constant(atom.value.data[0] as number, atom)
        : algebra.load(atom, places);
    const key = keyOf(atom, places);
    for (let i = known.length - 1; i >= 0; i--) {
      const value = (known[i] as Map<string, V>).get(key);
      if (value !== undefined) return value;
    }
    const node = nodeOf(atom);
    const value = node === undefined ? algebra.load(atom, places) : readNode(node, places);
    (known.at(-1) as Map<string, V>).set(key, value);
    return value;
  };

  /** Where a range begins and ends with whole vectors, all lanes are in it if the first is. */
  const wholeVectors = (condition: Condition & { readonly kind: "range" }): typeof condition => {
    const { index, low, high } = condition;
    if (lane === undefined || low % 4 !== 0 || high % 4 !== 0 || coefficientOf(index, lane) !== 1) return condition;
    const first = substituteIndex(index, (variable) => (variable === lane ? indexOf(0) : undefined));
    return isMultiple(first, 4) ? { ...condition, index: first } : condition;
  };

  /** A choice by place; what is proved is not asked. Lanes that differ are asked one by one. */
  const choose = (
    node: Node,
    places: readonly Index[],
    conditions: readonly (Condition & { readonly kind: "range" })[],
    inner: () => V,
    other: () => V,
  ): V => {
    const open: (Condition & { readonly kind: "range" })[] = [];
    for (const given of conditions) {
      const condition = wholeVectors(given);
      const [least, most] = boundsOf(condition.index);
      if (least >= condition.low && most < condition.high) continue;
      // An empty range, that of a tensor of no elements, holds nowhere.
      if (most < condition.low || least >= condition.high || condition.high <= condition.low) return other();
      if (varies(condition.index)) return algebra.lanes((number) => readNode(node, inLane(places, number)));
      open.push(condition);
    }
    if (open.length === 0) return inner();
    return algebra.when(
      node.output,
      open,
      () => assuming(open, () => inScope(inner)),
      () => inScope(other),
      places.some(varies),
    );
  };

  const readNode = (node: Node, places: readonly Index[]): V => {
    const { lowering, operands, output } = node;
    const [first] = operands;
    switch (lowering.kind) {
      case "map":
        return algebra.map(
          output,
          lowering.body,
          operands.map((operand) => read(operand, places)),
        );
      case "fill":
        return algebra.constant(lowering.value, output);
      case "iota":
        return algebra.counted(output, places[0] as Index);
      case "constant":
        return algebra.load(
          { kind: "constant", type: output.type, value: { ...output.type, data: lowering.data } },
          places,
        );
      case "gather": {
        const [x, indices] = operands as [Atom, Atom];
        if (places.some(varies)) {
          // Where the index is one for all lanes, the lanes may still be side by side.
          const own = readsOfIndices(indices, places);
          if (own) return algebra.lanes((number) => readNode(node, inLane(places, number)));
        }
        const { axis } = lowering;
        const place = algebra.place(read(indices, places), x.type.shape[axis] as number);
        return read(
          x,
          places.map((index, i) => (i === axis ? place : index)),
        );
      }
      case "move":
        break;
      default:
        throw new Error(`internal: a ${lowering.kind} is read, and was not stored`);
    }
    const { movement } = lowering;
    switch (movement.kind) {
      case "affine":
        return read(
          first as Atom,
          movement.reads.map((axis) => placeOf(axis, places)),
        );
      case "reshape":
        return read(first as Atom, unflattenIndex(flattenIndex(places, output.type.shape), (first as Atom).type.shape));
      case "pad": {
        const { low, interior, value } = movement;
        const { shape } = (first as Atom).type;
        const conditions: (Condition & { readonly kind: "range" })[] = [];
        const inner = places.map((place, axis) => {
          const from = offsetIndex(place, -(low[axis] as number));
          const step = (interior[axis] as number) + 1;
          const dim = shape[axis] as number;
          conditions.push({ kind: "range", index: from, low: 0, high: dim === 0 ? 0 : (dim - 1) * step + 1 });
          if (step === 1) return from;
          // Whole steps keep what is divided from being negative.
          const shifted = offsetIndex(from, step * Math.ceil((low[axis] as number) / step));
          conditions.push({ kind: "range", index: remainder(shifted, step), low: 0, high: 1 });
          return offsetIndex(quotient(shifted, step), -Math.ceil((low[axis] as number) / step));
        });
        return choose(
          node,
          places,
          conditions,
          () => read(first as Atom, inner),
          () => algebra.constant(value, output),
        );
      }
      case "concat": {
        const { axis } = movement;
        const place = places[axis] as Index;
        let start = 0;
        const parts = operands.map((operand) => {
          const from = start;
          start += operand.type.shape[axis] as number;
          return { operand, from, to: start };
        });
        const part = (i: number): V => {
          const { operand, from, to } = parts[i] as (typeof parts)[number];
          const inner = (): V =>
            read(
              operand,
              places.map((index, k) => (k === axis ? offsetIndex(index, -from) : index)),
            );
          if (i === parts.length - 1) return inner();
          return choose(node, places, [{ kind: "range", index: place, low: from, high: to }], inner, () => part(i + 1));
        };
        return part(0);
      }
      default:
        return movement satisfies never;
    }
  };

  /** Whether the element of `indices` differs between lanes. */
  const readsOfIndices = (indices: Atom, places: readonly Index[]): boolean => {
    let found = false;
    const look = walk<null>(
      {
        load: (_, at) => {
          found ||= at.some(varies);
          return null;
        },
        constant: () => null,
        map: () => null,
        counted: (_, at) => {
          found ||= varies(at);
          return null;
        },
        when: (_, conditions, inner, other) => {
          found ||= conditions.some((condition) => condition.kind === "range" && varies(condition.index));
          inner();
          other();
          return null;
        },
        place: () => indexOf(0),
        lanes: () => {
          found = true;
          return null;
        },
      },
      { nodeOf, lane },
    );
    look(indices, places);
    return found;
  };

  return read;
};
