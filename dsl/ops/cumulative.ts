/** `cumsum` and `cumprod`: sums and products of all elements up to each. */

import type { Numeric } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import type { AnyTensor } from "../tensor.ts";
import { type AlongAxis, alongAxis, drawAlongAxis } from "./along-axis.ts";
import { checkReduced, isNumeric } from "./reduction.ts";
import { productsAlong, sumsAlong } from "./scan.ts";

const cumulative =
  (name: string, body: (x: AnyTensor, axis: number) => AnyTensor) =>
  (x: AnyTensor, axis?: number): AnyTensor => {
    checkReduced(name, x, isNumeric);
    return alongAxis(name, x, axis, body);
  };

/** out[i] = Σ x[j] over j ≤ i along an axis, the last by default. Integers wrap. */
export const cumsum: Op<AlongAxis<"cumsum", Numeric>> = op(
  {
    name: "cumsum",
    kind: "reduce",
    law: "S, axis → S",
    formula: "out[i] = Σ x[j], j ≤ i",
    gradient: "sums of ct from the end",
    example: "cumsum(tensor([1, 2, 3]))",
    draw: drawAlongAxis((draw) => ({ dtype: draw.oneOf(["f32", "f32", "i32"]) })),
  },
  cumulative("cumsum", sumsAlong),
);

/** out[i] = Π x[j] over j ≤ i along an axis, the last by default. Integers wrap. The gradient is exact where elements are 0, too. */
export const cumprod: Op<AlongAxis<"cumprod", Numeric>> = op(
  {
    name: "cumprod",
    kind: "reduce",
    law: "S, axis → S",
    formula: "out[i] = Π x[j], j ≤ i",
    gradient: "d[i] · out[i − 1] with d[i] = ct[i] + x[i + 1] · d[i + 1]",
    example: "cumprod(tensor([1, 2, 3, 4]))",
    draw: drawAlongAxis((draw) => ({ dtype: draw.oneOf(["f32", "f32", "i32"]), domain: [-1.5, 1.5] })),
  },
  cumulative("cumprod", (x, axis) => productsAlong(x, axis)),
);
