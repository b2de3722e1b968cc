/** A fault inside of what is differentiated or folded is one fault. */

import { add, fold, mul, sum, type Tensor, vjp } from "typegrad";

const faulty = (x: Tensor<[]>): Tensor<[]> => {
  const now = new Date().getTime(); // TG202
  return mul(x, now);
};

const faultyToo = (x: Tensor<[3]>): Tensor<[3]> => {
  const now = new Date().getTime(); // TG202
  return mul(x, now);
};

export const program = (x: Tensor<[3]>): Tensor<[3]> => {
  const total = fold(x, sum(x), (carry, item): Tensor<[]> => add(carry, faulty(item)));
  const [value, pullback] = vjp((x: Tensor<[3]>): Tensor<[3]> => faultyToo(x))(x);
  return add(pullback(value), total);
};
