/** Rounding to f16, for tensors that are stored in it: to nearest, ties to even, as `dsl/half.ts` says of one number. */

import type { Emitter } from "../kernel/emit.ts";
import type { Value } from "../kernel/kernel.ts";
import { constantValue, operation, typeOf } from "../kernel/values.ts";

/** The f16 nearest to an f32, as an f32. */
export const roundToHalf = (emit: Emitter, value: Value): Value => {
  const { lanes } = value.type;
  const i32 = (n: number): Value => constantValue(n, typeOf("i32", lanes));
  const f32 = (n: number): Value => constantValue(n, typeOf("f32", lanes));
  const x = emit.name("x", value);
  const bits = emit.name("bits", operation("f32ToBits", x));
  const magnitude = emit.name("magnitude", operation("bitsToF32", operation("and", bits, i32(0x7fffffff))));
  const sign = operation("and", bits, i32(-0x80000000));
  const positive = emit.name("positive", operation("and", bits, i32(0x7fffffff)));
  // Normal halves keep 10 of 23 bits: half of the last kept one is added, less one where that one is even.
  const even = operation("and", operation("shrs", positive, i32(13)), i32(1));
  const kept = operation("and", operation("add", operation("add", positive, i32(0xfff)), even), i32(-0x2000));
  const normal = operation("bitsToF32", kept);
  // Below 2^-14 halves are 2^-24 apart, as f32 is from 1/2 on.
  const small = operation("sub", operation("add", magnitude, f32(0.5)), f32(0.5));
  const rounded = operation("select", operation("less", magnitude, f32(2 ** -14)), small, normal);
  const finite = operation(
    "select",
    operation("lessEqual", f32(65520), magnitude),
    f32(Number.POSITIVE_INFINITY),
    rounded,
  );
  const isNumber = operation("equal", x, x);
  const signed = operation("bitsToF32", operation("or", operation("f32ToBits", finite), sign));
  return emit.name("half", operation("select", isNumber, signed, x));
};
