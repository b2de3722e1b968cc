/** Losses: how far what a network gives is from what it should. */

import type { Dyn } from "../dim.ts";
import type { Float, Int } from "../dtype.ts";
import { gather, logSoftmax, map, mean, neg, reshape, square, sub, sum } from "../ops.ts";
import { misfit, type Shape, sameShape, show } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";

/** What is made of the losses of single entries: their mean, their sum, or nothing. */
export type Reduction = "mean" | "sum" | "none";

interface LossOptions<R extends Reduction> {
  /** "mean" by default. */
  readonly reduction?: R;
}

type Reduced<S extends readonly unknown[], R extends Reduction> = R extends "none" ? [...S] : [];

const reduced = <D extends Float>(losses: Tensor<Dyn, D>, reduction: Reduction): Tensor<Dyn, D> =>
  reduction === "none" ? losses : reduction === "sum" ? sum(losses) : mean(losses);

interface CrossEntropyOptions<R extends Reduction> extends LossOptions<R> {
  /** The share of the target that is spread over all classes (arXiv 1512.00567, 7); 0 by default. */
  readonly smoothing?: number;
}

/**
 * −log softmax(logits) of the label, or Σ −q log softmax(logits) with q = (1 − s) at the label, and s / C more everywhere,
 * for a smoothing s. Their mean over all labels by default.
 *
 * Shapes: logits [...B, C], labels [...B] → [], or [...B] without a reduction.
 * @example nn.crossEntropy(tensor([[1, 2, 3]]), tensor([2], "i32"))
 * @throws ShapeError, also for a label that is no class; RangeError for a smoothing outside of 0 … 1
 */
export const crossEntropy = <B extends Shape, C extends number, D extends Float, R extends Reduction = "mean">(
  logits: In<readonly [...B, C], D>,
  labels: In<NoInfer<readonly [...B]>, Int>,
  options: CrossEntropyOptions<R> = {},
): Tensor<Reduced<B, R>, D> => {
  const { reduction = "mean", smoothing = 0 } = options;
  const [own, places]: readonly [Shape, Shape] = [logits.shape, labels.shape];
  if (own.length === 0 || !sameShape(own.slice(0, -1), places)) {
    misfit(
      `nn.crossEntropy: logits ${show(own)} and labels ${show(places)}; the labels have the shape of the logits without its last axis, the classes`,
    );
  }
  if (!(smoothing >= 0 && smoothing <= 1))
    throw new RangeError(`nn.crossEntropy: the smoothing is ${smoothing}, and must be from 0 to 1`);
  const logs: Tensor<Dyn, D> = logSoftmax(logits as Tensor<Dyn, D>);
  const atLabel = reshape(gather(logs, reshape(labels as Tensor<Dyn, "i32">, [...places, 1]), -1), places);
  const losses =
    smoothing === 0
      ? neg(atLabel)
      : map(atLabel, mean(logs, -1), (label, all) => -(1 - smoothing) * label - smoothing * all);
  return reduced(losses, reduction);
};

/**
 * (x − y)², and its mean over all elements by default.
 *
 * Shapes: x and y S → [], or S without a reduction.
 * @example nn.mse(tensor([1, 2]), tensor([0, 4]))
 * @throws ShapeError, DTypeError
 */
export const mse = <S extends Shape, D extends Float, R extends Reduction = "mean">(
  x: In<S, D>,
  y: In<NoInfer<S>, NoInfer<D>>,
  options: LossOptions<R> = {},
): Tensor<Reduced<S, R>, D> => {
  if (!sameShape(x.shape, y.shape)) misfit(`nn.mse: ${show(x.shape)} and ${show(y.shape)} must be of one shape`);
  return reduced(square(sub(x as Tensor<Dyn, D>, y as Tensor<Dyn, D>)), options.reduction ?? "mean");
};
