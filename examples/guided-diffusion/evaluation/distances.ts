/** Squared distances as a program: for sets so large that the processor alone would take long. */

import { map, matmul, permute, reshape, sum, type Tensor } from "typegrad";
import { loadCompiled, type Target } from "../plans/load-compiled.ts";
import type { Features } from "./features.ts";
import type { Distances } from "./precision-recall.ts";

/** ‖a‖² + ‖b‖² − 2 a·b between the rows of a and those of b. */
export const pairDistances = <M extends number, N extends number, K extends number>(
  a: Tensor<[M, K]>,
  b: Tensor<[N, K]>,
): Tensor<[M, N]> => {
  const own = sum(
    map(a, (x) => x * x),
    1,
    { keepDims: true },
  );
  const others: Tensor<[1, N]> = reshape(
    sum(
      map(b, (x) => x * x),
      1,
    ),
    [1, b.shape[0]],
  );
  return map(matmul(a, permute(b, [1, 0])), own, others, (product, a, b) => Math.max(0, a + b - 2 * product));
};

/**
 * Distances on a device in f32, in blocks of `block` rows a side; give `precisionRecall` the same `block`.
 * @throws CompileError, DeviceError
 */
export const openDistances = async (
  width: number,
  { block = 1024, ...target }: Target & { readonly block?: number },
): Promise<Distances> => {
  const dims = { M: block, N: block, K: width };
  const loaded = await loadCompiled(pairDistances, { source: new URL(import.meta.url), dims }, target);
  /** With zeros for the rows that a last block does not have. */
  const filled = ({ shape: [rows], data }: Features) => {
    if (rows > block) throw new RangeError(`openDistances: ${rows} rows, and it was opened for blocks of ${block}`);
    const all = new Float32Array(block * width);
    all.set(data);
    return { dtype: "f32", shape: [block, width], data: all } as const;
  };
  return async (a, b) => {
    const result = await loaded(filled(a) as never, filled(b) as never);
    const { data } = await result.read();
    result.dispose();
    const [rows, columns] = [a.shape[0], b.shape[0]];
    const found = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++)
      found.set((data as Float32Array).subarray(i * block, i * block + columns), i * columns);
    return found;
  };
};
