/** The fully connected layer. */

import type { Float } from "../dtype.ts";
import { linear as linearOp } from "../ops.ts";
import type { Key } from "../random/index.ts";
import type { Shape } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";
import { initAffine } from "./init.ts";

/** Parameters of a layer from I to O features, in PyTorch's layout. */
export interface LinearParams<in out I extends number, in out O extends number, in out D extends Float = "f32"> {
  readonly weight: Tensor<[O, I], D>;
  readonly bias: Tensor<[O], D>;
}

/**
 * Parameters drawn as PyTorch draws them: uniform within ±1 / √I.
 * @example nn.initLinear(random.key(0), 2, 3)
 * @throws ShapeError
 */
export const initLinear = <const I extends number, const O extends number>(
  key: Key,
  inputs: I,
  outputs: O,
): LinearParams<I, O> => initAffine(key, inputs, [outputs, inputs], outputs);

/**
 * x Wᵀ + b over the last axis.
 *
 * Shapes: x [...B, I] → [...B, O].
 * @example nn.linear({ weight: tensor([[1, 2], [3, 4]]), bias: tensor([0, 0.5]) }, tensor([1, 1]))
 * @throws ShapeError
 */
export const linear = <B extends Shape, I extends number, O extends number, D extends Float>(
  { weight, bias }: LinearParams<I, O, D>,
  x: In<readonly [...B, NoInfer<I>], NoInfer<D>>,
): Tensor<[...B, O], D> => linearOp(x, weight, bias);
