/** Attention without stored scores: found by what is computed, and equal to the direct run for every size of its blocks. */

import { describe, expect, test } from "vitest";
import { evaluate } from "../../../compiler/ir/interpret.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { split } from "../../../compiler/optimise/split.ts";
import { optimise } from "../../../compiler/passes.ts";
import { scheduleContraction } from "../../../compiler/schedule/contraction-schedules.ts";
import { deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { defaultWeightBudget, lowerWithin } from "../../../compiler/schedule/lower-within.ts";
import { denseOf, fromElements } from "../../../dsl/evaluate.ts";
import type { TensorType } from "../../../dsl/primitive.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { openModules } from "../../support/compiled.ts";
import { wasmPlanOf, wasmStage } from "../../support/wasm-stage.ts";

const text = `
import { add, attention, div, einsum, expand, grad, greaterEqual, iota, map, max, mul, permute, relu, reshape, softmax, sub, sum, type Tensor, where } from "typegrad";

type Heads<N extends number, T extends number, D extends number> = Tensor<[N, T, D]>;

export const even = (q: Heads<2, 64, 16>, k: Heads<2, 256, 16>, v: Heads<2, 256, 16>) => attention(q, k, v);
export const ragged = (q: Heads<1, 37, 5>, k: Heads<1, 333, 5>, v: Heads<1, 333, 11>) => attention(q, k, v);
export const lastKeys = (q: Heads<1, 40, 8>, k: Heads<1, 258, 8>, v: Heads<1, 258, 3>) => attention(q, k, v);
export const batches = (q: Tensor<[2, 3, 32, 4]>, k: Tensor<[2, 3, 256, 4]>, v: Tensor<[2, 3, 256, 6]>) =>
  attention(q, k, v);
/** The layout of networks: channels of all heads side by side, places last, with a residual. */
export const network = (x: Tensor<[1, 8, 256]>, q: Tensor<[1, 8, 256]>): Tensor<[1, 8, 256]> => {
  const heads = (x: Tensor<[1, 8, 256]>) => permute(reshape(x, [1, 2, 4, 256]), [0, 1, 3, 2]);
  const mixed = attention(heads(q), heads(x), heads(relu(x)));
  return add(x, reshape(permute(mixed, [0, 1, 3, 2]), [1, 8, 256]));
};
export const written = (q: Tensor<[48, 8]>, k: Tensor<[8, 256]>, v: Tensor<[256, 8]>): Tensor<[48, 8]> => {
  const scores = einsum("td,ds->ts", q, k);
  const most = max(scores, 1, { keepDims: true });
  const powers = map(scores, most, (s, m) => Math.exp(s - m));
  return einsum("ts,sv->tv", div(powers, sum(powers, 1, { keepDims: true })), v);
};
export const turned = (q: Tensor<[48, 8]>, k: Tensor<[256, 8]>, v: Tensor<[256, 8]>): Tensor<[8, 48]> =>
  einsum("sv,ts->vt", v, softmax(einsum("sd,td->ts", k, q)));

export const scaled = (q: Heads<2, 40, 8>, k: Heads<2, 258, 8>, v: Heads<2, 258, 8>) =>
  einsum("bts,bsv->btv", softmax(mul(einsum("btd,bsd->bts", q, k), 0.5)), v);
/** Each place sees those up to its own, by a mask that is computed; and a bias for each pair of places. */
export const causal = (q: Heads<2, 256, 8>, k: Heads<2, 256, 8>, v: Heads<2, 256, 8>, bias: Heads<1, 256, 256>) => {
  const places = iota(256);
  const seen = greaterEqual(
    expand(reshape(places, [1, 256, 1]), [2, 256, 256]),
    expand(reshape(places, [1, 1, 256]), [2, 256, 256]),
  );
  const scores = add(einsum("btd,bsd->bts", q, k), expand(bias, [2, 256, 256]));
  return einsum("bts,bsv->btv", softmax(where(seen, scores, -Infinity)), v);
};
/** Keys that are left out by a mask for each, of which the last block is no whole one. */
export const masked = (q: Heads<1, 34, 8>, k: Heads<1, 259, 8>, v: Heads<1, 259, 8>, far: Heads<1, 1, 259>) =>
  einsum("bts,bsv->btv", softmax(sub(einsum("btd,bsd->bts", q, k), expand(relu(far), [1, 34, 259]))), v);

export const kept = (q: Heads<1, 32, 8>, k: Heads<1, 256, 8>, v: Heads<1, 256, 8>) => {
  const scores = einsum("btd,bsd->bts", q, k);
  return [einsum("bts,bsv->btv", softmax(scores), v), scores] as const;
};
export const overQueries = (q: Heads<1, 32, 8>, k: Heads<1, 256, 8>, v: Heads<1, 256, 8>) =>
  einsum("bts,bsv->btv", softmax(einsum("btd,bsd->bts", q, k), 1), v);
export const doubled = (q: Heads<1, 32, 8>, k: Heads<1, 256, 8>, v: Heads<1, 256, 8>) =>
  einsum("bts,bsv->btv", map(softmax(einsum("btd,bsd->bts", q, k)), (w) => w * w), v);
export const gradient = (q: Heads<1, 32, 8>, k: Heads<1, 256, 8>, v: Heads<1, 256, 8>) =>
  grad((q: Heads<1, 32, 8>, k: Heads<1, 256, 8>, v: Heads<1, 256, 8>) => sum(attention(q, k, v)))(q, k, v);
/** Averages of numbers, one for each query or one for all. */
export const numbers = (q: Tensor<[33, 8]>, k: Tensor<[261, 8]>, v: Tensor<[261]>) =>
  einsum("ts,s->t", softmax(einsum("td,sd->ts", q, k)), v);
export const pooled = (q: Tensor<[33, 8]>, k: Tensor<[261, 8]>, v: Tensor<[261, 8]>) =>
  einsum("ts,sv->t", softmax(einsum("td,sd->ts", q, k)), v);
/** Scores that are sums of nothing: all keys weigh the same. */
export const ofNothing = (q: Tensor<[33, 0]>, k: Tensor<[261, 0]>, v: Tensor<[261, 8]>) =>
  einsum("ts,sv->tv", softmax(einsum("td,sd->ts", q, k)), v);
export const short = (q: Heads<1, 32, 8>, k: Heads<1, 64, 8>, v: Heads<1, 64, 8>) => attention(q, k, v);
`;

const modules = openModules({ "attention.ts": text });
const read = (name: string): Program => modules.read("attention.ts", name).program;

const logOf = (name: string, device: keyof typeof deviceClasses = "wasm"): string => {
  const optimised = optimise(read(name), { keep: () => false });
  const options = { device: deviceClasses[device], schedule: scheduleContraction };
  return lowerWithin(split(optimised, new Set()), options, defaultWeightBudget).log.join("\n");
};

const operandsOf = (program: Program, scale = 4): AnyTensor[] => {
  let state = 7;
  return program.parameters.map(({ type }) => {
    const data = Float32Array.from({ length: type.shape.reduce((a, b) => a * b, 1) }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return ((state >>> 8) / 2 ** 24 - 0.5) * scale;
    });
    return fromElements(type, data);
  });
};

const typeOf = ({ shape, dtype }: AnyTensor): TensorType => ({ shape, dtype });
const elementsOf = (tensor: AnyTensor): readonly number[] => Array.from(denseOf("a test", tensor).data);

const largestGap = (a: AnyTensor, b: AnyTensor): number => {
  const due = elementsOf(b);
  return elementsOf(a).reduce((most, value, i) => {
    const gap = Math.abs(value - (due[i] as number));
    return gap <= most ? most : gap;
  }, 0);
};

const joined = [
  "even",
  "ragged",
  "lastKeys",
  "batches",
  "network",
  "written",
  "turned",
  "scaled",
  "causal",
  "masked",
] as const;
const apart = ["kept", "overQueries", "doubled", "gradient", "short", "numbers", "pooled", "ofNothing"] as const;

describe("attention over blocks of keys", () => {
  test.each(joined)("is one kernel, without stored scores: %s", (name) => {
    expect(logOf(name)).toContain("whose scores are not stored");
  });

  test("takes memory for no value of queries by keys, nor for a mask of them", () => {
    for (const [name, scores] of [
      ["even", 2 * 64 * 256],
      ["causal", 256 * 256],
    ] as const)
      expect(wasmPlanOf(read(name)).memory.live).toBeLessThan(4 * scores);
  });

  test.each(apart)("is left apart where scores are wanted, or it is something else: %s", (name) => {
    expect(logOf(name)).not.toContain("whose scores are not stored");
  });

  test.each([...joined, ...apart])("gives what the direct run gives, the same bits for any threads: %s", (name) => {
    const program = read(name);
    const operands = operandsOf(program);
    const due = evaluate(program, operands);
    const results = wasmStage(program, { parts: [1, 2, 3, 8] }).run(operands);
    expect(results).toHaveLength(due.length);
    for (const [i, result] of results.entries()) expect(largestGap(result, due[i] as AnyTensor)).toBeLessThan(1e-5);
  });

  test("is right for scores that grow or fall from block to block, up to hundreds", () => {
    const program = read("written");
    const [q, k, v] = operandsOf(program, 1) as [AnyTensor, AnyTensor, AnyTensor];
    for (const steep of [0.2, -0.2]) {
      const grown = Float32Array.from(elementsOf(k), (value, i) => (value + (i % 256)) * steep);
      const operands = [q, fromElements(typeOf(k), grown), v];
      const [result] = wasmStage(program, {}).run(operands) as [AnyTensor];
      expect(largestGap(result, evaluate(program, operands)[0] as AnyTensor)).toBeLessThan(1e-4);
    }
  });

  test("leaves out keys whose scores are −∞, from the first block on", () => {
    const program = read("written");
    const [q, k, v] = operandsOf(program) as [AnyTensor, AnyTensor, AnyTensor];
    const ones = fromElements(typeOf(q), new Float32Array(48 * 8).fill(1));
    const masked = Float32Array.from(elementsOf(k), (value, i) => (i % 256 < 100 ? Number.NEGATIVE_INFINITY : value));
    const operands = [ones, fromElements(typeOf(k), masked), v];
    const [result] = wasmStage(program, {}).run(operands) as [AnyTensor];
    const due = evaluate(program, operands)[0] as AnyTensor;
    expect(elementsOf(due).every(Number.isFinite)).toBe(true);
    expect(largestGap(result, due)).toBeLessThan(1e-5);
  });

  test("is by three kernels on other classes of devices", () => {
    for (const device of ["webgpu", "software"] as const)
      expect(logOf("even", device)).not.toContain("whose scores are not stored");
  });
});
