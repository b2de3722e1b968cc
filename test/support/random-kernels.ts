/** Small kernels of every statement and every form of index, for comparing targets with the interpreter. */

import { emitter, within } from "../../compiler/kernel/emit.ts";
import {
  addIndices,
  boundsOf,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
} from "../../compiler/kernel/index-expression.ts";
import {
  type Buffer,
  gridSize,
  type Kernel,
  type Lanes,
  type Local,
  type Value,
} from "../../compiler/kernel/kernel.ts";
import {
  constantValue,
  indexValue,
  laneOf,
  load,
  operation,
  splat,
  typeOf,
  vectorOf,
} from "../../compiler/kernel/values.ts";
import { type Elements, elementsOf } from "./kernel-interpreter.ts";

/** A whole number in 0 … size − 1, of a sequence that the seed gives. */
const sequence = (seed: number): ((size: number) => number) => {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return (size) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % size;
  };
};

/** Elements that a point of the grid writes. */
const outputs = 12;
const inputs = 40;
const choices = 8;

export interface RandomKernel {
  readonly kernel: Kernel;
  /** In the order of the buffers; the results are not zero at first. */
  readonly args: readonly Elements[];
}

export const randomKernel = (seed: number): RandomKernel => {
  const random = sequence(seed);
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const grid = Array.from({ length: random(4) }, (_, axis) => indexVariable(`axis${axis}`, 1 + random(3)));
  const points = grid.reduce((size, axis) => size * axis.size, 1);
  const global = (name: string, storage: Buffer["storage"], access: Buffer["access"], size: number): Buffer => ({
    name,
    storage,
    space: "global",
    access,
    size,
  });
  const x = global("x", "f32", "read", inputs);
  const places = global("places", "i32", "read", choices);
  const flags = global("flags", "bool", "read", choices);
  const out = global("out", "f32", "readwrite", points * outputs);
  const marks = global("marks", "bool", "write", points * 4);
  const scratch: Buffer = { name: "own", storage: "f32", space: "scratch", access: "readwrite", size: 10 };
  const emit = emitter();
  let known: readonly IndexVariable[] = grid.filter(({ size }) => size > 1);
  let locals: readonly Local[] = [];
  let variables: readonly Local[] = [];
  const point = grid.reduce((flat, axis) => addIndices(scaleIndex(flat, axis.size), indexOf(axis)), indexOf(0));

  /** What is bound inside is not known outside. */
  const scoped = (body: () => void): void => {
    const around = [known, locals, variables] as const;
    body();
    [known, locals, variables] = around;
  };
  const anyIndex = (): Index => {
    const terms = Array.from({ length: random(4) }, () => {
      if (known.length === 0) return indexOf(random(5));
      const variable = scaleIndex(indexOf(pick(known)), 1 + random(5));
      const by = 2 + random(4);
      const form = random(5);
      if (form < 3) return scaleIndex(variable, random(4) === 0 ? -1 : 1);
      const sum = addIndices(variable, indexOf(pick(known)), indexOf(random(3)));
      return scaleIndex(form === 3 ? quotient(sum, by) : remainder(sum, by), 1 + random(3));
    });
    return addIndices(...terms, indexOf(random(9) - 3));
  };
  /** An index that is proved to be in 0 … size − 1. */
  const indexIn = (size: number): Index => {
    const index = anyIndex();
    const low = boundsOf(index)[0];
    const positive = low < 0 || random(2) === 0 ? offsetIndex(index, -low) : index;
    return boundsOf(positive)[1] < size ? positive : remainder(positive, size);
  };
  const lanesOf = (): Lanes => pick([1, 4] as const);
  const anyValue = (lanes: Lanes, depth = 2): Value => {
    const ready = [...locals, ...variables].filter(({ type }) => type.lanes === lanes);
    const form = depth === 0 ? random(3) : random(10);
    if (form === 0) return constantValue(pick([0.25, -1.5, 3, -0]), typeOf("f32", lanes));
    if (form === 1 && ready.length > 0) return pick(ready);
    if (form <= 3) return load(x, indexIn(inputs - lanes + 1), lanes);
    if (form === 4 && lanes === 4) return splat(anyValue(1, depth - 1));
    if (form === 4) return laneOf(anyValue(4, depth - 1), pick([0, 1, 2, 3] as const));
    if (form === 5 && lanes === 4)
      return vectorOf([anyValue(1, 0), anyValue(1, depth - 1), anyValue(1, 0), anyValue(1, 0)]);
    if (form === 5) return operation("toF32", indexValue(anyIndex()));
    const [a, b] = [anyValue(lanes, depth - 1), anyValue(lanes, depth - 1)];
    if (form === 6) return operation("fma", a, b, anyValue(lanes, depth - 1));
    if (form === 7) return operation("select", operation("less", a, b), b, a);
    return operation(pick(["add", "sub", "mul", "min", "max"] as const), a, b);
  };
  const condition = (): Value => {
    if (random(3) === 0) return load(flags, indexIn(choices));
    return operation("lessEqual", anyValue(1, 1), anyValue(1, 1));
  };

  const statement = (depth: number): void => {
    const form = random(depth === 0 ? 7 : 12);
    const lanes = lanesOf();
    if (form <= 1) {
      const named = emit.name("t", anyValue(lanes));
      if (named.kind === "local") locals = [...locals, named];
    } else if (form === 2) variables = [...variables, emit.variable("sum", anyValue(lanes))];
    else if (form === 3 && variables.length > 0) {
      const variable = pick(variables);
      emit.assign(variable, anyValue(variable.type.lanes));
    } else if (form <= 4) emit.store(out, storePlace(lanes), anyValue(lanes));
    else if (form === 5) {
      const at = indexIn(scratch.size - lanes + 1);
      emit.store(scratch, at, anyValue(lanes));
      const back = emit.name("back", load(scratch, at, lanes));
      if (back.kind === "local") locals = [...locals, back];
    } else if (form === 6) {
      const bound = emit.bind("place", choices, load(places, indexIn(choices)));
      for (const { atom } of bound.terms) if (atom.kind === "variable") known = [...known, atom];
    } else if (form <= 9) {
      const count = random(3) === 0 ? anyIndex() : undefined;
      const loop = (index: Index): void =>
        scoped(() => {
          for (const { atom } of index.terms) if (atom.kind === "variable") known = [...known, atom];
          block(depth - 1);
        });
      emit.loop("i", 1 + random(4), loop, count);
    } else if (form === 10) {
      const index = anyIndex();
      // The index is in the buffer only where the condition says so.
      emit.when([within(index, 0, inputs)], () =>
        scoped(() => {
          emit.store(out, storePlace(1), load(x, index));
          block(depth - 1);
        }),
      );
    } else {
      const [low, high] = [random(3), 3 + random(6)];
      const first = [{ kind: "value", value: condition() } as const, within(anyIndex(), low, high)];
      const otherwise = random(2) === 0 ? () => scoped(() => block(depth - 1)) : undefined;
      emit.when(random(2) === 0 ? first : first.slice(1), () => scoped(() => block(depth - 1)), otherwise);
    }
  };
  const storePlace = (lanes: Lanes): Index => addIndices(scaleIndex(point, outputs), indexIn(outputs - lanes + 1));
  const block = (depth: number): void => {
    for (let count = 1 + random(4); count > 0; count--) statement(depth);
  };

  block(2);
  block(2);
  emit.store(out, storePlace(4), anyValue(4));
  emit.store(marks, scaleIndex(point, 4), operation("less", anyValue(4), anyValue(4)));
  const kernel: Kernel = {
    name: `random ${seed}`,
    buffers: [x, places, flags, out, marks],
    grid,
    body: emit.statements,
    cost: { flops: 0, bytes: 0 },
    notes: [],
  };
  const fill = (size: number, of: () => number): number[] => Array.from({ length: size }, of);
  return {
    kernel,
    args: [
      elementsOf(
        "f32",
        fill(inputs, () => (random(33) - 16) / 4),
      ),
      elementsOf(
        "i32",
        fill(choices, () => random(choices)),
      ),
      elementsOf(
        "bool",
        fill(choices, () => random(2)),
      ),
      elementsOf("f32", gridSize(kernel) * outputs).fill(7),
      elementsOf("bool", gridSize(kernel) * 4),
    ],
  };
};
