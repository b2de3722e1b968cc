/** Example arguments of an op, drawn by fast-check: what an op's record draws shrinks with the rest of a failing case. */

import fc from "fast-check";
import type { Draw } from "../op.ts";
import { type ShapeLimits, shapes, tensors } from "./arbitraries.ts";

/**
 * A `Draw` over fast-check's `fc.gen()`:
 *
 *   fc.property(fc.gen(), (gen) => softmax(...softmax.record.draw(drawFrom(gen))))
 */
export const drawFrom = (gen: fc.GeneratorValue): Draw => {
  let drawn = 0;
  // Multiples of the golden ratio: the tensors of one call have no value in common, on which a minimum would have a kink.
  const nextPhase = (): number => (0.37 + drawn++ * 0.618) % 1;
  return {
    integer: (min, max) => gen(fc.integer, { min, max }),
    oneOf: (choices) => choices[gen(fc.integer, { min: 0, max: choices.length - 1 })] as (typeof choices)[number],
    shape: (limits: ShapeLimits = {}) => gen(shapes, limits),
    tensor: (shape, limits = {}) => gen(tensors, shape, { ...limits, phase: nextPhase() }),
  };
};
