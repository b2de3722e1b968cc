/** `...list` in arrays and calls. */

import { describe, isTensor } from "../../dsl/tensor.ts";
import { unsupportedSyntax } from "../diagnostics.ts";
import type { Scope } from "./scope.ts";
import { fail, POISON, type Session } from "./session.ts";
import type { ts } from "./source.ts";

/** The items of `...list`. */
export const spread = (session: Session, node: ts.Expression, scope: Scope): readonly unknown[] => {
  const value = session.evaluate(node, scope);
  if (value === POISON) return [POISON];
  if (isTensor(value)) {
    return fail(
      session,
      node,
      unsupportedSyntax(`spreading the tensor ${describe(value)}`, "A tensor is no JavaScript array.", "...unstack(x)"),
    );
  }
  if (typeof (value as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== "function") {
    return fail(
      session,
      node,
      unsupportedSyntax("spreading something that is no list", "Only arrays can be spread here.", "an array"),
    );
  }
  return [...(value as Iterable<unknown>)];
};
