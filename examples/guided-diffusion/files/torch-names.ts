/** What a pickle of PyTorch may name: storages, the functions that make tensors of them, and ordered dicts. */

import { FormatError, type HostDType } from "typegrad";
import { countOf, widthOf } from "./elements.ts";
import { quote } from "./part.ts";
import { type Callable, isKey, isTuple, type Names } from "./pickle.ts";

/** A flat array of elements that lies elsewhere in the file. */
export interface Storage {
  readonly kind: "storage";
  /** None for one that tensors of any dtype stand on; its count is of bytes then. */
  readonly dtype: HostDType | undefined;
  readonly key: string;
  /** As the file must have under this key. */
  readonly count: number;
  /** The part of it that tensors may stand on. */
  readonly start: number;
  readonly end: number;
}

/** Elements of a storage in the order of strides. */
export interface TorchTensor {
  readonly kind: "tensor";
  readonly dtype: HostDType;
  readonly storage: Storage;
  /** In elements of the dtype, from the start of what the file has under the key. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface StorageClass {
  readonly kind: "storage class";
  readonly dtype: HostDType | undefined;
}

interface DTypeName {
  readonly kind: "dtype";
  readonly dtype: HostDType;
}

const kindOf = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null ? (value as { readonly kind?: string }).kind : undefined;

export const isTorchTensor = (value: unknown): value is TorchTensor => kindOf(value) === "tensor";
const isStorage = (value: unknown): value is Storage => kindOf(value) === "storage";

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: unknown): value is readonly number[] => isTuple(value) && value.every(isCount);

/** @throws FormatError where elements are outside of the storage */
const makeTensor = (
  storage: Storage,
  dtype: HostDType | undefined,
  [offset, shape, strides]: readonly unknown[],
): TorchTensor => {
  if (dtype === undefined) throw new FormatError("a tensor stands on a storage without a dtype");
  if (!isCount(offset) || !areCounts(shape) || !areCounts(strides) || shape.length !== strides.length) {
    const place = `offset ${quote(offset)}, shape ${quote(shape)} and strides ${quote(strides)}`;
    throw new FormatError(`a tensor has ${place}; they are whole numbers from 0 up, a stride for each dim`);
  }
  const { start, end } = storage;
  const room = Math.floor((end - start) / (storage.dtype === undefined ? widthOf(dtype) : 1));
  const last = shape.reduce((sum, dim, axis) => sum + (dim - 1) * (strides[axis] as number), offset);
  if (countOf(shape) > 0 && last >= room) {
    throw new FormatError(
      `a tensor of shape ${quote(shape)}, strides ${quote(strides)} and offset ${offset} reaches to element ${last} of a ` +
        `storage of ${room}`,
    );
  }
  return { kind: "tensor", dtype, storage, offset: start + offset, shape, strides };
};

const wrong = (name: string): never => {
  throw new FormatError(`${name} is called with other arguments than PyTorch writes`);
};

/** `(storage, offset, shape, strides, …)`, with `requires_grad` and hooks after it, which say nothing of the elements. */
const rebuildTensor: Callable = ([storage, ...place]) =>
  isStorage(storage) ? makeTensor(storage, storage.dtype, place) : wrong("_rebuild_tensor");

const rebuildTensorV2: Callable = (args) => {
  const [storage, offset, shape, strides, , , metadata] = args;
  // Such as "negative", where the elements are not those of the storage.
  if (metadata instanceof Map && metadata.size > 0) {
    throw new FormatError(`a tensor has the marks ${quote([...metadata.keys()])}, which cannot be read`);
  }
  return isStorage(storage)
    ? makeTensor(storage, storage.dtype, [offset, shape, strides])
    : wrong("_rebuild_tensor_v2");
};

/** As above, on a storage of bytes and with a dtype of its own. */
const rebuildTensorV3: Callable = (args) => {
  const [storage, offset, shape, strides, , , dtype] = args;
  if (!isStorage(storage) || kindOf(dtype) !== "dtype") return wrong("_rebuild_tensor_v3");
  return makeTensor(storage, (dtype as DTypeName).dtype, [offset, shape, strides]);
};

const rebuildParameter: Callable = ([tensor]) => (isTorchTensor(tensor) ? tensor : wrong("_rebuild_parameter"));

/** Empty, or from a list of pairs as Python 2 wrote it. */
const orderedDict: Callable = ([pairs = []]) => {
  const isPair = (pair: unknown): pair is [unknown, unknown] =>
    Array.isArray(pair) && pair.length === 2 && isKey(pair[0]);
  if (!Array.isArray(pairs) || !pairs.every(isPair)) return wrong("OrderedDict");
  return new Map(pairs);
};

const size: Callable = ([dims]) => (areCounts(dims) ? dims : wrong("torch.Size"));

const storageClass = (dtype: HostDType | undefined): StorageClass => ({ kind: "storage class", dtype });
const dtypeName = (dtype: HostDType): DTypeName => ({ kind: "dtype", dtype });

const globals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["collections.OrderedDict", orderedDict],
  ["torch._utils._rebuild_tensor_v2", rebuildTensorV2],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch.FloatStorage", storageClass("f32")],
  ["torch._utils._rebuild_parameter_with_state", rebuildParameter],
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v3", rebuildTensorV3],
  ["torch.DoubleStorage", storageClass("f64")],
  ["torch.HalfStorage", storageClass("f16")],
  ["torch.BFloat16Storage", storageClass("bf16")],
  ["torch.LongStorage", storageClass("i64")],
  ["torch.IntStorage", storageClass("i32")],
  ["torch.ShortStorage", storageClass("i16")],
  ["torch.CharStorage", storageClass("i8")],
  ["torch.ByteStorage", storageClass("u8")],
  ["torch.BoolStorage", storageClass("bool")],
  ["torch.storage.UntypedStorage", storageClass(undefined)],
  ["torch.Size", size],
  ["torch.float32", dtypeName("f32")],
  ["torch.float64", dtypeName("f64")],
  ["torch.float16", dtypeName("f16")],
  ["torch.bfloat16", dtypeName("bf16")],
  ["torch.int64", dtypeName("i64")],
  ["torch.int32", dtypeName("i32")],
  ["torch.int16", dtypeName("i16")],
  ["torch.int8", dtypeName("i8")],
  ["torch.uint64", dtypeName("u64")],
  ["torch.uint32", dtypeName("u32")],
  ["torch.uint16", dtypeName("u16")],
  ["torch.uint8", dtypeName("u8")],
  ["torch.bool", dtypeName("bool")],
]);

/** `("storage", class, key, location, count)`; in the old container also a view of it: `(key, offset, count)` or None. */
const persistent = (id: unknown): Storage => {
  const [tag, type, key, , count, view = null] = isTuple(id) ? id : [];
  if (tag !== "storage" || kindOf(type) !== "storage class" || typeof key !== "string" || !isCount(count)) {
    throw new FormatError(`the pickle refers to ${quote(id)}, which is no storage as PyTorch writes them`);
  }
  const { dtype } = type as StorageClass;
  if (view === null) return { kind: "storage", dtype, key, count, start: 0, end: count };
  const [, start, length] = isTuple(view) ? view : [];
  if (!isCount(start) || !isCount(length) || start + length > count) {
    throw new FormatError(
      `the view ${quote(view)} of the storage ${quote(key)} is not inside of its ${count} elements`,
    );
  }
  return { kind: "storage", dtype, key, count, start, end: start + length };
};

export const torchNames: Names = { globals, persistent };
