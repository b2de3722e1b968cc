/** Every base operation on every type that it takes, against its record, on values at the edges. */

import { describe, expect, test } from "vitest";
import { baseRecordOf } from "../../../compiler/kernel/base-record.ts";
import { checkKernel } from "../../../compiler/kernel/check.ts";
import { emitter } from "../../../compiler/kernel/emit.ts";
import { addIndices, indexOf, indexVariable, scaleIndex } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel, Lanes, Scalar, Storage } from "../../../compiler/kernel/kernel.ts";
import { load, operation, splat } from "../../../compiler/kernel/values.ts";
import { type BaseOp, baseOps } from "../../../dsl/scalar/base.ts";
import { type Elements, elementsOf, interpretKernel } from "../../support/kernel-interpreter.ts";
import { wasmKernels } from "../../support/run-wasm-kernel.ts";

const edges: Record<Scalar, readonly number[]> = {
  f32: [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3.7,
    1e-40,
    2 ** 24 + 2,
    2147483520,
    2147483648,
    -2147483648,
    4294967040,
    4294967296,
    3.4e38,
    -3.4e38,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ],
  i32: [0, 1, -1, 2, -7, 5, 31, 32, 33, 65535, 2147483647, -2147483648],
  u32: [0, 1, 2, 7, 31, 32, 33, 65535, 2147483647, 2147483648, 4294967295],
  bool: [0, 1],
};
const types = Object.keys(edges) as Scalar[];
const product = <T>(parts: readonly (readonly T[])[]): T[][] =>
  parts.reduce<T[][]>((all, part) => all.flatMap((first) => part.map((each) => [...first, each])), [[]]);

interface Case {
  readonly name: string;
  readonly op: BaseOp;
  readonly result: Scalar;
  readonly kernel: Kernel;
  readonly args: readonly Elements[];
}

/** Loads the operands, and stores what the operation gives; in the `splat` form the last operand is one lane. */
const caseOf = (op: BaseOp, operands: readonly Scalar[], result: Scalar, form: "one" | "four" | "splat"): Case => {
  const rows = product(operands.map((type) => edges[type]));
  while (rows.length % 4 !== 0) rows.push(rows[0] as number[]);
  const lanes: Lanes = form === "one" ? 1 : 4;
  const buffer = (name: string, storage: Storage, access: Buffer["access"]): Buffer => ({
    name,
    storage,
    space: "global",
    access,
    size: rows.length,
  });
  const inputs = operands.map((type, i) => buffer(`x${i}`, type, "read"));
  const out = buffer("out", result, "write");
  const point = indexVariable("point", rows.length / lanes);
  const emit = emitter();
  const at = addIndices(scaleIndex(indexOf(point), lanes));
  const values = inputs.map((input, i) =>
    form === "splat" && i === inputs.length - 1 ? splat(load(input, at)) : load(input, at, lanes),
  );
  emit.store(out, at, operation(op, ...values));
  const kernel: Kernel = {
    name: `${op} of ${operands.join(", ")}, ${form}`,
    buffers: [...inputs, out],
    grid: [point],
    body: emit.statements,
    cost: { flops: 0, bytes: 0 },
    notes: [],
  };
  const columns = operands.map((type, i) =>
    elementsOf(
      type,
      rows.map((row) => row[i] as number),
    ),
  );
  return { name: kernel.name, op, result, kernel, args: [...columns, elementsOf(result, rows.length)] };
};

const cases = baseOps.flatMap((op) => {
  const record = baseRecordOf(op);
  return product(Array.from({ length: record.arity }, () => types)).flatMap((operands) => {
    const result = record.signature(operands);
    if (result === undefined) return [];
    return (["one", "four", "splat"] as const).map((form) => caseOf(op, operands, result, form));
  });
});
const kernels = wasmKernels(cases.map(({ kernel }) => checkKernel(kernel)));

describe("base operations in WebAssembly", () => {
  test.each(cases.map((each, at) => [each.name, each, at] as const))("%s", async (_, { kernel, args }, at) => {
    const expected = args.map((each) => each.slice());
    interpretKernel(kernel, expected);
    (await kernels).run(at, args);
    // Of NaN the bits are not said.
    expect(args.at(-1)).toEqual(expected.at(-1));
  });

  test("the table has an entry for each operation", () => {
    expect(new Set(cases.map(({ op }) => op))).toEqual(new Set(baseOps));
  });
});
