/** Elements of each dtype as bytes, little-endian, and their order by strides. */

import { FormatError, type Host, type HostArrays, type HostDType } from "typegrad";

/** The array of each dtype on bytes in a buffer of their own. */
const arrays: { readonly [H in HostDType]: (buffer: ArrayBuffer) => HostArrays[H] } = {
  f64: (buffer) => new Float64Array(buffer),
  f32: (buffer) => new Float32Array(buffer),
  f16: (buffer) => new Uint16Array(buffer),
  bf16: (buffer) => new Uint16Array(buffer),
  i64: (buffer) => new BigInt64Array(buffer),
  i32: (buffer) => new Int32Array(buffer),
  i16: (buffer) => new Int16Array(buffer),
  i8: (buffer) => new Int8Array(buffer),
  u64: (buffer) => new BigUint64Array(buffer),
  u32: (buffer) => new Uint32Array(buffer),
  u16: (buffer) => new Uint16Array(buffer),
  u8: (buffer) => new Uint8Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

/** Bytes of one element. */
export const widthOf = (dtype: HostDType): number => arrays[dtype](new ArrayBuffer(0)).BYTES_PER_ELEMENT;

/** Elements of a shape. A product beyond 2⁵³ is not exact, and larger than any file. */
export const countOf = (shape: readonly number[]): number =>
  shape.includes(0) ? 0 : shape.reduce((count, dim) => count * dim, 1);

/** Strides, in elements, of a shape in row-major order. */
export const rowMajor = (shape: readonly number[]): number[] => {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * Math.max(shape[axis + 1] as number, 1);
  }
  return strides;
};

/** Whether strides are those of row-major order; the stride of an axis of one element is never used. */
const isRowMajor = (shape: readonly number[], strides: readonly number[]): boolean => {
  const expected = rowMajor(shape);
  return shape.every((dim, axis) => dim === 1 || strides[axis] === expected[axis]);
};

/** The elements at `Σ index · stride`, in row-major order of the index. */
const gather = <A extends HostArrays[HostDType]>(
  data: A,
  out: A,
  shape: readonly number[],
  strides: readonly number[],
): A => {
  const inner = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 0;
  const index = shape.slice(0, -1).map(() => 0);
  let start = 0;
  for (let at = 0; at < out.length; ) {
    for (let i = 0; i < inner; i++) out[at++] = data[start + i * step] as number & bigint;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      start += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      start -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
};

/** Host data of bytes, which this takes over: in row-major order, or in that of the strides. */
export const hostOfBytes = (
  bytes: Uint8Array<ArrayBuffer>,
  dtype: HostDType,
  shape: readonly number[],
  strides: readonly number[] = rowMajor(shape),
): Host => {
  const data = arrays[dtype](bytes.buffer);
  const count = countOf(shape);
  if (count === 0 || (isRowMajor(shape, strides) && data.length === count)) return { dtype, shape, data };
  return { dtype, shape, data: gather(data, arrays[dtype](new ArrayBuffer(count * widthOf(dtype))), shape, strides) };
};

/** The bytes of host data, which share its memory. */
export const bytesOfHost = ({ data }: Host): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Turns the bytes of each element around, in place. */
export const swapBytes = (bytes: Uint8Array, width: number): void => {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse();
};

/** @throws FormatError, beginning with `what`, for a byte that is neither 0 nor 1 */
export const checkBools = (bytes: Uint8Array, what: string): void => {
  const wrong = bytes.findIndex((byte) => byte > 1);
  if (wrong >= 0) throw new FormatError(`${what}: element ${wrong}, a bool, is ${bytes[wrong]}`);
};
