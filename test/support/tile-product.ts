/** C = A · B by tiles of `tile` rows and eight columns that stay in registers; B is packed in panels [columns / 8][depth][8]. */

import { emitter } from "../../compiler/kernel/emit.ts";
import { addIndices, indexOf, indexVariable, scaleIndex } from "../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel } from "../../compiler/kernel/kernel.ts";
import { constantValue, load, operation, splat, typeOf } from "../../compiler/kernel/values.ts";

export interface TileProduct {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly tile: number;
  /** Steps of the depth in one turn of the loop. */
  readonly unroll: number;
}

export const tileProduct = ({
  rows,
  columns,
  depth,
  tile,
  unroll,
}: TileProduct): { readonly kernel: Kernel; readonly args: readonly Float32Array[] } => {
  const buffer = (name: string, size: number, access: Buffer["access"]): Buffer => ({
    name,
    storage: "f32",
    space: "global",
    access,
    size,
  });
  const a = buffer("a", rows * depth, "read");
  const b = buffer("b", depth * columns, "read");
  const c = buffer("c", rows * columns, "write");
  const [panels, bands] = [indexVariable("panel", columns / 8), indexVariable("band", rows / tile)];
  const [panel, band] = [indexOf(panels), indexOf(bands)];
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const emit = emitter();
  const sums = numbers(tile).map((row) =>
    numbers(2).map((half) => emit.variable(`c${row}_${half}`, constantValue(0, typeOf("f32", 4)))),
  );
  emit.loop("k", depth / unroll, (k) => {
    for (const step of numbers(unroll)) {
      const halves = numbers(2).map((half) => {
        const at = addIndices(scaleIndex(panel, 8 * depth), scaleIndex(k, 8 * unroll), indexOf(8 * step + 4 * half));
        return emit.name(`b${half}`, load(b, at, 4));
      });
      for (const [row, parts] of sums.entries()) {
        const at = addIndices(scaleIndex(band, tile * depth), scaleIndex(k, unroll), indexOf(row * depth + step));
        const factor = emit.name(`a${row}`, splat(load(a, at)));
        for (const [half, part] of halves.entries()) {
          const sum = parts[half];
          if (sum !== undefined) emit.assign(sum, operation("fma", factor, part, sum));
        }
      }
    }
  });
  for (const [row, parts] of sums.entries())
    for (const [half, sum] of parts.entries()) {
      const at = addIndices(scaleIndex(band, tile * columns), scaleIndex(panel, 8), indexOf(row * columns + 4 * half));
      emit.store(c, at, sum);
    }
  const kernel: Kernel = {
    name: "product",
    buffers: [a, b, c],
    grid: [panels, bands],
    body: emit.statements,
    cost: { flops: 2 * rows * columns * depth, bytes: 4 * (a.size + b.size + c.size) },
    notes: [`[${rows}, ${depth}] · [${depth}, ${columns}]`],
  };
  const fill = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 31) / 8 - 2);
  return { kernel, args: [fill(a.size), fill(b.size), new Float32Array(c.size)] };
};
