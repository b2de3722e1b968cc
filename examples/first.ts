/** Learns exclusive or by gradient descent: two inputs, eight hidden units, one output. */

import { grad, iota, linear, map, mean, reshape, sigmoid, type Tensor, tanh, tensor, treeMap, zeros } from "typegrad";

interface Params {
  readonly hidden: { readonly weight: Tensor<[8, 2]>; readonly bias: Tensor<[8]> };
  readonly output: { readonly weight: Tensor<[1, 8]>; readonly bias: Tensor<[1]> };
}

/** The probability of "one" for each of B pairs. */
const predict = <B extends number>({ hidden, output }: Params, x: Tensor<[B, 2]>): Tensor<[B, 1]> =>
  sigmoid(linear(tanh(linear(x, hidden.weight, hidden.bias)), output.weight, output.bias));

/** Cross-entropy: −log of the probability of the right answer, on average. */
const loss = <B extends number>(params: Params, x: Tensor<[B, 2]>, y: Tensor<[B, 1]>): Tensor<[]> =>
  mean(map(predict(params, x), y, (p, y) => -y * Math.log(p) - (1 - y) * Math.log(1 - p)));

const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tensor([[0], [1], [1], [0]]);

// To start with, any numbers that differ.
let params: Params = {
  hidden: { weight: map(reshape(iota(16, "f32"), [8, 2]), (i) => Math.sin(i * i)), bias: zeros([8]) },
  output: { weight: map(reshape(iota(8, "f32"), [1, 8]), (i) => Math.cos(i * i)), bias: zeros([1]) },
};

for (let step = 0; step <= 500; step++) {
  if (step % 100 === 0) console.log(`step ${step}:`, loss(params, x, y));
  const gradient = grad(loss)(params, x, y);
  params = treeMap((p, g) => map(p, g, (p, g) => p - 0.5 * g), params, gradient);
}

console.log(predict(params, x));
