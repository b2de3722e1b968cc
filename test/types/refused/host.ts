/** Refused by the checker, and when it runs with the same text. */

import { tensor } from "../../../dsl/host.ts";
import { full, iota, ones, zeros } from "../../../dsl/ops/make.ts";

// @ts-expect-error
export const raggedRows = () => tensor([[1, 2], [3]]);
export const raggedDeep = () =>
  // @ts-expect-error
  tensor([
    [[1], [2]],
    [[3], [4, 5]],
  ]);
// @ts-expect-error
export const raggedValue = () => tensor([[1, 2], 3]);
// @ts-expect-error
export const raggedBooleans = () => tensor([[true], [true, false]], "bool");
// @ts-expect-error
export const negativeZeros = () => zeros([2, -1]);
// @ts-expect-error
export const fractionalOnes = () => ones([1.5]);
// @ts-expect-error
export const negativeFull = () => full([-3], 0);
// @ts-expect-error
export const negativeIota = () => iota(-1);
// @ts-expect-error
export const fractionalIota = () => iota(2.5, "f32");
// @ts-expect-error
export const numbersAsBool = () => tensor([[1, 0]], "bool");
// @ts-expect-error
export const booleansAsNumbers = () => tensor([true, false], "f32");
