/** Arrays and archives of arrays that `numpy.load` reads. */

import type { Host } from "typegrad";
import { bytesOfHost } from "./elements.ts";
import { npyHeader } from "./npy-header.ts";
import { join } from "./part.ts";
import { bytesOfEntry, type TensorFile } from "./tensor-file.ts";
import { zipChunks } from "./zip-writer.ts";

/**
 * The bytes of a file of one array, `.npy`.
 * @throws DTypeError for bf16, which NumPy does not have
 */
export const writeNpy = (array: Host): Uint8Array => join(npyHeader(array.dtype, array.shape), bytesOfHost(array));

/**
 * The bytes of an archive, `.npz`, in order; an array is read when it is due. `arr_0` and `arr_1` are the names that
 * `numpy.savez` gives to arrays without one.
 * @throws DTypeError for bf16, which NumPy does not have; ShapeError for data that is not what its entry says
 */
export async function* npzChunks(
  file: TensorFile,
  options: { readonly deflate?: boolean } = {},
): AsyncGenerator<Uint8Array> {
  const entries = [...file.entries].map(([name, { dtype, shape }]) => {
    const header = npyHeader(dtype, shape);
    return { name: `${name}.npy`, data: async () => join(header, await bytesOfEntry(file, name)) };
  });
  yield* zipChunks(entries, options);
}
