import { expect, test } from "vitest";
import { grad, type Tensor, tensor, toHost } from "../../../dsl/index.ts";
import { crossEntropy, mse } from "../../../dsl/nn/index.ts";

const logits = tensor([
  [Math.log(0.5), Math.log(0.25), Math.log(0.25)],
  [Math.log(0.1), Math.log(0.1), Math.log(0.8)],
]);
const labels = tensor([0, 2], "i32");
const valuesOf = (x: Tensor): number[] => Array.from(toHost(x).data as Float32Array);

test("crossEntropy is −log p of the labels, whose mean, sum or list is given", () => {
  const due = [-Math.log(0.5), -Math.log(0.8)] as const;
  const each = valuesOf(crossEntropy(logits, labels, { reduction: "none" }));
  expect(each[0]).toBeCloseTo(due[0], 6);
  expect(each[1]).toBeCloseTo(due[1], 6);
  expect(valuesOf(crossEntropy(logits, labels))[0]).toBeCloseTo((due[0] + due[1]) / 2, 6);
  expect(valuesOf(crossEntropy(logits, labels, { reduction: "sum" }))[0]).toBeCloseTo(due[0] + due[1], 6);
});

test("its gradient is softmax less the target, smoothed", () => {
  const loss = (x: typeof logits): Tensor<[]> => crossEntropy(x, labels, { reduction: "sum", smoothing: 0.3 });
  const due = [0.5 - 0.8, 0.25 - 0.1, 0.25 - 0.1, 0.1 - 0.1, 0.1 - 0.1, 0.8 - 0.8];
  valuesOf(grad(loss)(logits)).forEach((value, i) => {
    expect(value).toBeCloseTo(due[i] as number, 6);
  });
});

test("the classes lie along the last axis, whatever stands before", () => {
  const one = tensor([Math.log(0.5), Math.log(0.5)]);
  expect(valuesOf(crossEntropy(one, tensor(1, "i32")))[0]).toBeCloseTo(Math.LN2, 6);
  const many: Tensor<[1, 2, 3]> = tensor([toNested()]);
  expect(crossEntropy(many, tensor([[0, 2]], "i32"), { reduction: "none" }).shape).toEqual([1, 2]);
});

const toNested = (): [[number, number, number], [number, number, number]] => [
  [1, 2, 3],
  [4, 5, 6],
];

test("labels that do not fit are refused", () => {
  // @ts-expect-error three labels for two rows
  expect(() => crossEntropy(logits, tensor([0, 1, 2], "i32"))).toThrow(
    "nn.crossEntropy: logits [2, 3] and labels [3]; the labels have the shape of the logits without its last axis",
  );
  expect(() => crossEntropy(logits, tensor([0, 3], "i32"))).toThrow("index 3");
  expect(() => crossEntropy(logits, labels, { smoothing: 2 })).toThrow("nn.crossEntropy: the smoothing is 2");
});

test("mse is the mean square of the difference", () => {
  const [x, y] = [tensor([1, 2, 3]), tensor([1, 0, 6])];
  expect(valuesOf(mse(x, y))[0]).toBeCloseTo(13 / 3, 6);
  expect(valuesOf(mse(x, y, { reduction: "none" }))).toEqual([0, 4, 9]);
  // @ts-expect-error a row would broadcast
  expect(() => mse(x, tensor([1]))).toThrow("nn.mse: [3] and [1] must be of one shape");
});
