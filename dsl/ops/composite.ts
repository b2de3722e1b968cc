/** `composite`: a function with a name that a scheduler may know. */

import { applyComposite } from "../interpreter.ts";

/**
 * Names a function of tensors and static values. The body, in ordinary ops, is its meaning; a compiler that has a kernel
 * for the name may use it instead, and one that has none compiles the body.
 */
export const composite =
  <A extends readonly unknown[], R>(name: string, body: (...args: A) => R): ((...args: A) => R) =>
  (...args) =>
    applyComposite(name, args, body);
