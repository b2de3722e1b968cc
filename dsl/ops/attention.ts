/** `attention`: each query's average of the values, weighted by how well their keys match it. */

import type { Float } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { misfit, type Shape, sameShape, show } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { composite } from "./composite.ts";
import { contract } from "./contract.ts";
import { checkFloat } from "./elementwise.ts";
import { mul } from "./named.ts";
import { softmax } from "./softmax.ts";

type Attention = <
  B extends Shape,
  T extends number,
  S extends number,
  K extends number,
  V extends number,
  D extends Float,
>(
  query: In<readonly [...B, T, K], D>,
  key: In<readonly [...number[], S, number], Float> & NoInfer<In<readonly [...B, number, K], D>>,
  value: In<readonly [...number[], number, V], Float> & NoInfer<In<readonly [...B, S, number], D>>,
  scale?: number,
) => Tensor<[...B, T, V], D>;

const body = composite("attention", (query: AnyTensor, key: AnyTensor, value: AnyTensor, scale: number): AnyTensor => {
  const batch: readonly string[] = query.shape.slice(2).map((_: number, axis: number) => `b${axis}`);
  // Half of the scale on each side keeps the products of f16 storage small.
  const half = Math.sqrt(Math.abs(scale));
  const scores = contract(
    [
      [...batch, "t", "k"],
      [...batch, "s", "k"],
    ],
    [...batch, "t", "s"],
    mul(query, scale < 0 ? -half : half),
    mul(key, half),
  );
  return contract(
    [
      [...batch, "t", "s"],
      [...batch, "s", "v"],
    ],
    [...batch, "t", "v"],
    softmax(scores),
    value,
  );
});

/**
 * softmax(scale · q kᵀ) v (arXiv 1706.03762, eq. 1); scale is 1 / √K by default.
 *
 * Shapes: query [...B, T, K], key [...B, S, K], value [...B, S, V] → [...B, T, V].
 * @throws ShapeError
 */
export const attention: Op<Attention> = op(
  {
    name: "attention",
    kind: "composite",
    law: "[...B, T, K], [...B, S, K], [...B, S, V] → [...B, T, V]",
    formula: "softmax(scale · q kᵀ) v",
    gradient: "of p = softmax(scale · q kᵀ) and v: pᵀ ct to v, through p to q and k",
    example: "attention(tensor([[1, 0]]), tensor([[1, 0], [0, 1]]), tensor([[1], [2]]))",
    draw: (draw) => {
      const batch = draw.shape({ maxRank: 2 });
      const [t, s, k] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 2)];
      const args = [
        draw.tensor([...batch, t, k]),
        draw.tensor([...batch, s, k]),
        draw.tensor([...batch, s, draw.integer(1, 2)]),
      ];
      return draw.oneOf([args, [...args, 0.5]]);
    },
  },
  (query: AnyTensor, key: AnyTensor, value: AnyTensor, scale?: number): AnyTensor => {
    for (const operand of [query, key, value]) checkFloat("attention", operand, query);
    const [q, k, v]: readonly [Shape, Shape, Shape] = [query.shape, key.shape, value.shape];
    const shapes = `attention: query ${show(q)}, key ${show(k)}, value ${show(v)}`;
    if (q.length < 2 || q.length !== k.length || q.length !== v.length) {
      misfit(`${shapes} must have one rank, of 2 or more; reshape them to [..., time, width]`);
    }
    if (!sameShape(q.slice(0, -2), k.slice(0, -2)) || !sameShape(q.slice(0, -2), v.slice(0, -2))) {
      misfit(`${shapes}: the axes before the last two must be equal; expand the smaller operand`);
    }
    if (q.at(-1) !== k.at(-1)) misfit(`${shapes}: the last axes of query and key must be equal`);
    if (k.at(-2) !== v.at(-2)) misfit(`${shapes}: key and value must have one length, the last axis but one`);
    return body(query, key, value, scale ?? 1 / Math.sqrt(q.at(-1) as number));
  },
);
