/** Arguments that show in documents what a scalar function does. */

import type { ScalarType, Value } from "./expression.ts";
import type { ScalarRecord } from "./function.ts";

/** The types of a call: floats where the function takes them, else booleans, else integers. */
export const exampleTypes = ({ name, arity, signature }: ScalarRecord): readonly ScalarType[] => {
  const alike = (type: ScalarType): readonly ScalarType[] => new Array<ScalarType>(arity).fill(type);
  const choices = [alike("f32"), ["bool", "f32", "f32"] as const, ...(["bool", "i32", "u32"] as const).map(alike)];
  const types = choices.find((types) => types.length === arity && signature(types) !== undefined);
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
