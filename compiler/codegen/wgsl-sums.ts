/**
 * Sums that are taken apart again: (a + b) − b finds what rounding a + b lost, as `log1p` does. WGSL lets a device compute
 * as if there were no rounding, and then nothing is lost: such a sum is hidden from it.
 */

import { sameIndex } from "../kernel/index-expression.ts";
import type { Local, Value } from "../kernel/kernel.ts";

/** What locals that do not change are bound to. */
export type Definitions = ReadonlyMap<Local, Value>;

const resolve = (value: Value, definitions: Definitions): Value => {
  if (value.kind === "local") {
    const definition = definitions.get(value);
    return definition === undefined ? value : resolve(definition, definitions);
  }
  return value.kind === "splat" || value.kind === "lane" ? resolve(value.value, definitions) : value;
};

const isSum = (value: Value): value is Extract<Value, { readonly kind: "op" }> =>
  value.kind === "op" && value.type.scalar === "f32" && (value.op === "add" || value.op === "sub");

/** Constants are alike: their difference is known. */
const isSameTerm = (a: Value, b: Value): boolean =>
  a === b ||
  (a.kind === "constant" && b.kind === "constant") ||
  (a.kind === "load" && b.kind === "load" && a.buffer === b.buffer && sameIndex(a.index, b.index));

/** For each operand of an operation, whether it is a sum of which another operand is a term. */
export const sumsTakenApart = (value: Value, definitions: Definitions): readonly boolean[] => {
  if (!isSum(value)) return [];
  const args = value.args.map((arg) => resolve(arg, definitions));
  return args.map(
    (arg, i) =>
      isSum(arg) &&
      arg.args.some((term) => args.some((other, k) => k !== i && isSameTerm(resolve(term, definitions), other))),
  );
};
