/** Refused by the checker, and when it runs with the same text. */

import * as random from "../../../dsl/random/index.ts";

const key = random.key(0);

export const negativeBits = () =>
  // @ts-expect-error
  random.bits(key, [-1]);
export const fractionalUniform = () =>
  // @ts-expect-error
  random.uniform(key, [2, 0.5]);
export const negativeNormal = () =>
  // @ts-expect-error
  random.normal(key, [3, -2]);
export const negativeSplit = () =>
  // @ts-expect-error
  random.split(key, [-2]);
export const noSplit = () =>
  // @ts-expect-error
  random.split(key, 0);
