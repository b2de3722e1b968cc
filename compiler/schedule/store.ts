/** Stores of one value, or of four: side by side, or each at its own place. */

import type { Emitter } from "../kernel/emit.ts";
import {
  coefficientOf,
  dependsOn,
  type Index,
  type IndexVariable,
  indexOf,
  substituteIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Value } from "../kernel/kernel.ts";
import { laneOf } from "../kernel/values.ts";

export const storeLanes = (
  emit: Emitter,
  buffer: Buffer,
  address: Index,
  value: Value,
  lane: IndexVariable | undefined,
): void => {
  const at = (number: number): Index =>
    substituteIndex(address, (variable) => (variable === lane ? indexOf(number) : undefined));
  if (lane === undefined || !dependsOn(address, lane)) {
    emit.store(buffer, lane === undefined ? address : at(0), laneOf(value, 0));
    return;
  }
  if (coefficientOf(address, lane) === 1) {
    emit.store(buffer, at(0), value);
    return;
  }
  const named = emit.name("value", value);
  for (const number of [0, 1, 2, 3] as const) emit.store(buffer, at(number), laneOf(named, number));
};
