/** IEEE 754 binary16 and bfloat16 by their bits: dtypes of files, and f16 as it is read back. */

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

export const halfToFloat = (bits: number): number => {
  const sign = (bits & 0x8000) << 16;
  const magnitude = bits & 0x7fff;
  // Exponent and fraction stand 13 places higher in f32, whose bias is 112 more: one product sets it right, subnormals too.
  word[0] = sign | (magnitude << 13);
  if (magnitude < 0x7c00) return (float[0] as number) * 2 ** 112;
  word[0] = sign | 0x7f800000 | (magnitude << 13);
  return float[0] as number;
};

/** The nearest half, ties to even. */
export const floatToHalf = (value: number): number => {
  float[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴ halves are 2⁻²⁴ apart, and so are floats from ½ on: adding ½ rounds.
    word[0] = magnitude;
    float[0] = (float[0] as number) + 0.5;
    return sign | ((word[0] as number) - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
};

export const bfloatToFloat = (bits: number): number => {
  word[0] = bits << 16;
  return float[0] as number;
};
