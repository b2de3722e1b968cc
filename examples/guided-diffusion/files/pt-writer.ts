/** Files that `torch.load` reads, as `torch.save` writes them of a state dict: an ordered dict of tensors by name. */

import { DTypeError, type HostDType } from "typegrad";
import { countOf, rowMajor } from "./elements.ts";
import {
  pickleCall,
  pickleCount,
  pickleFalse,
  pickleGlobal,
  pickleItems,
  pickleOf,
  picklePersistent,
  pickleText,
  pickleTuple,
} from "./pickle-writer.ts";
import { bytesOfEntry, type TensorEntry, type TensorFile } from "./tensor-file.ts";
import { type NewEntry, zipChunks } from "./zip-writer.ts";

/** The class of a storage for each dtype that has one. */
const storageClasses: Partial<Readonly<Record<HostDType, string>>> = {
  f64: "DoubleStorage",
  f32: "FloatStorage",
  f16: "HalfStorage",
  bf16: "BFloat16Storage",
  i64: "LongStorage",
  i32: "IntStorage",
  i16: "ShortStorage",
  i8: "CharStorage",
  u8: "ByteStorage",
  bool: "BoolStorage",
};

const orderedDict = pickleCall(pickleGlobal("collections", "OrderedDict"));

const pickleTensor = (name: string, key: string, { dtype, shape }: TensorEntry): Uint8Array => {
  const storageClass = storageClasses[dtype];
  if (storageClass === undefined) {
    throw new DTypeError(
      `${name} is ${dtype}, of which a .pt file has no storage; there are ${Object.keys(storageClasses).join(", ")}`,
    );
  }
  const id = pickleTuple(
    pickleText("storage"),
    pickleGlobal("torch", storageClass),
    pickleText(key),
    pickleText("cpu"),
    pickleCount(countOf(shape)),
  );
  const strides = rowMajor(shape);
  return pickleCall(
    pickleGlobal("torch._utils", "_rebuild_tensor_v2"),
    picklePersistent(id),
    pickleCount(0),
    pickleTuple(...shape.map(pickleCount)),
    pickleTuple(...strides.map(pickleCount)),
    pickleFalse,
    orderedDict,
  );
};

/**
 * The bytes of a file, in order. Tensors are read one by one as they are due, and stand at multiples of 64 bytes.
 * @throws DTypeError for a dtype that PyTorch has no storage of; ShapeError for data that is not what its entry says
 */
export async function* ptChunks(file: TensorFile): AsyncGenerator<Uint8Array> {
  const named = [...file.entries];
  const pairs = named.map(([name, entry], i) => [pickleText(name), pickleTensor(name, String(i), entry)] as const);
  const pickle = pickleOf(pickleItems(orderedDict, pairs));
  const text = (value: string) => () => new TextEncoder().encode(value);
  const entries: readonly NewEntry[] = [
    { name: "archive/data.pkl", data: () => pickle },
    { name: "archive/byteorder", data: text("little") },
    ...named.map(([name], i) => ({ name: `archive/data/${i}`, data: () => bytesOfEntry(file, name) })),
    { name: "archive/version", data: text("3\n") },
  ];
  yield* zipChunks(entries, { isAligned: true });
}
