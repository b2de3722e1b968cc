/** The numbers that a row runs on: the same in every process. */

import type { Spec } from "../../compiler/frontend/entry.ts";
import type { Dense, TensorType } from "../../dsl/primitive.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { Row } from "./rows.ts";

export type Arguments = Dense | readonly Arguments[] | { readonly [key: string]: Arguments };

/** A generator of small state (xorshift32); its quality does not matter here. */
const generator = (seed: number): (() => number) => {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

/** Weights are scaled by what they are summed over, so that numbers stay near 1 through a network; scales lie around 1. */
const valuesOf = (path: string, { shape, dtype }: TensorType): Dense => {
  const next = generator([...path].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7));
  const size = sizeOf(shape);
  if (dtype === "i32") {
    // Timesteps up to 1000, labels up to 10.
    const [step, limit] = path === "t" ? [37, 1000] : [1, 10];
    return { shape, dtype, data: Int32Array.from({ length: size }, (_, i) => (i * step) % limit) };
  }
  const isWeight = /weight$/.test(path) && shape.length > 1;
  const spread = isWeight ? Math.sqrt(3 / sizeOf(shape.slice(1))) : /bias$/.test(path) ? 0.1 : Math.sqrt(3);
  const centre = /(weight|scale)$/.test(path) && shape.length === 1 ? 1 : 0;
  const width = centre === 1 ? 0.1 : spread;
  return { shape, dtype, data: Float32Array.from({ length: size }, () => centre + width * (2 * next() - 1)) };
};

// The compiler's own test would bring the compiler along, where there are plans alone.
const isTensorType = (spec: Spec): spec is TensorType => Array.isArray((spec as TensorType).shape);

const build = (path: string, spec: Spec): Arguments =>
  isTensorType(spec)
    ? valuesOf(path, spec)
    : Object.fromEntries(
        Object.entries(spec).map(([key, child]) => [key, build(path ? `${path}.${key}` : key, child as Spec)]),
      );

export const argumentsOf = (row: Row): Readonly<Record<string, Arguments>> =>
  build("", row.specs) as Readonly<Record<string, Arguments>>;
