/** Transforms of records whose fields stand in different orders. */

import { add, customVjp, grad, jvp, map, mul, ones, sum, type Tensor, vjp, zeros } from "typegrad";

type Vector = Tensor<[3]>;
interface Pair {
  readonly a: Vector;
  readonly b: Vector;
}

const product = ({ a, b }: Pair): Vector => map(a, b, (a, b) => a * a * b);

/** The derivative along a alone. */
export const pushed = (a: Vector, b: Vector): Vector => jvp(product)({ a, b }, { b: zeros([3]), a: ones([3]) })[1];

/** Cotangents of 1 for the first result and 10 for the second. */
export const pulled = (a: Vector, b: Vector): Vector => {
  const [, pull] = vjp(({ a, b }: Pair) => ({ first: mul(a, b), second: add(a, b) }))({ a, b });
  return pull({ second: mul(ones([3]), 10), first: ones([3]) }).a;
};

const own = customVjp(
  ({ a, b }: Pair): Tensor<[]> => sum(mul(a, b)),
  (ct, _, { a, b }) => [{ b: map(a, ct, (a, ct) => 3 * a * ct), a: map(b, ct, (b, ct) => 2 * b * ct) }],
);
export const owned = (a: Vector, b: Vector): Vector => grad(own)({ a, b: mul(b, 2) }).a;
