/** The rows of the benchmark, and larger ones that only a graphics processor computes in no time. */

import type { TensorType } from "../../dsl/primitive.ts";
import { type Row, rows } from "../bench/rows.ts";

const spec = (shape: readonly number[]): TensorType => ({ shape, dtype: "f32" });

const like = (name: string, changes: Partial<Row>): Row => {
  const row = rows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`no row is named ${name}`);
  return { ...row, ...changes };
};

const convolution = (n: number, c: number, h: number): Row =>
  like("conv-128-32", {
    name: `conv-${c}-${h}-batch-${n}`,
    title: `conv 3×3, ${c} → ${c} @${h}², N = ${n}`,
    specs: { x: spec([n, c, h, h]), weight: spec([c, c, 3, 3]), bias: spec([c]) },
    gflop: (2 * n * c * c * 9 * h * h) / 1e9,
  });

export const deviceRows: readonly Row[] = [
  ...rows,
  like("matmul-512", {
    name: "matmul-4096",
    title: "matmul 4096³",
    specs: { a: spec([4096, 4096]), b: spec([4096, 4096]) },
    gflop: (2 * 4096 ** 3) / 1e9,
  }),
  convolution(4, 128, 32),
  convolution(1, 384, 32),
  convolution(1, 768, 8),
  convolution(16, 192, 64),
];
