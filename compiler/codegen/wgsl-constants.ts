/** Constants in WGSL, and names of types. */

import type { Scalar, ValueType } from "../kernel/kernel.ts";
import { call, unary, type WgslText, word } from "./wgsl-text.ts";

const vectors: Record<Scalar, string> = { f32: "vec4f", i32: "vec4i", u32: "vec4u", bool: "vec4<bool>" };

/** The type that values are computed with. */
export const wgslTypeOf = ({ scalar, lanes }: ValueType): string => (lanes === 1 ? scalar : vectors[scalar]);

const largest = (2 - 2 ** -23) * 2 ** 127;

/** The shortest decimal that rounds to this f32. */
const decimal = (value: number): string => {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value && Math.abs(text) <= largest) return String(text);
  }
  return String(value);
};

const words = new DataView(new ArrayBuffer(4));

/** `bits` gives the f32 with a pattern of bits that WGSL has no literal for: infinities and NaN. */
const number = (value: number | boolean, scalar: Scalar, bits: (pattern: number) => WgslText): WgslText => {
  const literal = (text: string): WgslText => ({ ...word(text), level: text.startsWith("-") ? unary : 0 });
  switch (scalar) {
    case "bool":
      return word(String(Boolean(value)));
    case "u32":
      return word(`${Number(value) >>> 0}u`);
    case "i32": {
      const integer = Number(value) | 0;
      // 2147483648 alone is no i32.
      return integer === -2147483648 ? word("i32(-2147483648)") : literal(`${integer}i`);
    }
    case "f32": {
      const rounded = Math.fround(Number(value));
      if (!Number.isFinite(rounded)) {
        words.setFloat32(0, rounded);
        return bits(words.getUint32(0));
      }
      const text = Object.is(rounded, -0) ? "-0" : decimal(rounded);
      return literal(`${/[.e]/.test(text) ? text : `${text}.0`}f`);
    }
  }
};

export const printConstant = (
  value: number | boolean,
  type: ValueType,
  bits: (pattern: number) => WgslText,
): WgslText => {
  const single = number(value, type.scalar, bits);
  return type.lanes === 1 ? single : call(wgslTypeOf(type), single);
};
