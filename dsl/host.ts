/** Host data: elements outside of the language, in any dtype that files hold; `tensor` and `toHost` go in and out. */

import { type DType, DTypeError } from "./dtype.ts";
import { allocate, denseOf } from "./evaluate.ts";
import { bfloatToNumber, halfToNumber, numberToHalf } from "./half.ts";
import { apply } from "./interpreter.ts";
import { checkDType, type HostValue, narrow } from "./narrow.ts";
import {
  checkLeaves,
  type LeavesFit,
  type Nested,
  type NestedDType,
  type NestedShape,
  placeIn,
  type RowsFit,
  readNested,
} from "./nested.ts";
import { type Op, op } from "./op.ts";
import { constantPrimitive } from "./ops/make.ts";
import type { Elements } from "./primitive.ts";
import { checkShape, misfit, type Shape, show, sizeOf } from "./shape.ts";
import { type AnyTensor, type In, isTensor, type Tensor } from "./tensor.ts";
import { leavesOf, treeWith } from "./tree.ts";

/** The array of each dtype of host data. f16 and bf16 are kept as their bits, bool as 0 and 1. */
export interface HostArrays {
  readonly f64: Float64Array;
  readonly f32: Float32Array;
  readonly f16: Uint16Array;
  readonly bf16: Uint16Array;
  readonly i64: BigInt64Array;
  readonly i32: Int32Array;
  readonly i16: Int16Array;
  readonly i8: Int8Array;
  readonly u64: BigUint64Array;
  readonly u32: Uint32Array;
  readonly u16: Uint16Array;
  readonly u8: Uint8Array | Uint8ClampedArray;
  readonly bool: Uint8Array;
}

export type HostDType = keyof HostArrays;

/** Elements in row-major order. Data read from a file has a shape that the checker does not know. */
export interface Host<
  // biome-ignore lint/suspicious/noExplicitAny: host data of any shape
  out S extends readonly unknown[] = any,
  out H extends HostDType = HostDType,
> {
  readonly dtype: H;
  readonly shape: S;
  readonly data: HostArrays[H];
}

/** The dtype that a tensor of host data has if none is asked for: floats f32, but for f16; integers keep their sign. */
interface Narrowed {
  readonly f64: "f32";
  readonly f32: "f32";
  readonly f16: "f16";
  readonly bf16: "f32";
  readonly i64: "i32";
  readonly i32: "i32";
  readonly i16: "i32";
  readonly i8: "i32";
  readonly u64: "u32";
  readonly u32: "u32";
  readonly u16: "u32";
  readonly u8: "u32";
  readonly bool: "bool";
}

interface Format {
  readonly narrowed: DType;
  /** The names of the arrays that hold it: of several realms, and of `Buffer`, which is an Uint8Array. */
  readonly arrays: readonly string[];
  readonly decode?: (bits: number) => number;
}

const formats: { readonly [H in HostDType]: Format & { readonly narrowed: Narrowed[H] } } = {
  f64: { narrowed: "f32", arrays: ["Float64Array"] },
  f32: { narrowed: "f32", arrays: ["Float32Array"] },
  f16: { narrowed: "f16", arrays: ["Uint16Array"], decode: halfToNumber },
  bf16: { narrowed: "f32", arrays: ["Uint16Array"], decode: bfloatToNumber },
  i64: { narrowed: "i32", arrays: ["BigInt64Array"] },
  i32: { narrowed: "i32", arrays: ["Int32Array"] },
  i16: { narrowed: "i32", arrays: ["Int16Array"] },
  i8: { narrowed: "i32", arrays: ["Int8Array"] },
  u64: { narrowed: "u32", arrays: ["BigUint64Array"] },
  u32: { narrowed: "u32", arrays: ["Uint32Array"] },
  u16: { narrowed: "u32", arrays: ["Uint16Array"] },
  u8: { narrowed: "u32", arrays: ["Uint8Array", "Uint8ClampedArray"] },
  bool: { narrowed: "bool", arrays: ["Uint8Array"] },
};

/** Whether a value has the fields of host data. */
export const isHost = (value: unknown): value is Host => {
  if (typeof value !== "object" || value === null || isTensor(value)) return false;
  const { dtype, shape, data } = value as Partial<Host>;
  return typeof dtype === "string" && Array.isArray(shape) && ArrayBuffer.isView(data);
};

/** @throws ShapeError, DTypeError where dtype, shape and data do not belong together */
export const checkHost = (op: string, { dtype, shape, data }: Host): void => {
  if (!Object.hasOwn(formats, dtype)) {
    throw new DTypeError(`${op}: ${dtype} is no dtype of host data; they are ${Object.keys(formats).join(", ")}`);
  }
  const { arrays } = formats[dtype];
  const array = Object.prototype.toString.call(data).slice(8, -1);
  if (!arrays.includes(array)) {
    throw new DTypeError(`${op}: host data of dtype ${dtype} is ${array}, and must be ${arrays.join(" or ")}`);
  }
  checkShape(op, shape);
  if (data.length !== sizeOf(shape)) {
    misfit(`${op}: the data has ${data.length} elements, and ${show(shape)} has ${sizeOf(shape)}`);
  }
};

/** A copy of host data as elements of a tensor. */
const narrowHost = (host: Host, dtype: DType): Elements => {
  const { shape, data } = host;
  const { decode } = formats[host.dtype];
  // The same numbers in the same array need no look at each.
  const same = host.dtype === dtype && (dtype === "i32" || dtype === "u32" || dtype === "f32");
  if (same && data.constructor === allocate(dtype, 0).constructor) return data.slice() as Elements;
  const valueAt: (i: number) => HostValue =
    decode === undefined ? (i) => data[i] as number | bigint : (i) => decode(data[i] as number);
  return narrow("tensor", dtype, data.length, valueAt, (i) => placeIn(shape, i));
};

interface MakeTensor {
  <S extends Shape | [], H extends HostDType, D extends DType = Narrowed[H]>(host: Host<S, H>, dtype?: D): Tensor<S, D>;
  // Last: where no overload fits, the checker says why the last does not.
  <const V extends Nested<number> | Nested<boolean>, D extends DType = NestedDType<V, true>>(
    value: V & RowsFit<V>,
    dtype?: D & LeavesFit<V, D>,
  ): Tensor<NestedShape<V, true>, D>;
}

/**
 * A tensor of given elements: a number or boolean, nested arrays of them, or host data.
 *
 * `tensor([[1, 2], [3, 4]])` has the shape [2, 2]; numbers are f32 and booleans bool, if no dtype is given. Of host data
 * `{ dtype, shape, data }`, in any dtype that files hold, floats become f32 (f16 stays), signed integers i32 and unsigned
 * ones u32. Floats round to the nearest; no other value changes. The elements are copied.
 * @throws ShapeError for ragged arrays, and for data that has more or fewer elements than the shape;
 *   DTypeError for a value that the dtype cannot hold, with its place
 */
export const tensor: Op<MakeTensor> = op<MakeTensor>(
  {
    name: "tensor",
    kind: "make",
    law: "elements of S → S",
    formula: "the elements that are given",
    gradient: "none",
    example: "tensor([[1, 2], [3, 4]])",
    draw: (draw) => {
      const dtype = draw.oneOf(["f32", "f16", "i32", "u32", "bool"] as const);
      const leaf = (): number | boolean => {
        const integer = draw.integer(dtype === "u32" ? 0 : -9, 9);
        return dtype === "bool" ? integer > 0 : dtype === "f32" || dtype === "f16" ? integer / 4 : integer;
      };
      const nest = ([dim, ...rest]: readonly number[]): unknown =>
        dim === undefined ? leaf() : Array.from({ length: dim }, () => nest(rest));
      return [nest(draw.shape({ maxRank: 3, minDim: 1 })), dtype];
    },
  },
  ((value: unknown, wanted?: DType): AnyTensor => {
    if (wanted !== undefined) checkDType("tensor", wanted);
    if (isHost(value)) {
      checkHost("tensor", value);
      const dtype = wanted ?? formats[value.dtype].narrowed;
      return constant(value.shape, dtype, narrowHost(value, dtype));
    }
    const { shape, values } = readNested(value);
    const dtype = wanted ?? (typeof values[0] === "boolean" ? "bool" : "f32");
    checkLeaves(values, dtype);
    const elements = narrow(
      "tensor",
      dtype,
      values.length,
      (i) => values[i] as number | boolean,
      (i) => placeIn(shape, i),
    );
    return constant(shape, dtype, elements);
  }) as unknown as MakeTensor,
);

/** Recorded by whoever reads the program, as every op is. */
const constant = (shape: Shape, dtype: DType, data: Elements): AnyTensor =>
  apply(constantPrimitive, { shape: [...shape], dtype, data }, []);

/** The dtype of the host data of a tensor: f64 where `inPrecision("f64")` kept it so. */
interface Kept {
  readonly f32: "f32" | "f64";
  readonly f16: "f16" | "f64";
  readonly i32: "i32";
  readonly u32: "u32";
  readonly bool: "bool";
}

/** A tree of tensors as host data. */
export type HostTree<P> = [0] extends [1 & P]
  ? P
  : P extends In<infer S, infer D>
    ? Host<S, Kept[D]>
    : { readonly [K in keyof P]: HostTree<P[K]> };

interface ToHost {
  <S extends Shape, D extends DType>(tensor: In<S, D>): Host<S, Kept[D]>;
  <P>(tree: P): HostTree<P>;
}

/**
 * The elements of a tensor, or of each tensor of a tree, as host data: `{ dtype, shape, data }` with a copy of the
 * elements. The inverse of `tensor`. f16 gives its bits, as files have it; floats kept in f64 give f64.
 * @throws TypeError inside a transform, where a tensor has no elements yet
 */
export const toHost = ((tree: unknown): unknown =>
  treeWith(
    tree,
    leavesOf("toHost", tree).map(({ tensor }) => hostOf(tensor)),
  )) as ToHost;

const hostOf = (x: AnyTensor): Host => {
  const { shape, dtype, data } = denseOf("toHost", x);
  if (data instanceof Float64Array) return { dtype: "f64", shape, data: data.slice() };
  if (dtype === "f16") return { dtype, shape, data: Uint16Array.from(data, numberToHalf) };
  return { dtype, shape, data: data.slice() as HostArrays[typeof dtype] };
};
