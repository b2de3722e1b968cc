/** Rates of learning as functions of the number of steps taken before. */

import { cast, full, map } from "../ops.ts";
import { checkPositive, misfit } from "../shape.ts";
import { describe, type In, isTensor, type Tensor } from "../tensor.ts";

/** The rate at a step, counted from 0: `adamW(…, { rate: schedule(state.step) })`. */
export type Schedule = (step: In<[], "i32">) => Tensor<[]>;

/** The step as a number of f32, which is exact up to 2²⁴. */
const timeOf = (name: string, step: In<[], "i32">): Tensor<[]> => {
  if (!isTensor(step) || step.shape.length !== 0 || step.dtype !== "i32") {
    const given = isTensor(step) ? describe(step) : typeof step;
    return misfit(`optim.${name}: the step is ${given}, and must be i32[], as the state of an optimiser has it`);
  }
  return cast(step, "f32");
};

/**
 * One rate at all steps.
 * @example optim.constantRate(0.1)(tensor(7, "i32"))
 */
export const constantRate =
  (rate: number): Schedule =>
  () =>
    full([], rate);

/**
 * From one rate to another, evenly over a number of steps, and the other from then on.
 * @example optim.linearRate(0.1, 0, 100)(tensor(25, "i32"))
 * @throws ShapeError unless the number of steps is a whole number from 1 up
 */
export const linearRate = (from: number, to: number, steps: number): Schedule => {
  checkPositive("optim.linearRate", "the number of steps", steps);
  return (step) => map(timeOf("linearRate", step), (t) => from + (to - from) * Math.min(t / steps, 1));
};

/**
 * From one rate to another along half a wave of the cosine (arXiv 1608.03983), and the other from then on.
 * @example optim.cosineRate(0.1, 0, 100)(tensor(25, "i32"))
 * @throws ShapeError unless the number of steps is a whole number from 1 up
 */
export const cosineRate = (from: number, to: number, steps: number): Schedule => {
  checkPositive("optim.cosineRate", "the number of steps", steps);
  return (step) =>
    map(timeOf("cosineRate", step), (t) => to + (from - to) * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(t / steps, 1))));
};

/**
 * A schedule that begins after a number of steps, over which the rate rises evenly to its first: step 0 has 1 / steps of
 * it, since a step at rate 0 would be lost.
 * @example optim.warmUp(10, optim.constantRate(0.1))(tensor(4, "i32"))
 * @throws ShapeError unless the number of steps is a whole number from 1 up
 */
export const warmUp = (steps: number, schedule: Schedule): Schedule => {
  checkPositive("optim.warmUp", "the number of steps", steps);
  return (step) => {
    const rate = schedule(map(step, (i) => (Math.max(i, steps) - steps) | 0));
    return map(rate, timeOf("warmUp", step), (rate, t) => rate * Math.min((t + 1) / steps, 1));
  };
};
