/** What the two containers of PyTorch have in common. */

import type { Storage } from "./torch-names.ts";

/** A file that is open: the object that was saved, and the bytes of its storages. */
export interface Container {
  readonly root: unknown;
  /** Bytes of a storage in the file; `undefined` where it has none of that key. */
  readonly sizeOf: (storage: Storage) => number | undefined;
  /** Bytes `begin` to `end` of the storage of a key, in a buffer of their own. */
  readonly read: (key: string, begin: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/** A pickle is read into memory whole: that of the largest released model is 110 kB. */
export const largestPickle = 64 * 2 ** 20;
