/** Golden cases that are not run yet, each with the op of ours that they wait for: where it is there, the suite asks for an adapter. */

const waiting: Readonly<Record<string, readonly string[]>> = {
  convTranspose: ["conv_transpose2d/4x4-stride2-pad1", "conv_transpose2d/3x3-stride2-pad1-outpad1"],
  padReflect: ["pad/reflect"],
  padReplicate: ["pad/replicate"],
  tril: ["tril/basic"],
};

/** Case → the op that it waits for. */
export const later: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(waiting).flatMap(([op, names]) => names.map((name) => [name, op])),
);

/** Cases of what the language leaves out, each with the reason. */
export const outside: Readonly<Record<string, string>> = {
  "cast/bf16": "bf16 is a dtype of files, not of tensors",
};
