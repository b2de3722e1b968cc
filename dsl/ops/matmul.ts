/** `matmul` and `linear`: products of matrices. */

import type { Float } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { add } from "../scalar/arithmetic.ts";
import { input } from "../scalar/expression.ts";
import { misfit, type Shape, sameShape, show } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { contract, type Labels } from "./contract.ts";
import { applyExpression, broadcastInto, checkFloat } from "./elementwise.ts";

/** `count` labels that no other is equal to. */
const batchLabels = (count: number): Labels => Array.from({ length: count }, (_, axis) => `b${axis}`);

type MatMul = <B extends Shape, M extends number, K extends number, N extends number, D extends Float>(
  a: In<readonly [...B, M, K], D>,
  b: In<readonly [...number[], number, N], Float> & NoInfer<In<readonly [...B, K, number] | readonly [K, number], D>>,
) => Tensor<[...B, M, N], D>;

/**
 * Products of matrices: c[…, i, j] = Σₖ a[…, i, k] · b[…, k, j].
 *
 * Shapes: [...B, M, K], [...B, K, N] → [...B, M, N]; or [K, N] for the second, which then serves the whole batch.
 * @throws ShapeError, DTypeError
 */
export const matmul: Op<MatMul> = op<MatMul>(
  {
    name: "matmul",
    kind: "contract",
    law: "[...B, M, K], [...B, K, N] or [K, N] → [...B, M, N]",
    formula: "Σₖ a[…, i, k] · b[…, k, j]",
    gradient: "ct · bᵀ, aᵀ · ct",
    example: "matmul(tensor([[1, 2], [3, 4]]), tensor([[1], [2]]))",
    draw: (draw) => {
      const batch = draw.shape({ maxRank: 2 });
      const [m, k, n] = draw.shape({ minRank: 3, maxRank: 3 }) as [number, number, number];
      return [draw.tensor([...batch, m, k]), draw.tensor([...draw.oneOf([batch, []]), k, n])];
    },
  },
  (a: AnyTensor, b: AnyTensor): AnyTensor => {
    checkFloat("matmul", a);
    checkFloat("matmul", b, a);
    checkMatrices(a.shape, b.shape);
    const batch = batchLabels(a.shape.length - 2);
    return contract(
      [
        [...batch, "m", "k"],
        [...(b.shape.length === 2 ? [] : batch), "k", "n"],
      ],
      [...batch, "m", "n"],
      a,
      b,
    );
  },
);

const checkMatrices = (a: Shape, b: Shape): void => {
  const [k] = a.slice(-1);
  for (const shape of [a, b]) {
    if (shape.length < 2)
      misfit(
        `matmul: operand ${shape === a ? 1 : 2} is ${show(shape)}, and must have rank 2 or more; reshape a vector`,
      );
  }
  const both = `matmul: ${show(a)} and ${show(b)}`;
  if (b.at(-2) !== k) {
    const repair = b.at(-1) === k ? "; permute the last two axes of the second" : "";
    misfit(
      `${both}: the last axis of the first has ${k}, the last but one of the second has ${b.at(-2)}, and they must be equal${repair}`,
    );
  }
  if (b.length > 2 && !sameShape(a.slice(0, -2), b.slice(0, -2)))
    misfit(
      `${both}: the axes before the last two must be equal, or the second of rank 2; expand the smaller operand, or reshape`,
    );
};

type Linear = <B extends Shape, I extends number, O extends number, D extends Float>(
  x: In<readonly [...B, number], D> & NoInfer<In<readonly [...B, I], Float>>,
  weight: In<readonly [O, I], Float> & NoInfer<In<readonly [number, number], D>>,
  bias?: NoInfer<In<readonly [O], D>> | undefined,
) => Tensor<[...B, O], D>;

/**
 * An affine map of the last axis: y[…, o] = Σᵢ x[…, i] · weight[o, i] + bias[o].
 *
 * Shapes: [...B, I], [O, I], [O]? → [...B, O].
 * @throws ShapeError, DTypeError
 */
export const linear: Op<Linear> = op<Linear>(
  {
    name: "linear",
    kind: "contract",
    law: "[...B, I], [O, I], [O]? → [...B, O]",
    formula: "Σᵢ x[…, i] · weight[o, i] + bias[o]",
    gradient: "ct · weight, ctᵀ · x, Σ ct",
    example: "linear(tensor([1, 2]), tensor([[1, 0], [0, 1], [1, 1]]), tensor([0, 0, 0.5]))",
    draw: (draw) => {
      const batch = draw.shape({ maxRank: 3 });
      const [i, o] = draw.shape({ minRank: 2, maxRank: 2 }) as [number, number];
      const operands = [draw.tensor([...batch, i]), draw.tensor([o, i])];
      return draw.oneOf([true, false]) ? [...operands, draw.tensor([o])] : operands;
    },
  },
  (x: AnyTensor, weight: AnyTensor, bias?: AnyTensor): AnyTensor => {
    checkFloat("linear", x);
    checkFloat("linear", weight, x);
    checkLinear(x.shape, weight.shape);
    const batch = batchLabels(x.shape.length - 1);
    const product = contract(
      [
        [...batch, "i"],
        ["o", "i"],
      ],
      [...batch, "o"],
      x,
      weight,
    );
    return bias === undefined ? product : addBias("linear", product, weight, bias, product.shape.length - 1);
  },
);

const checkLinear = (x: Shape, weight: Shape): void => {
  if (weight.length !== 2) misfit(`linear: weight is ${show(weight)}, and must be [outputs, inputs]`);
  if (x.length === 0) misfit("linear: x is [], and must have rank 1 or more");
  if (x.at(-1) !== weight[1])
    misfit(
      `linear: weight ${show(weight)} takes ${weight[1]} inputs, and the last axis of x ${show(x)} has ${x.at(-1)}; weight is [outputs, inputs]`,
    );
};

/** y + bias along one axis: a value for each output. */
export const addBias = (name: string, y: AnyTensor, weight: AnyTensor, bias: AnyTensor, axis: number): AnyTensor => {
  checkFloat(name, bias, y);
  const outputs: number = y.shape[axis];
  if (!sameShape(bias.shape, [outputs]))
    misfit(
      `${name}: bias is ${show(bias.shape)}, and must be [${outputs}], one for each output of weight ${show(weight.shape)}`,
    );
  const along = (y.shape as Shape).map((_, other) => (other === axis ? outputs : 1));
  return applyExpression(name, add.of(input(0), input(1)), y.dtype, broadcastInto(name, [y, reshapeTo(bias, along)]));
};
