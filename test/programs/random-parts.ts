/** What random numbers are made of, on given numbers: words of blocks of Threefry, and the inverse of the error function. */

import { map, type Tensor } from "typegrad";
import { erfInvSingle } from "../../dsl/random/erf-inv.ts";
import { threefry2x32 } from "../../dsl/random/threefry.ts";

type Words = Tensor<[16], "u32">;

export const randomParts = (
  settings: { readonly words: readonly (0 | 1)[] },
  inputs: { readonly k0: Words; readonly k1: Words; readonly c0: Words; readonly c1: Words; readonly x: Tensor<[45]> },
): { readonly words: readonly Words[]; readonly inverses: Tensor<[45]> } => ({
  words: settings.words.map((word) =>
    map(inputs.k0, inputs.k1, inputs.c0, inputs.c1, (k0, k1, c0, c1) => threefry2x32(k0, k1, c0, c1)[word]),
  ),
  inverses: map(inputs.x, (x) => erfInvSingle(x)),
});
