/**
 * Order by counting: which places have the smallest elements of an axis, as maps and sums that every schedule knows.
 *
 * The rank of an element is the number of those that come before it, and the place of rank r is Σᵢ i · [rank i = r]. Pairs of
 * places are an axis more of tensors that nothing stores.
 */

import { type AxisRead, axisRead, firstRead, type Lowering } from "../../dsl/lowering.ts";
import { scalarTypeOf } from "../../dsl/ops/elementwise.ts";
import type { TensorType } from "../../dsl/primitive.ts";
import { constant, type Expression, input, type ScalarType } from "../../dsl/scalar/expression.ts";
import { add, and, equal, less, not, notEqual, or, select } from "../../dsl/scalar/index.ts";
import { withDim } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";

/** Writes a node that gives a tensor. */
type Write = (type: TensorType, lowering: Lowering, operands: readonly Atom[]) => Variable;

/** Whether a stands before b, however they stood; NaN comes last. */
const precedes = (a: Expression, b: Expression, descending: boolean): Expression => {
  const isBefore = descending ? less.of(b, a) : less.of(a, b);
  if (a.type !== "f32") return isBefore;
  return or.of(isBefore, and.of(notEqual.of(b, b), equal.of(a, a)));
};

const [zero, one] = [constant(0, "i32"), constant(1, "i32")] as const;

/** 1 where the other element comes before: the first two inputs are elements, the last two their places. */
const comesBefore = (type: ScalarType, descending: boolean): Expression => {
  const [own, other] = [input(0, type), input(1, type)] as const;
  const isEarlier = less.of(input(3, "i32"), input(2, "i32"));
  const before = select.of(isEarlier, not.of(precedes(own, other, descending)), precedes(other, own, descending));
  return select.of(before, one, zero);
};

/** The first input where the others are equal, else 0. */
const whereEqual = select.of(equal.of(input(1, "i32"), input(2, "i32")), input(0, "i32"), zero);

/** Places of x along the axis in the order of its elements, `count` of them, with an axis of 1 after the last. */
export const orderNodes = (x: Atom, axis: number, descending: boolean, count: number, write: Write): Variable => {
  const { shape, dtype } = x.type;
  const length = shape[axis] as number;
  const pair = shape.length;
  const read = (from: Atom, type: TensorType, reads: readonly AxisRead[]): Variable =>
    write({ ...type, dtype: from.type.dtype }, { kind: "move", movement: { kind: "affine", reads } }, [from]);
  const counted = (size: number, type: TensorType, along: number): Variable =>
    read(write({ shape: [size], dtype: "i32" }, { kind: "iota" }, []), type, [axisRead(along)]);
  /** Places of `shape` but for the axis, which the axis of pairs counts. */
  const others = shape.map((_, other) => axisRead(other === axis ? pair : other));
  const summed = (values: Variable): Variable =>
    write(
      { shape: [...values.type.shape.slice(0, -1), 1], dtype: "i32" },
      { kind: "reduce", axes: [pair], start: 0, combine: add.record },
      [values],
    );

  const pairs: TensorType = { shape: [...shape, length], dtype: "i32" };
  const ranks = summed(
    write(pairs, { kind: "map", body: comesBefore(scalarTypeOf(dtype), descending) }, [
      read(
        x,
        pairs,
        shape.map((_, other) => axisRead(other)),
      ),
      read(x, pairs, others),
      counted(length, pairs, axis),
      counted(length, pairs, pair),
    ]),
  );
  const found: TensorType = { shape: [...withDim(shape, axis, count), length], dtype: "i32" };
  return summed(
    write(found, { kind: "map", body: whereEqual }, [
      counted(length, found, pair),
      read(ranks, found, [...others, firstRead]),
      counted(count, found, axis),
    ]),
  );
};
