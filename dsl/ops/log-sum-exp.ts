/** `logSumExp`: the logarithm of a sum of powers, without overflow. */

import { type Float, isFloat } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Op, op } from "../op.ts";
import { input } from "../scalar/expression.ts";
import { add, clamp, exp, log, sub } from "../scalar/index.ts";
import { expandTo, sumOver } from "./broadcast.ts";
import { applyExpression } from "./elementwise.ts";
import { maxPrimitive } from "./reduce.ts";
import { drawReduction, law, type Reduction, reduction } from "./reduction.ts";
import { stopGradient } from "./stop-gradient.ts";

/** The largest finite number of a dtype. */
const largest = { f32: 2 ** 128 - 2 ** 104, f16: 65504 } as const;

/**
 * log Σ exp x over axes (all by default); −∞ of none, and of −∞ alone.
 * @throws ShapeError for an axis that x does not have
 */
export const logSumExp: Op<Reduction<"logSumExp", Float>> = op(
  {
    name: "logSumExp",
    kind: "reduce",
    law,
    formula: "log Σ exp x",
    gradient: "ct · exp(x − out)",
    example: "logSumExp(tensor([1, 2, 3]))",
    draw: drawReduction({ domain: [-3, 3], distinct: true }),
  },
  reduction("logSumExp", isFloat, (x, axes) => {
    // The maximum is a constant, since it cancels. A finite one keeps ∞ − ∞ out.
    const bound = largest[x.dtype as Float];
    const top = stopGradient(apply(maxPrimitive, { axes }, [x]));
    const shift = applyExpression("logSumExp", clamp.of(input(0), -bound, bound), x.dtype, [top]);
    const powers = applyExpression("logSumExp", exp.of(sub.of(input(0), input(1))), x.dtype, [
      x,
      expandTo(shift, x.shape),
    ]);
    const total = sumOver(powers, axes);
    return applyExpression("logSumExp", add.of(log.of(input(0)), input(1)), x.dtype, [total, shift]);
  }),
);
