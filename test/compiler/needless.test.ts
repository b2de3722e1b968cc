/** Nothing needless in a program, read from the program itself. */

import { beforeAll, describe, expect, test } from "vitest";
import { readProgram } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { bodiesOf, type Equation, type Program } from "../../compiler/ir/program.ts";
import { split } from "../../compiler/optimise/split.ts";
import { optimise } from "../../compiler/passes.ts";

const text = `
import { add, avgPool, fold, grad, groupNorm, logSoftmax, map, mean, mul, oneHot, reshape, silu, sum, type Tensor } from "typegrad";
import * as nn from "typegrad/nn";

export interface Classifier {
  readonly first: nn.ConvParams<3, 8, [3, 3]>;
  readonly norm: nn.NormParams<8>;
  readonly second: nn.ConvParams<8, 8, [3, 3]>;
  readonly head: nn.LinearParams<8, 5>;
}
type Images = Tensor<[2, 3, 8, 8]>;

const logits = (p: Classifier, x: Images): Tensor<[2, 5]> => {
  const h = silu(nn.groupNorm(p.norm, nn.conv(p.first, x, { padding: 1 }), 4));
  return nn.linear(p.head, mean(silu(nn.conv(p.second, h, { padding: 1 })), [2, 3]));
};
const logProb = (x: Images, p: Classifier, y: Tensor<[2], "i32">): Tensor<[]> =>
  sum(mul(logSoftmax(logits(p, x)), oneHot(y, 5)));

export const guidance = (x: Images, p: Classifier, y: Tensor<[2], "i32">): Images => grad(logProb)(x, p, y);
export const forward = (x: Images, p: Classifier, y: Tensor<[2], "i32">): Tensor<[]> => logProb(x, p, y);
export const steps = (xs: Tensor<[50, 4]>, x: Tensor<[4]>, w: Tensor<[4]>): Tensor<[4]> =>
  fold(xs, x, (carry, noise) => map(carry, noise, mul(w, w), (c, n, w) => c * w + n));
`;

const sources = openSources({ "test/generated/needless.ts": text });
const programOf = (name: string): Program => optimise(readProgram(sources, "test/generated/needless.ts", name).program);

const all = (program: Program): Equation[] =>
  program.equations.flatMap((equation) => [equation, ...bodiesOf(equation.operation).flatMap(all)]);
const named = (program: Program, name: string): Equation[] =>
  all(program).filter(({ operation }) => operation.kind === "primitive" && operation.primitive.name === name);
/** How often a scalar function is computed by the maps of a program. */
const maps = (program: Program): Equation[] =>
  all(program).filter(({ operation }) => operation.kind === "primitive" && operation.primitive.kind === "map");

describe("the gradient of a classifier with respect to its input", () => {
  let guidance: Program;
  let forward: Program;
  beforeAll(() => {
    guidance = programOf("guidance");
    forward = programOf("forward");
  });

  test("has one convolution forward and one backward for each layer, and so no gradient of a weight", () => {
    expect(named(forward, "conv")).toHaveLength(2);
    expect(named(guidance, "conv")).toHaveLength(4);
    const weights = [
      [8, 3, 3, 3],
      [8, 8, 3, 3],
      [5, 8],
    ].map(String);
    for (const { operation, outputs } of all(guidance)) {
      if (operation.kind !== "primitive" || operation.primitive.kind !== "contract") continue;
      expect(weights).not.toContain(String(outputs[0]?.type.shape));
    }
  });

  test("computes what forward and backward have in common once", () => {
    const variances = (program: Program): number =>
      all(program).filter(
        ({ operation, outputs }) =>
          operation.kind === "primitive" &&
          operation.primitive.kind === "reduce" &&
          String(outputs[0]?.type.shape) === "2,4,1",
      ).length;
    // Sums for mean and variance forward; backward adds those of the cotangents of mean, variance, and the mean inside it.
    expect(variances(guidance)).toBeLessThanOrEqual(variances(forward) + 3);
    const keys = new Set<string>();
    for (const { operation, operands, outputs } of guidance.equations) {
      if (operation.kind !== "primitive" || operation.primitive.kind !== "contract") continue;
      const key = operands
        .map((atom) => guidance.equations.findIndex((equation) => equation.outputs.includes(atom as never)))
        .join();
      expect(keys.has(`${key} ${outputs[0]?.type.shape}`)).toBe(false);
      keys.add(`${key} ${outputs[0]?.type.shape}`);
    }
    expect(maps(guidance).length).toBeGreaterThan(0);
  });
});

describe("a fold of 50 steps", () => {
  const program = programOf("steps");
  const folds = program.equations.filter(({ operation }) => operation.kind === "fold");

  test("is one region, with the equations of one step", () => {
    expect(folds).toHaveLength(1);
    expect(all(program).length).toBeLessThan(8);
  });

  test("holds nothing that does not depend on the step", () => {
    const [{ operation } = {} as Equation] = folds;
    expect(operation?.kind === "fold" && operation.body.equations).toHaveLength(1);
  });
});

describe("a network with bound weights", () => {
  const program = programOf("forward");
  const bound = new Set(program.parameters.flatMap(({ name }, i) => (name?.startsWith("p.") ? [i] : [])));
  const { load, call } = split(program, bound);

  test("computes at load time all that depends on weights alone", () => {
    expect(load.parameters).toHaveLength(bound.size);
    const loaded = new Set(call.parameters.slice(program.parameters.length - bound.size));
    const left = call.equations.filter(
      ({ operands, operation, outputs }) =>
        operands.length > 0 &&
        operands.every((atom) => atom.kind === "constant" || loaded.has(atom)) &&
        // What grows a tensor is an index map in its reader, and costs nothing there.
        !(operation.kind === "primitive" && operation.primitive.name === "expand" && outputs.length === 1),
    );
    expect(left).toEqual([]);
  });
});
