/** Golden cases that are not run yet, each with the op of ours that they wait for: where it is there, the suite asks for an adapter. */

const waiting: Readonly<Record<string, readonly string[]>> = {
  layerNorm: ["layer_norm/last", "layer_norm/last-two"],
  batchNorm: ["batch_norm/eval"],
  logSumExp: ["logsumexp/axis0", "logsumexp/axis1", "logsumexp/axis2", "logsumexp/minus-infinity"],
  prod: ["prod/axis0", "prod/axis1", "prod/axis2", "prod/with-zero"],
  cumsum: ["cumsum/axis0", "cumsum/axis1", "cumsum/axis2"],
  cumprod: ["cumprod/axis0", "cumprod/axis1", "cumprod/axis2"],
  argmax: ["argmax/axis0", "argmax/axis1", "argmax/axis2", "argmax/ties", "max/ties-with-index"],
  argmin: ["argmin/axis0", "argmin/axis1", "argmin/axis2"],
  sort: ["sort/axis0", "sort/axis1", "sort/axis2"],
  argsort: ["argsort/axis0-descending", "argsort/axis1-descending", "argsort/axis2-descending", "argsort/ties-stable"],
  topK: ["topk/3"],
};

/** Case → the op that it waits for. */
export const later: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(waiting).flatMap(([op, names]) => names.map((name) => [name, op])),
);

/** Cases of what the language leaves out, each with the reason. */
export const outside: Readonly<Record<string, string>> = {
  "cast/bf16": "bf16 is a dtype of files, not of tensors",
};
