/** IEEE 754 binary16, for f16 storage: this Node has no Float16Array. */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

const f64 = new Float64Array(1);
const words = new Uint32Array(f64.buffer);

/** ⌊log₂ |value|⌋ of a normal number, from its exponent bits (little-endian, as every engine is). */
const exponentOf = (value: number): number => {
  f64[0] = value;
  return (((words[1] as number) >>> 20) & 2047) - 1023;
};

/** The nearest half to a number, ties to even, as a number. */
export const roundToHalf = (value: number): number => {
  if (!Number.isFinite(value) || value === 0) return value;
  const magnitude = Math.abs(value);
  // Spacing of halves at this magnitude: 2^(e - 10), and 2^-24 below the smallest normal half.
  const step = 2 ** (Math.max(exponentOf(magnitude), -14) - 10);
  const quotient = magnitude / step;
  const below = Math.floor(quotient);
  const rest = quotient - below;
  const half = (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below) * step;
  return Math.sign(value) * (half > 65504 ? Infinity : half);
};

/** Number of 16 bits → number. */
export const halfToNumber = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
};

/** Number → 16 bits, ties to even. */
export const numberToHalf = (value: number): number => {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const half = Math.abs(roundToHalf(value));
  if (half === Infinity) return sign | 0x7c00;
  if (half < 2 ** -14) return sign | Math.round(half * 2 ** 24);
  f32[0] = half;
  const bits = u32[0] as number;
  return sign | (((bits >>> 23) - 112) << 10) | ((bits >>> 13) & 1023);
};

/** 16 bits of a bfloat16 → number: the upper half of an f32. */
export const bfloatToNumber = (bits: number): number => {
  u32[0] = bits << 16;
  return f32[0] as number;
};
