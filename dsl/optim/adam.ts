/** Adam (arXiv 1412.6980), and AdamW, which keeps the decay of weights out of the moments (arXiv 1711.05101). */

import { add, cast, map, ones, zeros } from "../ops.ts";
import type { Tensor } from "../tensor.ts";
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

/** What Adam remembers of the parameters P. */
export interface AdamState<P> {
  /** How many steps were taken. */
  readonly step: Tensor<[], "i32">;
  /** The running mean of the gradients. */
  readonly mean: P;
  /** The running mean of their squares. */
  readonly square: P;
}

export interface AdamOptions {
  /** The rate of learning: a number, or f32[]. */
  readonly rate: Rate;
  /** What the running means keep at each step: [0.9, 0.999] by default. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the mean square: 1e-8 by default. */
  readonly eps?: number;
  /** 0 by default for `adam`, 0.01 for `adamW`. */
  readonly weightDecay?: number;
}

/**
 * The state before the first step: zeros.
 * @example optim.initAdam({ w: tensor([1, 2]) })
 * @throws DTypeError for parameters that are not of f32
 */
export const initAdam = <P>(params: P): AdamState<P> => {
  checkAlike("initAdam", { parameter: params });
  return { step: zeros([], "i32"), mean: zerosLike(params), square: zerosLike(params) };
};

/** 1 − βᵗ, what a running mean that began at 0 has of its weights; by expm1, which keeps its digits where β is near 1. */
const weightOf = (t: number, beta: number): number => -Math.expm1(t * Math.log(Math.max(beta, 1e-30)));

const step = <P>(
  name: string,
  params: P,
  gradients: P,
  state: AdamState<P>,
  { rate, betas: [keep, keepSquare] = [0.9, 0.999], eps = 1e-8 }: AdamOptions,
  decay: Tensor<[]>,
): Stepped<P, AdamState<P>> => {
  checkShare(name, "the first beta", keep);
  checkShare(name, "the second beta", keepSquare);
  checkNotNegative(name, "eps", eps);
  const next = add(state.step, 1);
  const t = cast(next, "f32");
  const mean = mapLeaves((m, g) => map(m, g, (m, g) => m + (1 - keep) * (g - m)), state.mean, gradients);
  const square = mapLeaves(
    (v, g) => map(v, g, (v, g) => keepSquare * v + (1 - keepSquare) * g * g),
    state.square,
    gradients,
  );
  const stride = map(scalarOf(name, "the rate", rate), t, (rate, t) => rate / weightOf(t, keep));
  const root = map(t, (t) => Math.sqrt(weightOf(t, keepSquare)));
  const moved = mapLeaves(
    (p, m, v) =>
      map(
        p,
        m,
        v,
        decay,
        stride,
        root,
        (p, m, v, decay, stride, root) => decay * p - stride * (m / (Math.sqrt(v) / root + eps)),
      ),
    params,
    mean,
    square,
  );
  return { params: moved, state: { step: next, mean, square } };
};

/** The trees of a step, and its decay of weights, are checked alike by both. */
const checkStep = <P>(
  name: string,
  params: P,
  gradients: P,
  { mean, square }: AdamState<P>,
  weightDecay: number,
): void => {
  checkAlike(name, { parameter: params, gradient: gradients, mean, "mean square": square });
  checkNotNegative(name, "the weight decay", weightDecay);
};

/**
 * A step of Adam, as PyTorch's. From gradients g, at step t = 1, 2, …:
 *
 * m ← m + (1 − β₁)(g − m), v ← β₂ v + (1 − β₂) g², p ← p − rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
 *
 * With a weight decay, its product with p is added to g before.
 * @example optim.adam({ w: tensor([1, 2]) }, { w: tensor([0.5, -3]) }, optim.initAdam({ w: tensor([1, 2]) }), { rate: 0.1 })
 * @throws ShapeError, DTypeError where the trees are not alike and of f32; RangeError for options out of range
 */
export const adam = <P>(
  params: P,
  gradients: NoInfer<P>,
  state: NoInfer<AdamState<P>>,
  options: AdamOptions,
): Stepped<P, AdamState<P>> => {
  const { weightDecay = 0 } = options;
  checkStep("adam", params, gradients, state, weightDecay);
  return step("adam", params, decayed(gradients, params, weightDecay), state, options, ones([]));
};

/**
 * A step of AdamW, as PyTorch's: that of `adam` after p ← (1 − rate · decay) p, of which the moments know nothing.
 * @example optim.adamW({ w: tensor([1, 2]) }, { w: tensor([0.5, -3]) }, optim.initAdam({ w: tensor([1, 2]) }), { rate: 0.1, weightDecay: 0.01 })
 * @throws ShapeError, DTypeError where the trees are not alike and of f32; RangeError for options out of range
 */
export const adamW = <P>(
  params: P,
  gradients: NoInfer<P>,
  state: NoInfer<AdamState<P>>,
  options: AdamOptions,
): Stepped<P, AdamState<P>> => {
  const { weightDecay = 0.01 } = options;
  checkStep("adamW", params, gradients, state, weightDecay);
  const kept = map(scalarOf("adamW", "the rate", options.rate), (rate) => 1 - rate * weightDecay);
  return step("adamW", params, gradients, state, options, kept);
};
