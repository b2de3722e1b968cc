/**
 * Between which numbers an f32 lies, where constants bound it: so that a conversion to an integer need not saturate.
 * What is clamped counts as bounded though it may be NaN, of which WebGPU says nothing.
 */

import type { Local, Value } from "../kernel/kernel.ts";

export type Range = readonly [low: number, high: number];

const anything: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

const rounding: Readonly<Record<string, (x: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  nearest: Math.round,
};

const isBounded = ([low, high]: Range): boolean => Number.isFinite(low) && Number.isFinite(high);

export const rangeOf = (value: Value, known: ReadonlyMap<Local, Range>): Range => {
  switch (value.kind) {
    case "constant":
      return typeof value.value === "number" ? [value.value, value.value] : anything;
    case "local":
      return known.get(value) ?? anything;
    case "splat":
    case "lane":
      return rangeOf(value.value, known);
    case "op": {
      const [a = anything, b = anything] = value.args.map((arg) => rangeOf(arg, known));
      const round = rounding[value.op];
      if (round !== undefined) return [round(a[0]), round(a[1])];
      switch (value.op) {
        case "min":
          return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
        case "max":
          return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
        case "neg":
          return [-a[1], -a[0]];
        case "mul": {
          if (!isBounded(a) || !isBounded(b)) return anything;
          const corners = a.flatMap((x) => b.map((y) => x * y));
          return [Math.min(...corners), Math.max(...corners)];
        }
        default:
          return anything;
      }
    }
    default:
      return anything;
  }
};
