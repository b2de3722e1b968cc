/**
 * Winograd's minimal filtering F(m × m, 3 × 3): Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A, as sums of vectors.
 *
 * A tile of (m + 2)² inputs gives m² results by (m + 2)² products a channel, where direct convolution takes 9 m². F(2) has
 * the points 0, ±1, ∞. F(4) has 0, ±2/3, ±3/2, ∞: since b = 1/a the products a² b² drop out, and its error is a quarter
 * of that of the usual 0, ±1, ±2, ∞ (Lavin and Gray, "Fast algorithms for convolutional neural networks", give those).
 */

import type { Emitter } from "../kernel/emit.ts";
import type { Value } from "../kernel/kernel.ts";
import { constantValue, operation } from "../kernel/values.ts";

export type WinogradSize = 2 | 4;

const near = 2 / 3;
const far = 3 / 2;

const add = (x: Value, y: Value): Value => operation("add", x, y);
const sub = (x: Value, y: Value): Value => operation("sub", x, y);
const factor = (by: number, like: Value): Value => constantValue(by, like.type);
const scaled = (by: number, x: Value): Value => operation("mul", factor(by, x), x);
/** by · x + to */
const plus = (by: number, x: Value, to: Value): Value => operation("fma", factor(by, x), x, to);

type Line = readonly Value[];

/** Bᵀ times a column of m + 2 inputs. */
export const inputLine = (emit: Emitter, size: WinogradSize, line: Line): Line => {
  const [v0, v1, v2, v3] = line as readonly [Value, Value, Value, Value];
  if (size === 2) return [sub(v2, v0), add(v1, v2), sub(v2, v1), sub(v3, v1)];
  const [v4, v5] = line.slice(4) as [Value, Value];
  // (x² − q²)(x ± p) for the pair ±p, where ±q are the other two; (x² − p²)(x² − q²) at 0 and ∞.
  const pair = (p: number, q: number): Line => {
    const even = emit.name("even", plus(-q * q, v2, v4));
    const odd = emit.name("odd", scaled(p, plus(-q * q, v1, v3)));
    return [add(even, odd), sub(even, odd)];
  };
  const end = (x: Value, y: Value, z: Value): Value => add(x, plus(-(near * near + far * far), y, z));
  return [end(v0, v2, v4), ...pair(near, far), ...pair(far, near), end(v1, v3, v5)];
};

/** Aᵀ times a column of m + 2 products. */
export const outputLine = (emit: Emitter, size: WinogradSize, line: Line): Line => {
  const [v0, v1, v2, v3] = line as readonly [Value, Value, Value, Value];
  if (size === 2) return [add(add(v0, v1), v2), add(sub(v1, v2), v3)];
  const [v4, v5] = line.slice(4) as [Value, Value];
  const [s1, d1] = [emit.name("s1", add(v1, v2)), emit.name("d1", sub(v1, v2))];
  const [s2, d2] = [emit.name("s2", add(v3, v4)), emit.name("d2", sub(v3, v4))];
  return [
    add(add(v0, s1), s2),
    plus(far, d2, scaled(near, d1)),
    plus(far ** 2, s2, scaled(near ** 2, s1)),
    plus(far ** 3, d2, plus(near ** 3, d1, v5)),
  ];
};

/** The rows of G: [1 p p²] / Π (p − other points), and [0 0 1] for ∞; in the sign that `inputLine` takes for F(2). */
const weightRows = (size: WinogradSize): readonly (readonly [number, number, number])[] => {
  const points = size === 2 ? [0, 1, -1] : [0, near, -near, far, -far];
  const rows = points.map((p): readonly [number, number, number] => {
    const scale = points.reduce((product, other) => (other === p ? product : product * (p - other)), 1);
    return [1 / scale, p / scale, (p * p) / scale];
  });
  return [...rows, [0, 0, 1]];
};

/** G times a column of three weights. */
export const weightLine = (emit: Emitter, size: WinogradSize, line: Line): Line => {
  const [g0, g1, g2] = line as readonly [Value, Value, Value];
  return weightRows(size).map(([x, y, z]) => {
    if (x === 0) return scaled(z, g2);
    return emit.name("u", plus(z, g2, plus(y, g1, scaled(x, g0))));
  });
};

/** A transform of columns, then of rows. `from` reads an element, `to` takes one, `keep` may hold what is between the two. */
export const transformPlane = (
  emit: Emitter,
  line: (emit: Emitter, line: Line) => Line,
  taps: number,
  from: (row: number, column: number) => Value,
  to: (row: number, column: number, value: Value) => void,
  keep: (row: number, column: number, value: Value) => () => Value,
): void => {
  const indices = Array.from({ length: taps }, (_, i) => i);
  const between = indices.map((column) =>
    line(
      emit,
      indices.map((row) => emit.name("d", from(row, column))),
    ).map((value, row) => keep(row, column, value)),
  );
  const rows = (between[0] as (() => Value)[]).length;
  for (let row = 0; row < rows; row++) {
    const values = between.map((column) => emit.name("e", (column[row] as () => Value)()));
    for (const [column, value] of line(emit, values).entries()) to(row, column, value);
  }
};
