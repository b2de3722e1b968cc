/** Shapes, tensors and trees as fast-check draws them: small, and shrinking to what is simplest to read. */

import fc from "fast-check";
import { type DType, isFloat } from "../dtype.ts";
import { allocate, fromElements } from "../evaluate.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { AnyTensor, Tensor } from "../tensor.ts";

/** Limits of a drawn shape. */
export interface ShapeLimits {
  /** 0. */
  readonly minRank?: number;
  /** 4, or `minRank` if that is larger. */
  readonly maxRank?: number;
  /** 1. A tensor of no elements is drawn only where `minDim` is 0. */
  readonly minDim?: number;
  /** 4, or `minDim` if that is larger. */
  readonly maxDim?: number;
  /** 60: later dims are drawn smaller where the product would exceed it. */
  readonly maxSize?: number;
}

/** What the elements of a drawn tensor may be. */
export interface ElementLimits {
  /** Ends of the interval of float elements, which are drawn inside it; [-2, 2]. Integer elements: -8 or 0 to 8. */
  readonly domain?: readonly [number, number];
  /** No two float elements are equal or nearly so: for maxima and sorting. */
  readonly distinct?: boolean;
  /** Integer elements are 0 to `below` - 1: for indices. */
  readonly below?: number;
  /**
   * Where float elements stand between the ends of the cells that the domain is divided into, in (0, 1); 0.37. Tensors of
   * different phases have no value in common: for the minimum of two.
   */
  readonly phase?: number;
}

/** The shape as `Tensor` has it. */
type Mutable<S extends Shape> = { -readonly [Axis in keyof S]: S[Axis] };

/** Shapes of rank 0 to 4 with dims 1 to 4. */
export const shapes = (limits: ShapeLimits = {}): fc.Arbitrary<number[]> => {
  const { minRank = 0, minDim = 1, maxSize = 60 } = limits;
  const { maxRank = Math.max(4, minRank), maxDim = Math.max(4, minDim) } = limits;
  return fc.array(fc.integer({ min: minDim, max: maxDim }), { minLength: minRank, maxLength: maxRank }).map((dims) => {
    let size = 1;
    return dims.map((dim, axis) => {
      // The axes that follow have at least `minDim` each.
      const room = maxSize / (size * minDim ** (dims.length - 1 - axis));
      const fits = Math.max(minDim, Math.min(dim, Math.floor(room)));
      size *= Math.max(1, fits);
      return fits;
    });
  });
};

/** Shapes that broadcast into `shape`: rank 0, or its rank with each dim equal or 1. */
export const operandShapes = (shape: Shape): fc.Arbitrary<number[]> =>
  fc.oneof(fc.constant<number[]>([]), fc.tuple(...shape.map((dim) => fc.constantFrom(...new Set([1, dim])))));

/** Float elements stand inside this many cells of the domain: off its ends, and off 0, 1 and halves. */
const cells = 4093;

const floats = (size: number, limits: ElementLimits): fc.Arbitrary<number[]> => {
  const { domain: [low, high] = [-2, 2], distinct = false, phase = 0.37 } = limits;
  const width = (high - low) / cells;
  const zero = Math.min(cells - 1, Math.max(0, Math.floor(-low / width)));
  // Cells are counted from the one nearest 0, to which values shrink.
  const cell = fc.integer({ min: -zero, max: cells - 1 - zero });
  const values = distinct
    ? fc.uniqueArray(cell, { minLength: size, maxLength: size })
    : fc.array(cell, { minLength: size, maxLength: size });
  return values.map((places) => places.map((place) => Math.fround(low + (place + zero + phase) * width)));
};

const elements = (dtype: DType, size: number, limits: ElementLimits): fc.Arbitrary<readonly number[]> => {
  const { domain, distinct = false, below } = limits;
  if (isFloat(dtype)) return floats(size, limits);
  if (dtype === "bool") return fc.array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size });
  const [min, max] =
    below !== undefined ? [0, below - 1] : (domain?.map(Math.round) ?? (dtype === "i32" ? [-8, 8] : [0, 8]));
  const value = fc.integer({ min: min as number, max: max as number });
  return distinct
    ? fc.uniqueArray(value, { minLength: size, maxLength: size })
    : fc.array(value, { minLength: size, maxLength: size });
};

/**
 * Tensors of a shape and dtype. Float elements are f32 numbers, the same in both precisions, and keep off the ends of the
 * domain and off 0.
 */
export const tensors = <const S extends Shape, D extends DType = "f32">(
  shape: S,
  limits: ElementLimits & { readonly dtype?: D } = {},
): fc.Arbitrary<Tensor<Mutable<S>, D>> => {
  const dtype: DType = limits.dtype ?? "f32";
  return elements(dtype, sizeOf(shape), limits).map((values): AnyTensor => {
    const data = allocate(dtype, values.length);
    data.set(values);
    return fromElements({ shape, dtype }, data);
  });
};

/** Tensors that broadcast into `shape`, as the second operand of `add` or `map` may be. */
export const operandsFor = <D extends DType = "f32">(
  shape: Shape,
  limits: ElementLimits & { readonly dtype?: D } = {},
): fc.Arbitrary<Tensor<number[], D>> => operandShapes(shape).chain((operand) => tensors(operand, limits));

/** A tree as `trees` draws it. */
export type DrawnTree = Tensor<number[]> | readonly DrawnTree[] | { readonly [name: string]: DrawnTree };

/** Records and tuples, up to three deep, with float tensors at the leaves. */
export const trees = (limits: ShapeLimits & ElementLimits = {}): fc.Arbitrary<DrawnTree> => {
  const { maxRank = 2, maxSize = 12, ...rest } = limits;
  const leaf = shapes({ ...rest, maxRank, maxSize }).chain((shape) => tensors(shape, limits));
  const names = ["weight", "bias", "scale", "inputs", "blocks"];
  return fc.letrec<{ tree: DrawnTree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      leaf,
      fc.dictionary(fc.constantFrom(...names), tie("tree"), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
    ),
  })).tree;
};
