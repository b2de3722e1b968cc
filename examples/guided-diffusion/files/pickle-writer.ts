/** Pickles of protocol 2 in a few words, each the bytes of one value. */

const bytesOf = (...parts: readonly (string | readonly number[] | Uint8Array)[]): Uint8Array => {
  const lists = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  return Uint8Array.from(lists.flatMap((list) => [...list]));
};

const u32 = (value: number): readonly number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

/** A text: BINUNICODE. */
export const pickleText = (text: string): Uint8Array => {
  const encoded = new TextEncoder().encode(text);
  return bytesOf("X", u32(encoded.length), encoded);
};

/** A whole number from 0 up: BININT1, BININT, or LONG1 of eight bytes. */
export const pickleCount = (value: number): Uint8Array => {
  if (value < 256) return bytesOf("K", [value]);
  if (value < 2 ** 31) return bytesOf("J", u32(value));
  return bytesOf([0x8a, 8], u32(value % 2 ** 32), u32(Math.floor(value / 2 ** 32)));
};

export const pickleFalse: Uint8Array = Uint8Array.of(0x89);

/** A class or function by its name. */
export const pickleGlobal = (module: string, name: string): Uint8Array => bytesOf("c", module, "\n", name, "\n");

/** Between a mark and the end of a tuple. */
export const pickleTuple = (...items: readonly Uint8Array[]): Uint8Array => bytesOf("(", ...items, "t");

/** `callable(...args)`. */
export const pickleCall = (callable: Uint8Array, ...args: readonly Uint8Array[]): Uint8Array =>
  bytesOf(callable, pickleTuple(...args), "R");

/** An object that is kept elsewhere. */
export const picklePersistent = (id: Uint8Array): Uint8Array => bytesOf(id, "Q");

/** An empty dict of a class with pairs set in it. */
export const pickleItems = (dict: Uint8Array, pairs: readonly (readonly [Uint8Array, Uint8Array])[]): Uint8Array =>
  bytesOf(dict, "(", ...pairs.flat(), "u");

/** The whole: protocol, value, end. */
export const pickleOf = (value: Uint8Array): Uint8Array => bytesOf([0x80, 2], value, ".");
