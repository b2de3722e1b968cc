/** Eigenvalues of matrices whose eigenvalues are known. */

import { expect, test } from "vitest";
import { eigenvaluesOf } from "../../../../examples/guided-diffusion/evaluation/eigenvalues.ts";
import { spread } from "../../../../examples/guided-diffusion/networks/fill.ts";

const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
const distance = (found: Float64Array, expected: readonly number[]): number =>
  Math.max(0, ...sorted(found).map((value, i) => Math.abs(value - (sorted(expected)[i] as number))));

/** Q diag(values) Qᵀ, Q a product of reflections by random vectors. */
const withEigenvalues = (values: readonly number[], seed: number): Float64Array => {
  const n = values.length;
  const matrix = new Float64Array(n * n);
  for (const [i, value] of values.entries()) matrix[i * n + i] = value;
  for (let reflection = 0; reflection < 3; reflection++) {
    const u = spread(seed + reflection, n);
    const squares = u.reduce((sum, x) => sum + x * x, 0);
    for (const transposed of [false, true]) {
      const at = (i: number, j: number): number => (transposed ? j * n + i : i * n + j);
      for (let j = 0; j < n; j++) {
        let inner = 0;
        for (let i = 0; i < n; i++) inner += (u[i] as number) * (matrix[at(i, j)] as number);
        for (let i = 0; i < n; i++) (matrix[at(i, j)] as number) -= ((2 * inner) / squares) * (u[i] as number);
      }
    }
  }
  return matrix;
};

test.each([
  ["no rows", []],
  ["one", [3]],
  ["two equal", [2, 2]],
  ["positive", Array.from({ length: 40 }, (_, i) => i + 1)],
  ["of both signs", Array.from({ length: 41 }, (_, i) => i - 20)],
  ["many equal", Array.from({ length: 50 }, (_, i) => i % 3)],
  ["zero", Array.from({ length: 9 }, () => 0)],
  ["over twelve orders", Array.from({ length: 25 }, (_, i) => 10 ** (-i / 2))],
])("%s", (_, values) => {
  const largest = Math.max(1, ...values.map(Math.abs));
  expect(distance(eigenvaluesOf(withEigenvalues(values, 5), values.length), values)).toBeLessThan(1e-13 * largest);
});

test("of second differences: 2 − 2 cos(kπ / (n + 1))", () => {
  const n = 300;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    matrix[i * n + i] = 2;
    if (i > 0) matrix[i * n + i - 1] = -1;
  }
  const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)));
  expect(distance(eigenvaluesOf(matrix, n), expected)).toBeLessThan(1e-13);
});

test("only the lower triangle is read", () => {
  const values = [5, -1, 2, 7];
  const matrix = withEigenvalues(values, 9);
  for (let i = 0; i < 4; i++) for (let j = i + 1; j < 4; j++) matrix[i * 4 + j] = Number.NaN;
  expect(distance(eigenvaluesOf(matrix, 4), values)).toBeLessThan(1e-13);
});

test("what is not finite has none", () => {
  expect(() => eigenvaluesOf(Float64Array.of(1, 0, Number.NaN, 1), 2)).toThrow("is the matrix finite?");
});
