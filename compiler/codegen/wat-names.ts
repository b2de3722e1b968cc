/** Names in the text of a WebAssembly function, and its local variables. */

import { uniqueNames } from "../kernel/unique-names.ts";

export type WatType = "i32" | "f32" | "v128";

export interface WatNames {
  /** A name that stands for nothing yet. */
  readonly fresh: (name: string) => string;
  /** A new local variable. */
  readonly local: (name: string, type: WatType) => string;
  /** The local variables so far, in order. */
  readonly locals: () => readonly (readonly [name: string, type: WatType])[];
}

export const watNames = (): WatNames => {
  const fresh = uniqueNames();
  const locals: (readonly [string, WatType])[] = [];
  return {
    fresh,
    local: (name, type) => {
      const own = fresh(name);
      locals.push([own, type]);
      return own;
    },
    locals: () => locals,
  };
};
