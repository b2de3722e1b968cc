/** Pieces of WebAssembly text, with arithmetic on numbers done at once. */

/** An i32: a number that is known, or text. */
export type I32 = number | string;

export const get = (name: string): string => `(local.get $${name})`;
export const set = (name: string, value: I32): string => `(local.set $${name} ${i32(value)})`;
export const tee = (name: string, value: I32): string => `(local.tee $${name} ${i32(value)})`;

export const i32 = (value: I32): string => (typeof value === "number" ? `(i32.const ${value | 0})` : value);

export const add = (a: I32, b: I32): I32 => {
  if (typeof a === "number" && typeof b === "number") return (a + b) | 0;
  if (a === 0) return b;
  if (b === 0) return a;
  if (typeof b === "number" && b < 0) return `(i32.sub ${i32(a)} ${i32(-b)})`;
  return `(i32.add ${i32(a)} ${i32(b)})`;
};

export const sub = (a: I32, b: I32): I32 => {
  if (typeof b === "number") return add(a, -b);
  return `(i32.sub ${i32(a)} ${b})`;
};

const shiftOf = (by: number): number => (by > 0 && Number.isInteger(Math.log2(by)) ? Math.log2(by) : -1);

export const times = (a: I32, by: number): I32 => {
  if (typeof a === "number") return Math.imul(a, by);
  if (by === 1) return a;
  if (by === 0) return 0;
  const shift = shiftOf(by);
  return shift > 0 ? `(i32.shl ${a} (i32.const ${shift}))` : `(i32.mul ${a} (i32.const ${by}))`;
};

/** ⌊a / by⌋ of a number that is not negative. */
export const quotientOf = (a: I32, by: number): I32 => {
  if (typeof a === "number") return Math.floor(a / by);
  const shift = shiftOf(by);
  if (shift === 0) return a;
  return shift > 0 ? `(i32.shr_u ${a} (i32.const ${shift}))` : `(i32.div_u ${a} (i32.const ${by}))`;
};

/** a mod by of a number that is not negative. */
export const remainderOf = (a: I32, by: number): I32 => {
  if (typeof a === "number") return a % by;
  return shiftOf(by) >= 0 ? `(i32.and ${a} (i32.const ${by - 1}))` : `(i32.rem_u ${a} (i32.const ${by}))`;
};

export const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
