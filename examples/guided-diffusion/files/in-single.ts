/** Weights as f32, which networks compute in whatever their files hold. */

import { type Host, tensor, toHost } from "typegrad";
import type { TensorFile } from "./tensor-file.ts";

/** Elements of f16 and bf16 as f32. */
export const inSingle = (host: Host): Host => {
  if (host.dtype === "f32") return host;
  const values = toHost(tensor(host as Host<number[]>, "f32"));
  return { dtype: "f32", shape: host.shape, data: values.data } as Host;
};

/** A file whose tensors are read as f32. */
export const singles = <F extends TensorFile>(file: F): F => ({
  ...file,
  entries: new Map([...file.entries].map(([name, { shape }]) => [name, { dtype: "f32" as const, shape }])),
  read: async (name: string) => inSingle(await file.read(name)),
});
