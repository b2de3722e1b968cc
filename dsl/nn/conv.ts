/** The convolutional layer. */

import type { Float } from "../dtype.ts";
import type { ConvChannels, ConvDims, ConvOptions, KernelFit, OptionsFit, Spatial } from "../ops/conv-options.ts";
import { conv as convOp } from "../ops.ts";
import type { Key } from "../random/index.ts";
import { sizeOf } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { initAffine } from "./init.ts";

/**
 * Parameters of a layer to Co channels from Ci, in PyTorch's layout; K is the shape of its kernel: `[3, 3]`, or `[3]` along
 * one axis. With groups, Ci is what each of them takes.
 */
export interface ConvParams<
  in out Ci extends number,
  in out Co extends number,
  in out K extends Spatial,
  in out D extends Float = "f32",
> {
  readonly weight: Tensor<[Co, Ci, ...K], D>;
  readonly bias: Tensor<[Co], D>;
}

/**
 * Parameters drawn as PyTorch draws them: uniform within ±1 / √(Ci · elements of the kernel).
 * @example nn.initConv(random.key(0), 1, 2, [2])
 * @throws ShapeError
 */
export const initConv = <const Ci extends number, const Co extends number, K extends [number] | [number, number]>(
  key: Key,
  inputs: Ci,
  outputs: Co,
  kernel: K,
): ConvParams<Ci, Co, K> => initAffine(key, inputs * sizeOf(kernel), [outputs, inputs, ...kernel], outputs);

/** The layer's own signature has checked what the op's would check again, in a form that does not follow from it. */
const untyped = convOp as unknown as (...args: readonly unknown[]) => AnyTensor;

/**
 * Convolution over the axes after batch and channels, with the options of the op of this name.
 *
 * Shapes: x [B, Ci, …] → [B, Co, …] with lengths ⌊(length + padding − span) / stride⌋ + 1.
 * @example nn.conv(nn.initConv(random.key(0), 1, 2, [3]), ones([1, 1, 4]), { padding: 1 })
 * @throws ShapeError
 */
export const conv = <
  B extends number,
  Ci extends number,
  Co extends number,
  X extends Spatial,
  K extends Spatial,
  D extends Float,
  const O extends ConvOptions<X> = Record<never, never>,
  Yes = true,
>(
  { weight, bias }: ConvParams<Ci, Co, K, D>,
  x: In<readonly [B, NoInfer<ConvChannels<Ci, O, Yes>>, ...X], NoInfer<D>> & NoInfer<KernelFit<X, K, O>>,
  options?: O & OptionsFit<X, Co, O>,
): Tensor<[B, Co, ...ConvDims<X, K, O>], D> => untyped(x, weight, bias, options);
