/** `map`: any scalar function over one to eight operands. */

import { type DType, DTypeError, type Numeric, type Scalar } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Op, op } from "../op.ts";
import { type Into, misfit, type Shape } from "../shape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { broadcastInto, mapPrimitive, type ScalarBody } from "./elementwise.ts";

/**
 * What broadcasts into S: the same rank with dims equal or 1, or rank 0. S stands in both members, so that the checker's
 * last line is the dim that differs.
 */
export type Operand<S extends readonly unknown[], D extends DType> = In<Into<S> | S, D> | In<readonly [] | S, D>;

type Scalars<R extends readonly In[]> = { readonly [K in keyof R]: Scalar<R[K]["dtype"]> };

/** Refuses a lambda that gives numbers for some elements and booleans for others. */
type OneKind<V> = [V] extends [number]
  ? unknown
  : [V] extends [boolean]
    ? unknown
    : "numbers in every case, or booleans in every case";

type Map = <S extends Shape, D extends Numeric, R extends readonly In[], V extends number | boolean>(
  x: In<S, D>,
  ...rest: [
    ...operands: { [K in keyof R]: R[K] & NoInfer<Operand<S, D | "bool">> },
    f: (x: number, ...xs: Scalars<R>) => V & OneKind<V>,
  ]
) => Tensor<S, [V] extends [boolean] ? "bool" : D>;

/** The dtype of a map's result: "bool" if the lambda gives booleans, else the first operand's. */
const resultType = (operands: readonly AnyTensor[], body: ScalarBody): DType => {
  const first = operands[0] as AnyTensor;
  if (first.dtype === "bool") {
    throw new DTypeError(
      "map: the first operand is bool; put an operand of numbers first, or write and, or, not, where or cast",
    );
  }
  for (const operand of operands) {
    if (operand.dtype !== first.dtype && operand.dtype !== "bool") {
      throw new DTypeError(
        `map: operands ${describe(first)} and ${describe(operand)} differ in dtype; cast one of them`,
      );
    }
  }
  const result =
    body.expression?.type ?? typeof body.evaluate(...operands.map(({ dtype }) => (dtype === "bool" ? true : 1)));
  return result === "bool" || result === "boolean" ? "bool" : first.dtype;
};

/**
 * Applies a scalar function to every element: `map(x, y, (x, y) => x * y + 1)`.
 *
 * Shapes: the result has the first operand's shape; the others have its rank with dims equal or 1, or rank 0.
 * Dtypes: operands share the first one's, which is the result's, except that bool may stand beside it; the lambda's
 * parameter is then a boolean. A lambda that compares gives a bool tensor.
 * @throws ShapeError, DTypeError
 */
export const map: Op<Map> = op(
  {
    name: "map",
    kind: "map",
    law: "S, S…, f → S",
    formula: "f(x, …) at each place",
    gradient: "ct · ∂f/∂x, symbolic where compiled",
    example: "map(tensor([1, 2]), tensor(0.5), (x, y) => x * x + y)",
    draw: (draw) => {
      const shape = draw.shape();
      return [
        draw.tensor(shape),
        draw.tensor(shape.map((dim) => draw.oneOf([dim, 1]))),
        (x: number, y: number) => x * Math.sin(y) + x,
      ];
    },
  },
  (...args: unknown[]): AnyTensor => {
    const evaluate = args.at(-1);
    const operands = args
      .slice(0, -1)
      .map((operand, i) =>
        isTensor(operand)
          ? operand
          : misfit(
              `map: operand ${i + 1} is ${typeof operand}, and must be a tensor; a number is captured by the lambda as it is`,
            ),
      );
    if (typeof evaluate !== "function")
      return misfit("map: the last argument is the function, as in map(x, (x) => x + 1)");
    return applyMap(operands, { evaluate: evaluate as ScalarBody["evaluate"] });
  },
);

/** A map of a body that is known, as a user's lambda or as an expression. */
export const applyMap = (operands: readonly AnyTensor[], body: ScalarBody): AnyTensor => {
  if (operands.length < 1 || operands.length > 8) misfit(`map: ${operands.length} operands, and must be 1 to 8`);
  const dtype = resultType(operands, body);
  return apply(mapPrimitive, { body, dtype, op: "map" }, broadcastInto("map", operands));
};
