/** The manifest as suites walk it: every export of `dsl/ops.ts`, by name. */

import type { OpRecord } from "../../dsl/op.ts";
import * as ops from "../../dsl/ops.ts";

/** An op whose signature is forgotten: what is drawn for it fits. */
export type AnyOp = ((...args: readonly unknown[]) => unknown) & { readonly record: OpRecord };

export const manifest = ops as unknown as Readonly<Record<string, AnyOp>>;

export const opsByName: readonly (readonly [string, AnyOp])[] = Object.entries(manifest);
