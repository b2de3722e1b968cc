/** Sampling: steps, one after the other. A step is a pure function of x, the numbers of the step, and its noise. */

import { type Dyn, fold, type Shape, type Tensor } from "typegrad";
import { normal } from "typegrad/random";
import { type Coefficients, perExample } from "./coefficients.ts";
import type { Stepped } from "./ddpm.ts";
import { type Image, type Parameterisation, type Prediction, predict } from "./prediction.ts";
import type { Tables } from "./schedule.ts";

/** A network: noisy images, and the timestep of each, to an output for each place. */
export type Model<B extends number, C extends number, H extends number, W extends number> = (
  x: Image<B, C, H, W>,
  t: Tensor<[B]>,
) => Tensor<[B, Dyn, H, W]>;

/** p(xₜ₋₁ | xₜ) by a network. */
export const predictBy = <B extends number, C extends number, H extends number, W extends number>(
  model: Model<B, C, H, W>,
  parameterisation: Parameterisation,
  x: Image<B, C, H, W>,
  c: Coefficients<[B, C, H, W]>,
  process?: (xStart: Image<B, C, H, W>) => Image<B, C, H, W>,
): Prediction<[B, C, H, W]> => predict(parameterisation, model(x, perExample(c.t, x.shape[0])), x, c, process);

/** One step of a sampler, composed of a prediction, perhaps guidance, and `ddpmStep` or `ddimStep`. */
export type Step<S extends Shape> = (x: Tensor<S>, c: Tables<Tensor<[]>>, noise: Tensor<S>) => Stepped<S>;

/** carry ← step(carry, numbers of the step, x of the step, i) for each row of a table and each x beside it. Compiled, it stays a loop. */
export const foldSteps = <N extends number, R extends Shape, D extends "f32" | "u32", Carry>(
  table: Tables<Tensor<[N]>>,
  xs: Tensor<[N, ...R], D>,
  init: Carry,
  step: (carry: Carry, c: Tables<Tensor<[]>>, x: Tensor<R, D>, i: Tensor<[], "i32">) => NoInfer<Carry>,
): Carry => {
  // `fold` asks that all leading dims are equal, and takes them away: neither can be decided of a type parameter.
  const inputs = { c: table, x: xs } as unknown as { c: Tables<Tensor<[number]>>; x: Tensor<[number]> };
  return fold(inputs, init, (carry, { c, x }, i) => step(carry, c, x as unknown as Tensor<R, D>, i));
};

/**
 * x after all steps of `table`, whose rows are in the order of sampling (`descending`), with given noise for each: the same
 * noise gives the same images again. Compiled, it is one loop, and `onStep` of a call tells how far it is.
 */
export const sample = <S extends Shape, N extends number>(
  step: Step<S>,
  x: Tensor<S>,
  table: Tables<Tensor<[N]>>,
  noise: Tensor<[N, ...S]>,
): Tensor<S> => foldSteps(table, noise, x, (x, c, noise: Tensor<S>) => step(x, c, noise).x);

/** The same with noise drawn from a key for each step: `random.split(key, N)`. */
export const sampleByKeys = <S extends Shape, N extends number>(
  step: Step<S>,
  x: Tensor<S>,
  table: Tables<Tensor<[N]>>,
  keys: Tensor<[N, 2], "u32">,
): Tensor<S> => foldSteps(table, keys, x, (x, c, key: Tensor<[2], "u32">) => step(x, c, normal(key, x.shape)).x);

/**
 * Steps that the host drives, one after the other, to see what each gives: `for await (const { x, xStart } of trajectory(…))`.
 * `step` runs directly or is a compiled one; `state` goes from one to the next, and lies where `step` leaves it.
 */
export async function* trajectory<State, Input>(
  step: (state: State, input: Input) => State | Promise<State>,
  state: State,
  inputs: Iterable<Input>,
): AsyncGenerator<State> {
  let current = state;
  for (const input of inputs) {
    current = await step(current, input);
    yield current;
  }
}
