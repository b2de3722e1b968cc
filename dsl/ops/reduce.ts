/** Reductions by one scalar function: `sum`, `mean`, `max`, `min`, `prod`, `any`, `all`. */

import { type DType, type Float, intRange, isFloat, isInt, type Numeric } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Op, op } from "../op.ts";
import { type Dense, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { input } from "../scalar/expression.ts";
import type { ScalarFunction } from "../scalar/function.ts";
import * as scalar from "../scalar/index.ts";
import type { AnyTensor } from "../tensor.ts";
import { expandTo, reducedType, reduceWith, sumOver } from "./broadcast.ts";
import { applyExpression } from "./elementwise.ts";
import { productOfOthers } from "./product-of-others.ts";
import { drawReduction, isNumeric, law, type Reduction, reduction } from "./reduction.ts";
import { meanOver } from "./variance.ts";

type OverAxes = Primitive<{ readonly axes: readonly number[] }>;

/** Largest or smallest element over axes, which stay with length 1. */
const extremum = (
  name: "max" | "min",
  start: (dtype: DType) => number,
  combine: (a: number, b: number) => number,
  scalarCombine: ScalarFunction,
): OverAxes =>
  primitive({
    name,
    kind: "reduce",
    infer: ({ axes }, [x]) => reducedType(axes, x as TensorType),
    evaluate: ({ axes }, [x], type) => reduceWith(axes, x as Dense, type, start(type.dtype), combine),
    lower: ({ axes }, _, { dtype }) => ({ kind: "reduce", axes, start: start(dtype), combine: scalarCombine }),
    // Equal extrema share the cotangent.
    pullback: ({ params: { axes }, operands, output, ct }) => {
      const x = operands[0] as AnyTensor;
      const best = scalar.equal.of(input(0), input(1));
      const hit = applyExpression(name, scalar.select.of(best, 1, 0), x.dtype, [x, expandTo(output, x.shape)]);
      const share = applyExpression(name, scalar.div.of(input(0), input(1)), ct.dtype, [ct, sumOver(hit, axes)]);
      return applyExpression(name, scalar.mul.of(input(0), input(1)), ct.dtype, [hit, expandTo(share, x.shape)]);
    },
  });

export const maxPrimitive: OverAxes = extremum(
  "max",
  (dtype) => (isInt(dtype) ? intRange(dtype)[0] : -Infinity),
  Math.max,
  scalar.max.record,
);
export const minPrimitive: OverAxes = extremum(
  "min",
  (dtype) => (isInt(dtype) ? intRange(dtype)[1] : Infinity),
  Math.min,
  scalar.min.record,
);

/** Product over axes, which stay with length 1. */
const prodPrimitive: OverAxes = primitive({
  name: "prod",
  kind: "reduce",
  infer: ({ axes }, [x]) => reducedType(axes, x as TensorType),
  evaluate: ({ axes }, [x], type) =>
    reduceWith(axes, x as Dense, type, 1, isInt(type.dtype) ? Math.imul : (product, value) => product * value),
  lower: ({ axes }) => ({ kind: "reduce", axes, start: 1, combine: scalar.mul.record }),
  // Not by division, which is exact only where no element is 0.
  pullback: ({ params: { axes }, operands: [x], ct }) =>
    applyExpression("prod", scalar.mul.of(input(0), input(1)), ct.dtype, [
      expandTo(ct, (x as AnyTensor).shape),
      productOfOthers(x as AnyTensor, axes),
    ]),
});

/** Σ x over axes (all by default). Integers wrap. @throws ShapeError for an axis that x does not have. */
export const sum: Op<Reduction<"sum", Numeric>> = op(
  {
    name: "sum",
    kind: "reduce",
    law,
    formula: "Σ x",
    gradient: "ct, repeated",
    example: "sum(tensor([[1, 2], [3, 4]]), 0)",
    draw: drawReduction(),
  },
  reduction("sum", isNumeric, sumOver),
);

/** Mean over axes (all by default): Σ x / n. */
export const mean: Op<Reduction<"mean", Float>> = op(
  {
    name: "mean",
    kind: "reduce",
    law,
    formula: "Σ x / n",
    gradient: "ct / n, repeated",
    example: "mean(tensor([[1, 2], [3, 4]]), 1, { keepDims: true })",
    draw: drawReduction(),
  },
  reduction("mean", isFloat, (x, axes) => meanOver("mean", x, axes)),
);

/** Largest element over axes (all by default); −∞ of none. Equal maxima share the cotangent. */
export const max: Op<Reduction<"max", Numeric>> = op(
  {
    name: "max",
    kind: "reduce",
    law,
    formula: "max x",
    gradient: "ct, shared by equal maxima",
    example: "max(tensor([[1, 5], [7, 3]]), 1)",
    draw: drawReduction({ distinct: true }),
  },
  reduction("max", isNumeric, (x, axes) => apply(maxPrimitive, { axes }, [x])),
);

/** Smallest element over axes (all by default); ∞ of none. Equal minima share the cotangent. */
export const min: Op<Reduction<"min", Numeric>> = op(
  {
    name: "min",
    kind: "reduce",
    law,
    formula: "min x",
    gradient: "ct, shared by equal minima",
    example: "min(tensor([[1, 5], [7, 3]]))",
    draw: drawReduction({ distinct: true }),
  },
  reduction("min", isNumeric, (x, axes) => apply(minPrimitive, { axes }, [x])),
);

/** Π x over axes (all by default); 1 of none. Integers wrap. The gradient is exact where elements are 0, too. */
export const prod: Op<Reduction<"prod", Numeric>> = op(
  {
    name: "prod",
    kind: "reduce",
    law,
    formula: "Π x",
    gradient: "ct · Π of the other elements",
    example: "prod(tensor([2, 3, 4]))",
    draw: drawReduction({ domain: [-1.5, 1.5] }),
  },
  reduction("prod", isNumeric, (x, axes) => (axes.length === 0 ? x : apply(prodPrimitive, { axes }, [x]))),
);

/** Booleans combined as the numbers 0 and 1. */
const overBooleans = (name: string, combine: OverAxes) => (x: AnyTensor, axes: readonly number[]) => {
  const numbers = applyExpression(name, scalar.toU32.of(input(0, "bool")), "u32", [x]);
  const combined = apply(combine, { axes }, [numbers]);
  return applyExpression(name, scalar.toBool.of(input(0, "u32")), "bool", [combined]);
};

const isBool = (dtype: DType): boolean => dtype === "bool";

/** Whether some element is true, over axes (all by default); false of none. */
export const any: Op<Reduction<"any", "bool">> = op(
  {
    name: "any",
    kind: "reduce",
    law,
    formula: "⋁ x",
    gradient: "none",
    example: "any(tensor([[false, true], [false, false]]), 1)",
    draw: drawReduction({ dtype: "bool" }),
  },
  reduction("any", isBool, overBooleans("any", maxPrimitive)),
);

/** Whether every element is true, over axes (all by default); true of none. */
export const all: Op<Reduction<"all", "bool">> = op(
  {
    name: "all",
    kind: "reduce",
    law,
    formula: "⋀ x",
    gradient: "none",
    example: "all(tensor([[true, true], [false, true]]), 1)",
    draw: drawReduction({ dtype: "bool" }),
  },
  reduction("all", isBool, overBooleans("all", minPrimitive)),
);
