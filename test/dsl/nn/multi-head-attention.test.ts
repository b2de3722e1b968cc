import { expect, test } from "vitest";
import { inPrecision, split, type Tensor, tensor, toHost, vjp } from "../../../dsl/index.ts";
import { initMultiHeadAttention, type MultiHeadAttentionParams, multiHeadAttention } from "../../../dsl/nn/index.ts";
import { key } from "../../../dsl/random/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { readJson } from "../../support/goldens.ts";
import { withinBound } from "./bound.ts";

type Nested = number | readonly Nested[];

/** PyTorch's layer of this name, in f64. Its projections of queries, keys and values are one matrix. */
interface Golden {
  readonly parameters: Readonly<
    Record<"in_proj_weight" | "in_proj_bias" | "out_proj.weight" | "out_proj.bias", Nested>
  >;
  readonly x: Nested;
  readonly context: Nested;
  readonly cotangent: Nested;
  readonly self: Results;
  readonly cross: Results;
}
interface Results {
  readonly out: Nested;
  readonly grad_x: Nested;
  readonly grad_context?: Nested;
  readonly grad_in_proj_weight: Nested;
  readonly grad_out_proj_bias: Nested;
}

const golden = readJson<Golden>("attention.json");
type X = Tensor<[2, 3, 8]>;
type Context = Tensor<[2, 5, 8]>;

const read = <T>(nested: Nested): T => tensor(nested as number[]) as T;
const flat = (nested: Nested): number[] => ([nested] as readonly unknown[]).flat(Infinity) as number[];
const valuesOf = (...tensors: readonly AnyTensor[]): number[] => tensors.flatMap((x) => Array.from(toHost(x).data));
const expectNear = (found: readonly number[], due: Nested): void => {
  const wanted = flat(due);
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of found.entries()) expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-10);
};

const params = (): MultiHeadAttentionParams<8> => {
  const weights = split(read<Tensor<[24, 8]>>(golden.parameters.in_proj_weight), [8, 8, 8], 0);
  const biases = split(read<Tensor<[24]>>(golden.parameters.in_proj_bias), [8, 8, 8], 0);
  const [query, key, value] = [0, 1, 2].map((i) => ({
    weight: weights[i],
    bias: biases[i],
  })) as MultiHeadAttentionParams<8>["query"][];
  const output = { weight: read(golden.parameters["out_proj.weight"]), bias: read(golden.parameters["out_proj.bias"]) };
  return { query, key, value, output } as MultiHeadAttentionParams<8>;
};

interface Inputs {
  readonly p: MultiHeadAttentionParams<8>;
  readonly x: X;
  readonly context?: Context;
}

test.each(["self", "cross"] as const)("multiHeadAttention is PyTorch's, with its gradients: %s", (form) => {
  inPrecision("f64", () => {
    const due = golden[form];
    const context = form === "cross" ? { context: read<Context>(golden.context) } : {};
    const inputs: Inputs = { p: params(), x: read(golden.x), ...context };
    const [out, pullback] = vjp(({ p, x, context }: Inputs) => multiHeadAttention(p, x, 2, context))(inputs);
    expectNear(valuesOf(out), due.out);
    const { p, x, ...rest } = pullback(read(golden.cotangent));
    expectNear(valuesOf(x), due.grad_x);
    expectNear(valuesOf(p.query.weight, p.key.weight, p.value.weight), due.grad_in_proj_weight);
    expectNear(valuesOf(p.output.bias), due.grad_out_proj_bias);
    if (rest.context) expectNear(valuesOf(rest.context), due.grad_context as Nested);
  });
});

test("parameters begin as PyTorch's do", () => {
  const p = initMultiHeadAttention(key(2), 64);
  for (const { weight } of [p.query, p.key, p.value]) withinBound(weight, Math.sqrt(6 / (4 * 64)));
  withinBound(p.output.weight, 1 / 8);
  expect(new Set(valuesOf(p.query.bias, p.key.bias, p.value.bias, p.output.bias))).toEqual(new Set([0]));
  expect(valuesOf(p.query.weight)).not.toEqual(valuesOf(p.key.weight));
});

test("a number of heads that does not divide the features is refused", () => {
  const x = read<X>(golden.x);
  const text = "nn.multiHeadAttention: 8 features are not divisible by 3 heads";
  // @ts-expect-error 8 features, 3 heads
  expect(() => multiHeadAttention(params(), x, 3)).toThrow(text);
});
