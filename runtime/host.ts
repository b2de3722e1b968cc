/**
 * Elements between host data `{ dtype, shape, data }` and memory of devices, where each has four bytes: f32 (f16 too, rounded),
 * i32, u32, and bool as 0 or 1.
 */

import type { DType } from "../dsl/dtype.ts";
import type { Host, HostDType } from "../dsl/host.ts";
import { ArgumentError } from "./errors.ts";
import { bfloatToFloat, floatToHalf, halfToFloat } from "./half.ts";

export const dtypes: readonly DType[] = ["f32", "f16", "i32", "u32", "bool"];

/** `f32[2, 3]`. */
export const describe = (dtype: string, shape: readonly number[]): string => `${dtype}[${shape.join(", ")}]`;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

interface Format {
  /** The dtype that a tensor of such data has where nothing says otherwise. */
  readonly narrowed: DType;
  readonly array: string;
  readonly decode?: (bits: number) => number;
}

const formats: Readonly<Record<HostDType, Format>> = {
  f64: { narrowed: "f32", array: "Float64Array" },
  f32: { narrowed: "f32", array: "Float32Array" },
  f16: { narrowed: "f16", array: "Uint16Array", decode: halfToFloat },
  bf16: { narrowed: "f32", array: "Uint16Array", decode: bfloatToFloat },
  i64: { narrowed: "i32", array: "BigInt64Array" },
  i32: { narrowed: "i32", array: "Int32Array" },
  i16: { narrowed: "i32", array: "Int16Array" },
  i8: { narrowed: "i32", array: "Int8Array" },
  u64: { narrowed: "u32", array: "BigUint64Array" },
  u32: { narrowed: "u32", array: "Uint32Array" },
  u16: { narrowed: "u32", array: "Uint16Array" },
  u8: { narrowed: "u32", array: "Uint8Array" },
  bool: { narrowed: "bool", array: "Uint8Array" },
};

const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f16";

export const isHost = (value: unknown): value is Host => {
  if (typeof value !== "object" || value === null) return false;
  const { dtype, shape, data } = value as Partial<Host>;
  return typeof dtype === "string" && Array.isArray(shape) && ArrayBuffer.isView(data);
};

export const narrowedDType = (host: Host): DType => formats[host.dtype]?.narrowed ?? "f32";

/** @throws ArgumentError unless dtype, shape and data belong together; `name` is what they are for */
export const checkHost = (name: string, { dtype, shape, data }: Host): void => {
  const format: Format | undefined = Object.hasOwn(formats, dtype) ? formats[dtype] : undefined;
  if (format === undefined)
    throw new ArgumentError(`${name}: ${dtype} is no dtype of host data; they are ${Object.keys(formats).join(", ")}`);
  const kind = Object.prototype.toString.call(data).slice(8, -1).replace("Clamped", "");
  if (kind !== format.array)
    throw new ArgumentError(`${name}: host data of dtype ${dtype} is ${kind}, and must be ${format.array}`);
  if (!shape.every((dim: unknown) => Number.isSafeInteger(dim) && (dim as number) >= 0))
    throw new ArgumentError(`${name}: [${shape.join(", ")}] is no shape; dims are whole numbers from 0 up`);
  if (data.length !== sizeOf(shape))
    throw new ArgumentError(
      `${name}: the data has ${data.length} elements, and ${describe(dtype, shape)} has ${sizeOf(shape)}`,
    );
};

/** Whether host data of a dtype may become a tensor of another: floats round, integers must fit, nothing else changes. */
const converts = (from: HostDType, to: DType): boolean => {
  const { narrowed } = formats[from];
  return isFloat(to) ? isFloat(narrowed) : narrowed === to;
};

/**
 * Host data as bytes of a device; where elements are the same, they are those of the data itself and not a copy.
 * @throws ArgumentError where the dtype does not convert, or an integer does not fit
 */
export const encodeHost = (name: string, host: Host, dtype: DType): Uint8Array => {
  const { data } = host;
  if (!converts(host.dtype, dtype)) {
    const { narrowed } = formats[host.dtype];
    throw new ArgumentError(
      `${name}: the data is ${host.dtype}, which makes ${narrowed}, and the parameter is ${dtype}; convert it to ${dtype}`,
    );
  }
  if (host.dtype === dtype && dtype !== "f16" && dtype !== "bool")
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const { decode } = formats[host.dtype];
  if (isFloat(dtype)) {
    const floats = new Float32Array(data.length);
    if (decode === undefined) floats.set(data as Float32Array | Float64Array);
    else for (let i = 0; i < floats.length; i++) floats[i] = decode(data[i] as number);
    if (dtype === "f16" && host.dtype !== "f16")
      for (let i = 0; i < floats.length; i++) floats[i] = halfToFloat(floatToHalf(floats[i] as number));
    return new Uint8Array(floats.buffer);
  }
  const integers = dtype === "i32" ? new Int32Array(data.length) : new Uint32Array(data.length);
  for (let i = 0; i < integers.length; i++) {
    const value = Number(data[i]);
    integers[i] = dtype === "bool" ? (value === 0 ? 0 : 1) : value;
    if (dtype !== "bool" && integers[i] !== value)
      throw new ArgumentError(`${name}: element ${i} is ${data[i]}, which ${dtype} does not hold`);
  }
  return new Uint8Array(integers.buffer);
};

/** A number or boolean as host data of rank 0. */
export const hostOfScalar = (name: string, value: number | boolean, dtype: DType): Host => {
  if (dtype === "bool") return { dtype, shape: [], data: Uint8Array.of(value ? 1 : 0) };
  if (isFloat(dtype)) return { dtype: "f64", shape: [], data: Float64Array.of(Number(value)) };
  const data = dtype === "i32" ? Int32Array.of(Number(value)) : Uint32Array.of(Number(value));
  if (data[0] !== value) throw new ArgumentError(`${name} is ${value}, which ${dtype} does not hold`);
  return { dtype, shape: [], data } as Host;
};

/** Bytes of a device, which this takes over, as host data. */
export const decodeHost = (
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DType,
  shape: readonly number[],
): Host<readonly number[], DType> => {
  const { buffer } = bytes;
  switch (dtype) {
    case "f32":
      return { dtype, shape, data: new Float32Array(buffer) };
    case "f16":
      return { dtype, shape, data: Uint16Array.from(new Float32Array(buffer), floatToHalf) };
    case "i32":
      return { dtype, shape, data: new Int32Array(buffer) };
    case "u32":
      return { dtype, shape, data: new Uint32Array(buffer) };
    case "bool":
      return { dtype, shape, data: Uint8Array.from(new Uint32Array(buffer)) };
  }
};
