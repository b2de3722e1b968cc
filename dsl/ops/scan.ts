/**
 * `scan`: the recurrence outᵢ = factorᵢ · outᵢ₋₁ + termᵢ along an axis, the primitive of `cumsum` and `cumprod`.
 *
 * Its gradient is the same recurrence backwards, so it is exact where factors are 0, and nests.
 */

import { isInt } from "../dtype.ts";
import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type Dense, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { input } from "../scalar/expression.ts";
import { mul } from "../scalar/index.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";
import { applyExpression } from "./elementwise.ts";
import { fullLike } from "./make.ts";
import { padTo } from "./window.ts";

interface ScanParams {
  readonly axis: number;
  /** From the last element to the first; "before" then means the place after. */
  readonly reverse: boolean;
  /** What stands before the first element. */
  readonly start: number;
}

/** The element before each along an axis, and `first` before the first. */
const shifted = (x: AnyTensor, axis: number, reverse: boolean, first: number): AnyTensor => {
  const by = (width: number): number[] => (x.shape as Shape).map((_, other) => (other === axis ? width : 0));
  const low = reverse ? -1 : 1;
  return padTo(x, { low: by(low), high: by(-low), interior: by(0), value: first });
};

const product = (a: AnyTensor, b: AnyTensor): AnyTensor =>
  applyExpression("scan", mul.of(input(0), input(1)), a.dtype, [a, b]);

/** Operands: the terms, and the factors where they are not 1. */
const scanPrimitive: Primitive<ScanParams> = primitive({
  name: "scan",
  kind: "reduce",
  infer: (_, [terms]) => terms as TensorType,
  evaluate: ({ axis, reverse, start }, operands, type) => {
    const [terms, factors] = operands as [Dense, Dense?];
    const { shape } = type;
    const length = shape[axis] as number;
    const inner = sizeOf(shape.slice(axis + 1));
    const out = allocateFor(type);
    const times = isInt(type.dtype) ? Math.imul : (a: number, b: number) => a * b;
    const wrap = isInt(type.dtype) ? (sum: number) => sum | 0 : (sum: number) => sum;
    for (let row = 0; row < sizeOf(shape); row += length * inner)
      for (let column = 0; column < inner; column++) {
        let before = start;
        for (let step = 0; step < length; step++) {
          const at = row + (reverse ? length - 1 - step : step) * inner + column;
          const carried = factors === undefined ? before : times(factors.data[at] as number, before);
          before = wrap(carried + (terms.data[at] as number));
          out[at] = before;
        }
      }
    return out;
  },
  lower: ({ axis, reverse, start }) => ({ kind: "scan", axis, reverse, start }),
  // dᵢ = ctᵢ + factorᵢ₊₁ · dᵢ₊₁ is the cotangent of termᵢ, and dᵢ · outᵢ₋₁ that of factorᵢ.
  pullback: ({ params: { axis, reverse, start }, operands: [, factors], output, ct }, index) => {
    const back = factors && shifted(factors, axis, !reverse, 0);
    const terms = scanOver(ct, back, { axis, reverse: !reverse, start: 0 });
    return index === 0 ? terms : product(terms, shifted(output, axis, reverse, start));
  },
});

const scanOver = (terms: AnyTensor, factors: AnyTensor | undefined, params: ScanParams): AnyTensor =>
  apply(scanPrimitive, params, factors === undefined ? [terms] : [terms, factors]);

/** The sum of each element and those before it. */
export const sumsAlong = (x: AnyTensor, axis: number): AnyTensor =>
  scanOver(x, undefined, { axis, reverse: false, start: 0 });

/** The product of each element and those before it, or after it. */
export const productsAlong = (x: AnyTensor, axis: number, reverse = false): AnyTensor =>
  scanOver(fullLike(x, 0), x, { axis, reverse, start: 1 });

/** The product of the elements before each, or after it. */
export const productsBefore = (x: AnyTensor, axis: number, reverse = false): AnyTensor =>
  shifted(productsAlong(x, axis, reverse), axis, reverse, 1);
