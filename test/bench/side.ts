/** One of the two that a row compares. */

import type { Row } from "./rows.ts";

export interface Settings {
  readonly device: "wasm" | "webgpu";
  readonly threads: number;
}

export interface Side {
  /** One run: from arrays to arrays, where the library has no memory of its own that users can keep things in. A side without it is there for its numbers alone. */
  readonly run?: () => Promise<void>;
  /** The elements of the result of one run, for the comparison of the two. */
  readonly output: () => Promise<Float32Array>;
}

/** Makes all ready; `undefined` where the library cannot do this row. */
export type OpenSide = (row: Row, settings: Settings) => Promise<Side | undefined>;
