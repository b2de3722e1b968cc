/** Arguments that show in documents what a scalar function does. */

import type { ScalarType, Value } from "./expression.ts";
import type { ScalarRecord } from "./function.ts";

/** The types of a call: one for all arguments where the function takes that, floats before booleans before integers. */
export const exampleTypes = ({ name, arity, signature }: ScalarRecord): readonly ScalarType[] => {
  const alike = (["f32", "bool", "i32", "u32"] as const).map((type) => new Array<ScalarType>(arity).fill(type));
  const types = [...alike, ["bool", "f32", "f32"] as const].find((types) => signature(types) !== undefined);
  if (types === undefined) throw new TypeError(`internal: no types for an example of scalar ${name}`);
  return types;
};

/** A number at a share of an argument's domain, in two digits; of booleans, true above a half. */
export const exampleAt = (record: ScalarRecord, argument: number, share: number): Value => {
  const [low, high] = record.domain[argument] ?? [0, 1];
  const type = exampleTypes(record)[argument];
  const value = low + (high - low) * share;
  if (type === "bool") return share > 0.5;
  return type === "f32" ? Number(value.toPrecision(2)) : Math.round(value);
};
