/** Every base operation in WGSL on every type that it takes, against its record, on values at the edges. */

import { describe, expect, test } from "vitest";
import { baseRecordOf } from "../../../compiler/kernel/base-record.ts";
import { checkKernel } from "../../../compiler/kernel/check.ts";
import { emitter } from "../../../compiler/kernel/emit.ts";
import { indexOf, indexVariable, offsetIndex, scaleIndex } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel, Lanes, Scalar, Storage, Value } from "../../../compiler/kernel/kernel.ts";
import { constantValue, load, operation, splat, typeOf } from "../../../compiler/kernel/values.ts";
import { type BaseOp, baseOps } from "../../../dsl/scalar/base.ts";
import { elementsOf, interpretKernel } from "../../support/kernel-interpreter.ts";
import { runWgslKernel } from "../../support/run-wgsl-kernel.ts";
import { openTestGpu } from "../../support/webgpu.ts";

const device = await openTestGpu();

/** Of WebGPU nobody may expect NaN, infinities or numbers below 2⁻¹²⁶. */
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
    2 ** 24 + 2,
    2147483520,
    2147483648,
    -2147483648,
    4294967296,
    3.4e38,
  ],
  i32: [0, 1, -1, 2, -7, 5, 31, 32, 33, 65535, 2147483647, -2147483648],
  u32: [0, 1, 2, 7, 31, 32, 33, 65535, 2147483647, 2147483648, 4294967295],
  bool: [0, 1],
};
const types = Object.keys(edges) as Scalar[];
const product = <T>(parts: readonly (readonly T[])[]): T[][] =>
  parts.reduce<T[][]>((all, part) => all.flatMap((first) => part.map((each) => [...first, each])), [[]]);

const buffer = (name: string, storage: Storage, size: number, access: Buffer["access"] = "read"): Buffer => ({
  name,
  storage,
  space: "global",
  access,
  size,
});

interface Group {
  readonly operands: readonly Scalar[];
  readonly result: Scalar;
  readonly ops: readonly BaseOp[];
}

/** Operations that take and give the same types: a pipeline costs more than they do, so they share one. */
const groups = baseOps
  .flatMap((op) =>
    product(Array.from({ length: baseRecordOf(op).arity }, () => types)).flatMap((operands): Group[] => {
      const result = baseRecordOf(op).signature(operands);
      return result === undefined ? [] : [{ operands, result, ops: [op] }];
    }),
  )
  .reduce((all, group) => {
    const name = `${group.operands.join(", ")} → ${group.result}`;
    return all.set(name, { ...group, ops: [...(all.get(name)?.ops ?? []), ...group.ops] });
  }, new Map<string, Group>());

/** Row k of the output is what operation k gives. In the `constant` form the last operand is one number. */
const kernelOf = ({ operands, result, ops }: Group, rows: number, form: "one" | "four" | number): Kernel => {
  const lanes: Lanes = form === "four" ? 4 : 1;
  const point = indexVariable("point", rows / lanes);
  const inputs = operands.map((type, i) => buffer(`x${i}`, type, rows));
  const out = buffer("out", result, rows * ops.length, "write");
  const at = scaleIndex(indexOf(point), lanes);
  const emit = emitter();
  const values = inputs.map((input) => load(input, at, lanes));
  if (typeof form === "number") {
    const type = operands.at(-1) as Scalar;
    values.splice(-1, 1, constantValue(type === "bool" ? form !== 0 : form, typeOf(type)));
  }
  for (const [k, op] of ops.entries()) emit.store(out, offsetIndex(at, k * rows), operation(op, ...values));
  return checkKernel({
    name: `${ops.join(" ")} of ${operands.join(", ")}`,
    buffers: [...inputs, out],
    grid: [point],
    body: emit.statements,
    cost: { flops: 0, bytes: 0 },
    notes: [],
  });
};

/** Whether a result is near enough to what the record says: exact, but for the accuracy that WGSL grants. */
const isNear = (op: BaseOp, found: number, expected: number): boolean => {
  if (!Number.isFinite(expected)) return true;
  const size = Math.abs(expected);
  const steps = op === "div" ? 2.5 : op === "sqrt" ? 3 : op === "fma" ? 1 : 0;
  return (
    found - expected === 0 || (size < 2 ** -126 ? found === 0 : Math.abs(found - expected) <= steps * 2 ** -23 * size)
  );
};

/** Runs a group, and gives a line for each wrong result. */
const wrongResults = async (group: Group, form: "one" | "four" | number): Promise<string[]> => {
  const rows = product(group.operands.map((type) => edges[type]));
  while (rows.length % 4 !== 0) rows.push(rows[0] as number[]);
  if (typeof form === "number") for (const row of rows) row[row.length - 1] = form;
  const kernel = kernelOf(group, rows.length, form);
  const columns = group.operands.map((type, i) =>
    elementsOf(
      type,
      rows.map((row) => row[i] as number),
    ),
  );
  const out = elementsOf(group.result, rows.length * group.ops.length);
  const expected = out.slice();
  interpretKernel(kernel, [...columns, expected]);
  await runWgslKernel(device as GPUDevice, kernel, [...columns, out]);
  return group.ops.flatMap((op, k) =>
    rows.flatMap((row, i) => {
      const [found, due] = [out[k * rows.length + i] as number, expected[k * rows.length + i] as number];
      // The bits of −0, as numbers below 2⁻¹²⁶, need not survive.
      const open = op === "f32ToBits" && Object.is(row[0], -0);
      return open || isNear(op, found, due) ? [] : [`${op}(${row.join(", ")}) is ${due}, and not ${found}`];
    }),
  );
};

describe.skipIf(device === undefined)("base operations in WGSL", () => {
  test.each([...groups])("%s, of one lane", async (_, group) => {
    expect(await wrongResults(group, "one")).toEqual([]);
  });

  test.each([...groups])("%s, of four lanes", async (_, group) => {
    expect(await wrongResults(group, "four")).toEqual([]);
  });

  test("the second operand is a constant of any value", async () => {
    const integers = [...groups.values()].filter(({ operands: [a, b] }) => a === b && (a === "i32" || a === "u32"));
    for (const group of integers.filter(({ result }) => result !== "bool"))
      for (const last of [0, 3, 8, group.result === "i32" ? -1 : 4294967295, 33])
        expect(await wrongResults(group, last)).toEqual([]);
  });

  test("operations on constants are done when the text is printed", async () => {
    const point = indexVariable("point", 4);
    const out = buffer("out", "f32", 4, "write");
    const number = (value: number): Value => constantValue(value, typeOf("f32"));
    const huge = operation("mul", number(3e38), number(3e38));
    const emit = emitter();
    const least = operation("min", huge, load(buffer("x", "f32", 4), indexOf(point)));
    emit.store(out, scaleIndex(indexOf(point), 1), operation("add", least, operation("div", number(1), number(3))));
    const x = (least.kind === "op" && least.args[1]?.kind === "load" ? least.args[1].buffer : out) as Buffer;
    const kernel: Kernel = {
      name: "constants",
      buffers: [x, out],
      grid: [point],
      body: emit.statements,
      cost: { flops: 0, bytes: 0 },
      notes: [],
    };
    const args = [elementsOf("f32", [1, 2, -3, 4]), elementsOf("f32", 4)];
    await runWgslKernel(device as GPUDevice, checkKernel(kernel), args);
    expect(args[1]).toEqual(
      elementsOf(
        "f32",
        [1, 2, -3, 4].map((each) => each + Math.fround(1 / 3)),
      ),
    );
  });

  test("splats and vectors", async () => {
    const point = indexVariable("point", 3);
    const [x, out] = [buffer("x", "f32", 3), buffer("out", "f32", 12, "write")];
    const emit = emitter();
    emit.store(out, scaleIndex(indexOf(point), 4), splat(load(x, indexOf(point))));
    const kernel: Kernel = {
      name: "splat",
      buffers: [x, out],
      grid: [point],
      body: emit.statements,
      cost: { flops: 0, bytes: 0 },
      notes: [],
    };
    const args = [elementsOf("f32", [1, 2, 3]), elementsOf("f32", 12)];
    await runWgslKernel(device as GPUDevice, checkKernel(kernel), args);
    expect([...(args[1] as Float32Array)]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  });

  test("the table has an entry for each operation", () => {
    expect(new Set([...groups.values()].flatMap(({ ops }) => ops))).toEqual(new Set(baseOps));
  });
});
