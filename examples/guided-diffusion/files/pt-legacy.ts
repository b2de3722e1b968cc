/**
 * The container before PyTorch 1.6: pickles one after the other (a magic number, a version, what the machine was like, the
 * object, the keys of its storages), and then for each key a count of elements in eight bytes, and the elements.
 */

import { type ByteSource, FormatError } from "typegrad";
import { widthOf } from "./elements.ts";
import { fail, inPart, nameOf, quote, readPart } from "./part.ts";
import { PickleEnd, readPickle } from "./pickle.ts";
import { type Container, largestPickle } from "./pt-container.ts";
import { type Storage, torchNames } from "./torch-names.ts";

/** The first pickle, 0x1950a86a20f9469cfc6c. */
export const legacyMagic: readonly number[] = [
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];

interface Pickles {
  readonly root: unknown;
  /** The keys in the order of the file, with the storages that the object has under them. */
  readonly storages: ReadonlyMap<string, Storage | undefined>;
  /** Where the elements begin. */
  readonly end: number;
}

const parse = (bytes: Uint8Array): Pickles => {
  const used = new Map<string, Storage>();
  const persistent = (id: unknown): Storage => {
    const storage = torchNames.persistent(id) as Storage;
    const before = used.get(storage.key);
    if (before !== undefined && (before.dtype !== storage.dtype || before.count !== storage.count)) {
      throw new FormatError(`the storage ${quote(storage.key)} is said to have two dtypes or two counts of elements`);
    }
    used.set(storage.key, storage);
    return storage;
  };
  let end = legacyMagic.length;
  const next = (): unknown => {
    const pickle = readPickle(bytes, end, { ...torchNames, persistent });
    end = pickle.end;
    return pickle.value;
  };
  const version = next();
  if (version !== 1001) throw new FormatError(`the version of the container is ${quote(version)}, and must be 1001`);
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    throw new FormatError("the machine that wrote it was not little-endian; only that order of bytes can be read");
  }
  const root = next();
  const keys = next();
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string") || new Set(keys).size !== keys.length) {
    throw new FormatError("the keys of storages are no list of different texts");
  }
  return { root, storages: new Map(keys.map((key) => [key, used.get(key)])), end };
};

/** Nothing says how long the pickles are: more of the file is read until they end. */
const readPickles = async (source: ByteSource): Promise<Pickles> => {
  for (let size = 2 ** 18; ; size *= 4) {
    const length = Math.min(size, source.size);
    const bytes = await readPart(source, 0, length, "the pickles");
    try {
      return inPart(source, "the pickles", () => parseUntilEnd(bytes, length < source.size && length < largestPickle));
    } catch (error) {
      if (error !== more) throw error;
    }
  }
};

/** Thrown where more of the file may help. */
const more: unknown = Symbol("more");

const parseUntilEnd = (bytes: Uint8Array, canGrow: boolean): Pickles => {
  try {
    return parse(bytes);
  } catch (error) {
    throw canGrow && error instanceof PickleEnd ? more : error;
  }
};

/** @throws FormatError where the pickles cannot be read, or a storage is not what the object says of it */
export const openLegacy = async (source: ByteSource): Promise<Container> => {
  const { root, storages, end } = await readPickles(source);
  const places = new Map<string, { readonly offset: number; readonly size: number }>();
  let at = end;
  for (const [key, storage] of storages) {
    const what = `the storage ${quote(key)}`;
    if (storage === undefined) fail(source, `${what} belongs to no tensor, so that its dtype is unknown`);
    const head = await readPart(source, at, 8, `the count of ${what}`);
    const count = new DataView(head.buffer).getBigInt64(0, true);
    const size = Number(count) * widthOf(storage?.dtype ?? "u8");
    if (count < 0n || at + 8 + size > source.size) {
      fail(source, `${what} at ${at} has ${count} elements, and the file ends at ${source.size}`);
    }
    places.set(key, { offset: at + 8, size });
    at += 8 + size;
  }
  if (at !== source.size) fail(source, `bytes ${at} to ${source.size}, after the last storage, belong to none`);
  return {
    root,
    sizeOf: ({ key }) => places.get(key)?.size,
    read: async (key, begin, end) => {
      const place = places.get(key) as { readonly offset: number };
      return readPart(source, place.offset + begin, end - begin, `${nameOf(source)}: the storage ${quote(key)}`);
    },
  };
};
