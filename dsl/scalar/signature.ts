/** Which types a scalar function takes, and the type that it gives. The number of arguments is the record's arity. */

import type { ScalarType } from "./expression.ts";

type Signature = (types: readonly ScalarType[]) => ScalarType | undefined;

const alike = (types: readonly ScalarType[]): boolean => types.every((type) => type === types[0]);
const isInteger = (type: ScalarType | undefined): boolean => type === "i32" || type === "u32";

/** f32, … → f32 */
export const floats: Signature = (types) => (types.every((type) => type === "f32") ? "f32" : undefined);

/** T, … → T, for f32, i32 and u32 */
export const numerics: Signature = (types) => (alike(types) && types[0] !== "bool" ? types[0] : undefined);

/** T, … → T, for i32 and u32 */
export const integers: Signature = (types) => (alike(types) && isInteger(types[0]) ? types[0] : undefined);

/** T, … → T, for bool, i32 and u32 */
export const bits: Signature = (types) => (alike(types) && types[0] !== "f32" ? types[0] : undefined);

/** T, T → bool, for all types */
export const equality: Signature = (types) => (alike(types) ? "bool" : undefined);

/** T, T → bool, for f32, i32 and u32 */
export const order: Signature = (types) => (alike(types) && types[0] !== "bool" ? "bool" : undefined);

/** The types that are named, in order → `result` */
export const only =
  (expected: readonly ScalarType[], result: ScalarType): Signature =>
  (types) =>
    types.every((type, i) => type === expected[i]) ? result : undefined;

/** Any type → `result` */
export const anyTo =
  (result: ScalarType): Signature =>
  () =>
    result;

/** bool, T, T → T */
export const choice: Signature = ([condition, a, b]) => (condition === "bool" && a === b ? a : undefined);
