/** Gradient descent, with momentum. */

import { map } from "../ops.ts";
import {
  checkAlike,
  checkNotNegative,
  checkShare,
  decayed,
  mapLeaves,
  type Rate,
  type Stepped,
  scalarOf,
  zerosLike,
} from "./parameters.ts";

/** What descent with momentum remembers of the parameters P. */
export interface SgdState<P> {
  /** The running sum of the gradients. */
  readonly velocity: P;
}

export interface SgdOptions {
  /** The rate of learning: a number, or f32[]. */
  readonly rate: Rate;
  /** What the velocity keeps at each step: 0 by default. */
  readonly momentum?: number;
  /** Whether a step looks ahead by the momentum (Nesterov); not by default. */
  readonly nesterov?: boolean;
  /** 0 by default. */
  readonly weightDecay?: number;
}

/**
 * The state before the first step: zeros.
 * @example optim.initSgd({ w: tensor([1, 2]) })
 * @throws DTypeError for parameters that are not of f32
 */
export const initSgd = <P>(params: P): SgdState<P> => {
  checkAlike("initSgd", { parameter: params });
  return { velocity: zerosLike(params) };
};

/**
 * A step of gradient descent, as PyTorch's. From gradients g, to which a weight decay adds its product with p:
 *
 * u ← momentum · u + g, p ← p − rate · u; with Nesterov's momentum p ← p − rate · (g + momentum · u).
 * @example optim.sgd({ w: tensor([1, 2]) }, { w: tensor([0.5, -3]) }, optim.initSgd({ w: tensor([1, 2]) }), { rate: 0.1, momentum: 0.9 })
 * @throws ShapeError, DTypeError where the trees are not alike and of f32; RangeError for options out of range
 */
export const sgd = <P>(
  params: P,
  gradients: NoInfer<P>,
  state: NoInfer<SgdState<P>>,
  { rate, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions,
): Stepped<P, SgdState<P>> => {
  checkAlike("sgd", { parameter: params, gradient: gradients, velocity: state.velocity });
  checkShare("sgd", "the momentum", momentum);
  checkNotNegative("sgd", "the weight decay", weightDecay);
  const by = scalarOf("sgd", "the rate", rate);
  const slope = decayed(gradients, params, weightDecay);
  const velocity = mapLeaves((u, g) => map(u, g, (u, g) => momentum * u + g), state.velocity, slope);
  const direction = nesterov ? mapLeaves((g, u) => map(g, u, (g, u) => g + momentum * u), slope, velocity) : velocity;
  const moved = mapLeaves((p, d) => map(p, d, by, (p, d, by) => p - by * d), params, direction);
  return { params: moved, state: { velocity } };
};
