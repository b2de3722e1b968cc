/** The embedding layer: a row of a table for each index. */

import type { Float, Int } from "../dtype.ts";
import { embedding as embeddingOp } from "../ops.ts";
import { type Key, normal } from "../random/index.ts";
import type { Shape } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";

/** A table of N rows of C features. */
export interface EmbeddingParams<in out N extends number, in out C extends number, in out D extends Float = "f32"> {
  readonly weight: Tensor<[N, C], D>;
}

/**
 * A table of standard normal numbers, as PyTorch draws it.
 * @example nn.initEmbedding(random.key(0), 2, 3)
 * @throws ShapeError
 */
export const initEmbedding = <const N extends number, const C extends number>(
  key: Key,
  rows: N,
  columns: C,
): EmbeddingParams<N, C> => ({ weight: normal(key, [rows, columns]) });

/**
 * The rows that the indices name.
 *
 * Shapes: indices S → [...S, C].
 * @example nn.embedding({ weight: tensor([[1, 2], [3, 4]]) }, tensor([1, 0, 1], "i32"))
 * @throws ShapeError, and RangeError for an index outside the table.
 */
export const embedding = <S extends Shape, N extends number, C extends number, D extends Float>(
  { weight }: EmbeddingParams<N, C, D>,
  indices: In<S, Int>,
): Tensor<[...S, C], D> => embeddingOp(weight, indices);
