/** The tensors of a tree as the parameters of a program. */

import type { AnyTensor } from "../../dsl/tensor.ts";
import type { Variable } from "../ir/program.ts";

/** A variable for each leaf, named by its path. */
export const variablesOf = (tensors: readonly { readonly path: string; readonly tensor: AnyTensor }[]): Variable[] =>
  tensors.map(({ path, tensor: { shape, dtype } }) => ({
    kind: "variable",
    type: { shape, dtype },
    ...(path !== "(root)" && { name: path }),
  }));
