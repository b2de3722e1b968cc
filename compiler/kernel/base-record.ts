/** The record of a base operation: its signature, and what it means for numbers. */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import * as scalar from "../../dsl/scalar/index.ts";

const functions: Readonly<Record<BaseOp, { readonly record: ScalarFunction }>> = scalar;

export const baseRecordOf = (op: BaseOp): ScalarFunction => functions[op].record;
