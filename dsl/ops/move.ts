/** The same elements in other places: `permute`, `expand`, `broadcast`, `flip`. */

import type { Held, IsExactly } from "../dim.ts";
import { type DType, dtypes } from "../dtype.ts";
import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { axisRead } from "../lowering.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Dense, type Elements, type Primitive, primitive, type TensorType } from "../primitive.ts";
import {
  type Axis,
  checkShape,
  type HasRank,
  misfit,
  type Shape,
  type ShapeError,
  type ShapeFit,
  type Show,
  show,
  stridesOf,
} from "../shape.ts";
import { type AnyTensor, type In, isTensor, type Tensor } from "../tensor.ts";
import { type Axes, type AxesFit, normalizeAxes } from "./axes.ts";
import { eachOffset, expandTo, reshapeTo } from "./broadcast.ts";
import type { Operand } from "./map.ts";

/** The operand, checked to be a tensor. */
export const tensorOperand = (op: string, x: unknown): AnyTensor => {
  if (!isTensor(x)) throw new TypeError(`${op}: an operand is ${x === null ? "null" : typeof x}, and must be a tensor`);
  return x;
};

/** Movement takes every dtype. */
export const drawDType = (draw: Draw): DType => draw.oneOf(["f32", "f32", ...dtypes]);

/** The elements of x from a place on, at other steps: what permute, flip and slice are. */
export const readStrided = (x: Dense, type: TensorType, steps: readonly number[], start: number): Elements => {
  const out = allocateFor(type);
  const read = (i: number, offset: number): void => {
    out[i] = x.data[offset] as number;
  };
  eachOffset(type.shape, steps, read, start);
  return out;
};

/** Axis i of the result is axis axes[i] of the operand. */
export const permutePrimitive: Primitive<{ readonly axes: readonly number[] }> = primitive({
  name: "permute",
  kind: "move",
  infer: ({ axes }, [x]) => {
    const { shape, dtype } = x as TensorType;
    return { shape: axes.map((axis) => shape[axis] as number), dtype };
  },
  evaluate: ({ axes }, [x], type) => {
    const strides = stridesOf((x as Dense).shape);
    return readStrided(
      x as Dense,
      type,
      axes.map((axis) => strides[axis] as number),
      0,
    );
  },
  lower: ({ axes }) => ({
    kind: "move",
    movement: { kind: "affine", reads: axes.map((_, axis) => axisRead(axes.indexOf(axis))) },
  }),
  pullback: ({ params: { axes }, ct }) =>
    permuteTo(
      ct,
      axes.map((_, axis) => axes.indexOf(axis)),
    ),
});

export const permuteTo = (x: AnyTensor, axes: readonly number[]): AnyTensor =>
  axes.every((axis, i) => axis === i) ? x : apply(permutePrimitive, { axes }, [x]);

/** Elements in reverse along axes. */
export const flipPrimitive: Primitive<{ readonly axes: readonly number[] }> = primitive({
  name: "flip",
  kind: "move",
  infer: (_, [x]) => x as TensorType,
  evaluate: ({ axes }, [x], type) => {
    const strides = stridesOf(type.shape);
    const steps = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
    const start = axes.reduce((sum, axis) => sum + ((type.shape[axis] as number) - 1) * (strides[axis] as number), 0);
    return readStrided(x as Dense, type, steps, start);
  },
  lower: ({ axes }, _, { shape }) => ({
    kind: "move",
    movement: {
      kind: "affine",
      reads: shape.map((dim, axis) => (axes.includes(axis) ? axisRead(axis, -1, dim - 1) : axisRead(axis))),
    },
  }),
  pullback: ({ params: { axes }, ct }) => flipOver(ct, axes),
});

export const flipOver = (x: AnyTensor, axes: readonly number[]): AnyTensor =>
  axes.length === 0 ? x : apply(flipPrimitive, { axes }, [x]);

type Permuted<S extends readonly unknown[], P extends readonly number[]> = number extends P[number]
  ? // biome-ignore lint/suspicious/noExplicitAny: the order of the axes is known when the program runs
    any
  : { -readonly [K in keyof P]: S[Axis<S, P[K]> & keyof S] };

/** As many axes as S has, which are all of its axes. */
type PermuteFit<S extends readonly unknown[], P extends readonly number[]> = number extends P[number]
  ? unknown
  : HasRank<S> extends true
    ? P["length"] extends S["length"]
      ? [Exclude<keyof S & `${number}`, `${{ [K in keyof P]: Axis<S, P[K]> }[number] & number}`>] extends [never]
        ? unknown
        : ShapeError<PermuteMisfit<S, P>>
      : ShapeError<PermuteMisfit<S, P>>
    : unknown;
type PermuteMisfit<S, P> =
  `permute: ${Show<P>} is no order of the axes of ${Show<S>}; name each axis once, counted from 0 or from the end`;
const permuteMisfit = (shape: Shape, axes: readonly number[]): string =>
  `permute: ${show(axes)} is no order of the axes of ${show(shape)}; name each axis once, counted from 0 or from the end`;

type Permute = <S extends Shape, D extends DType, const P extends readonly number[]>(
  x: In<S, D>,
  axes: P & PermuteFit<S, P>,
) => Tensor<Permuted<S, P>, D>;

/**
 * Axes in another order: axis i of the result is axis `axes[i]` of x.
 * @throws ShapeError unless `axes` names each axis once.
 */
export const permute: Op<Permute> = op<Permute>(
  {
    name: "permute",
    kind: "move",
    law: "S, axes → [S[axes[0]], S[axes[1]], …]",
    formula: "out[i₀, i₁, …] = x[…], where i_k counts along axis axes[k]",
    gradient: "ct, in the opposite order",
    example: "permute(tensor([[1, 2, 3], [4, 5, 6]]), [1, 0])",
    draw: (draw) => {
      const shape = draw.shape();
      const left = shape.map((_, axis) => axis);
      const axes: number[] = [];
      while (left.length > 0) {
        const [axis = 0] = left.splice(draw.integer(0, left.length - 1), 1);
        axes.push(draw.oneOf([axis, axis - shape.length]));
      }
      return [draw.tensor(shape, { dtype: drawDType(draw) }), axes];
    },
  },
  ((x: AnyTensor, axes: readonly number[]) => {
    const {
      shape,
      shape: { length: rank },
    }: { shape: Shape } = tensorOperand("permute", x);
    const places = axes.map((axis) => (axis < 0 ? axis + rank : axis));
    if (places.length !== rank || shape.some((_, axis) => !places.includes(axis))) misfit(permuteMisfit(shape, axes));
    return permuteTo(x, places);
  }) as unknown as Permute,
);

type Expand = <D extends DType, const T extends Shape>(
  x: In<readonly unknown[], D> & NoInfer<Operand<T, D>>,
  shape: T & ShapeFit<"expand", T>,
) => Tensor<[...T], D>;

const expandMisfit = (from: Shape, shape: Shape): string => {
  const rule = `expand: ${show(from)} does not expand to ${show(shape)}`;
  if (from.length !== shape.length)
    return `${rule}: its rank is ${from.length}, and must be ${shape.length} or 0; reshape it first`;
  const axis = from.findIndex((dim, axis) => dim !== shape[axis] && dim !== 1);
  return `${rule}: axis ${axis} has ${from[axis]}, and must have ${shape[axis] === 1 ? "1" : `${shape[axis]} or 1`}`;
};

const fitsInto = (from: Shape, shape: Shape): boolean =>
  from.length === 0 || (from.length === shape.length && from.every((dim, axis) => dim === 1 || dim === shape[axis]));

/** x, which broadcasts into the shape, repeated to it. */
const repeatTo = (x: AnyTensor, shape: Shape): AnyTensor =>
  expandTo(
    reshapeTo(
      x,
      shape.map((_, axis) => x.shape[axis] ?? 1),
    ),
    shape,
  );

/**
 * x repeated along axes of 1, to `shape`; a tensor of rank 0 goes to any shape.
 * @throws ShapeError unless x has the rank of `shape`, with dims equal or 1.
 */
export const expand: Op<Expand> = op<Expand>(
  {
    name: "expand",
    kind: "move",
    law: "into T, T → T",
    formula: "out[i] = x[i], with 0 for i along axes of 1",
    gradient: "Σ ct over the repeated axes",
    example: "expand(tensor([[1], [2]]), [2, 3])",
    draw: (draw) => {
      const shape = draw.shape();
      const from = draw.oneOf([[], shape.map((dim) => draw.oneOf([dim, 1]))]);
      return [draw.tensor(from, { dtype: drawDType(draw) }), shape];
    },
  },
  ((x: AnyTensor, shape: Shape) => {
    const from: Shape = tensorOperand("expand", x).shape;
    checkShape("expand", shape);
    return fitsInto(from, shape) ? repeatTo(x, shape) : misfit(expandMisfit(from, shape));
  }) as unknown as Expand,
);

/** What broadcasts with A in both directions: where A has 1, anything; else the same dim or 1. Or rank 0. */
type With<A extends readonly unknown[], Yes> = A extends readonly []
  ? readonly unknown[]
  : { readonly [K in keyof A]: Held<IsExactly<A[K], 1>> extends Held<Yes> ? number : A[K] | 1 };

/** The dims of A, and those of B where A has 1. */
type Broadcast<A extends readonly unknown[], B extends readonly unknown[], Yes> = A extends readonly []
  ? [...B]
  : B extends readonly []
    ? [...A]
    : { -readonly [K in keyof A]: Held<IsExactly<A[K], 1>> extends Held<Yes> ? B[K & keyof B] : A[K] };

type BroadcastBoth = <A extends Shape, B extends Shape, DA extends DType, DB extends DType>(
  a: In<A, DA>,
  b: In<B, DB> & NoInfer<In<With<A, true>, DB> | In<readonly [] | A, DB>>,
) => readonly [Tensor<Broadcast<A, B, true>, DA>, Tensor<Broadcast<A, B, true>, DB>];

const broadcastMisfit = (a: Shape, b: Shape): string => {
  const rule = `broadcast: ${show(a)} and ${show(b)} do not broadcast together`;
  if (a.length !== b.length) return `${rule}: their ranks must be equal, or one of them 0; reshape one of them`;
  const axis = a.findIndex((dim, axis) => dim !== b[axis] && dim !== 1 && b[axis] !== 1);
  return `${rule}: axis ${axis} has ${a[axis]} and ${b[axis]}, which must be equal, or one of them 1`;
};

/**
 * Both tensors in one shape: where one has a dim of 1 it is repeated to the other's, and a tensor of rank 0 takes the
 * other's shape. Maps broadcast into their first operand alone; this is for the rest.
 * @throws ShapeError where ranks or dims do not fit.
 */
export const broadcast: Op<BroadcastBoth> = op<BroadcastBoth>(
  {
    name: "broadcast",
    kind: "move",
    law: "A, B → T, T, each dim of T that of A and B or, where one has 1, the other's",
    formula: "as expand, of both",
    gradient: "Σ ct over the repeated axes, of each",
    example: "broadcast(tensor([[1], [2]]), tensor([[10, 20]]))",
    draw: (draw) => {
      const shape = draw.shape();
      const part = (): number[] => draw.oneOf([[], shape.map((dim) => draw.oneOf([dim, 1]))]);
      return [draw.tensor(part(), { dtype: drawDType(draw) }), draw.tensor(part(), { dtype: drawDType(draw) })];
    },
  },
  ((a: AnyTensor, b: AnyTensor) => {
    const from: Shape = tensorOperand("broadcast", a).shape;
    const other: Shape = tensorOperand("broadcast", b).shape;
    const shape =
      from.length === 0
        ? other
        : from.map((dim, axis) => (dim === 1 && other.length > 0 ? (other[axis] as number) : dim));
    if (!fitsInto(from, shape) || !fitsInto(other, shape)) misfit(broadcastMisfit(from, other));
    return [repeatTo(a, shape), repeatTo(b, shape)];
  }) as unknown as BroadcastBoth,
);

type Flip = <S extends Shape, D extends DType, const X extends Axes | undefined = undefined>(
  x: In<S, D>,
  axes?: X & AxesFit<"flip", S, X>,
) => Tensor<S, D>;

/**
 * Elements in reverse along axes (all by default).
 * @throws ShapeError for an axis that x does not have.
 */
export const flip: Op<Flip> = op<Flip>(
  {
    name: "flip",
    kind: "move",
    law: "S, axes → S",
    formula: "out[…, i, …] = x[…, n − 1 − i, …]",
    gradient: "ct, flipped",
    example: "flip(tensor([1, 2, 3]))",
    draw: (draw) => {
      const shape = draw.shape();
      const rank = shape.length;
      const x = draw.tensor(shape, { dtype: drawDType(draw) });
      if (rank === 0) return draw.oneOf([[x], [x, []]]);
      const axis = draw.integer(-rank, rank - 1);
      return draw.oneOf<readonly unknown[]>([[x], [x, axis], [x, [axis]], [x, rank > 1 ? [-1, 0] : []]]);
    },
  },
  ((x: AnyTensor, axes?: Axes) =>
    flipOver(x, normalizeAxes("flip", tensorOperand("flip", x), axes))) as unknown as Flip,
);
