/** Files of PyTorch with pickles that are made to do harm, assembled opcode by opcode. */

import { type ByteSource, bytesSource } from "typegrad";
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
} from "../../../../examples/guided-diffusion/files/pickle-writer.ts";
import { zipChunks } from "../../../../examples/guided-diffusion/files/zip-writer.ts";
import { collect } from "./sources.ts";

export const join = (...parts: readonly (string | readonly number[] | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [...part])),
  );

export const storage = (count: number, { type = "FloatStorage", key = "0" } = {}): Uint8Array =>
  picklePersistent(
    pickleTuple(
      pickleText("storage"),
      pickleGlobal("torch", type),
      pickleText(key),
      pickleText("cpu"),
      pickleCount(count),
    ),
  );

interface Place {
  readonly offset?: Uint8Array;
  readonly shape: readonly Uint8Array[];
  readonly strides: readonly Uint8Array[];
}

export const tensor = (of: Uint8Array, { offset = pickleCount(0), shape, strides }: Place): Uint8Array =>
  pickleCall(
    pickleGlobal("torch._utils", "_rebuild_tensor_v2"),
    of,
    offset,
    pickleTuple(...shape),
    pickleTuple(...strides),
    pickleFalse,
    pickleCall(pickleGlobal("collections", "OrderedDict")),
  );

export const dict = (...pairs: readonly (readonly [string, Uint8Array])[]): Uint8Array =>
  pickleItems(
    join("}"),
    pairs.map(([key, value]) => [pickleText(key), value] as const),
  );

interface Contents {
  /** Of the storage 0; 16 zeros where nothing is said. */
  readonly data?: Uint8Array;
  readonly byteorder?: string;
}

/** An archive of one pickle and one storage. */
export const archive = async (
  pickle: Uint8Array,
  { data = new Uint8Array(16), byteorder = "little" }: Contents = {},
): Promise<ByteSource> => {
  const entries = [
    { name: "x/data.pkl", data: () => pickle },
    { name: "x/byteorder", data: () => new TextEncoder().encode(byteorder) },
    { name: "x/data/0", data: () => data },
  ];
  return bytesSource(await collect(zipChunks(entries)), "x.pt");
};

export const archiveOf = (value: Uint8Array, contents?: Contents): Promise<ByteSource> =>
  archive(pickleOf(value), contents);
