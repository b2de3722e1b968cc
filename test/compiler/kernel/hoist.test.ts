/** What leaves a loop, and what stays. That the kernel computes the same is compared in `codegen/wat.test.ts`. */

import { describe, expect, test } from "vitest";
import { emitter } from "../../../compiler/kernel/emit.ts";
import { hoist } from "../../../compiler/kernel/hoist.ts";
import {
  addIndices,
  type Index,
  indexOf,
  indexVariable,
  isMultiple,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
} from "../../../compiler/kernel/index-expression.ts";
import { type Buffer, eachStatement, type Kernel } from "../../../compiler/kernel/kernel.ts";
import { printKernel } from "../../../compiler/kernel/print.ts";
import { load } from "../../../compiler/kernel/values.ts";

const buffer = (name: string, access: Buffer["access"]): Buffer => ({
  name,
  storage: "f32",
  space: "global",
  access,
  size: 4096,
});
const [x, out] = [buffer("x", "read"), buffer("out", "write")];
const p = indexVariable("p", 60);

const copy = (write: (emit: ReturnType<typeof emitter>) => void): Kernel => {
  const emit = emitter();
  write(emit);
  return {
    name: "copy",
    buffers: [x, out],
    grid: [p],
    body: emit.statements,
    cost: { flops: 0, bytes: 0 },
    notes: [],
  };
};
const linesOf = (kernel: Kernel): string[] =>
  printKernel(kernel)
    .split("\n")
    .map((line) => line.trim());

describe("hoisting of index arithmetic", () => {
  test("sums that a loop does not change are bound before it, once", () => {
    const place = addIndices(scaleIndex(quotient(indexOf(p), 8), 64), scaleIndex(remainder(indexOf(p), 8), 4));
    const kernel = copy((emit) => {
      emit.loop("i", 4, (i) => emit.store(out, addIndices(place, i), load(x, offsetIndex(addIndices(place, i), 8))));
    });
    const lines = linesOf(hoist(kernel));
    expect(lines.filter((line) => line.startsWith("bind"))).toHaveLength(1);
    expect(lines[2]).toMatch(/^bind base < 120 = \(/);
    expect(lines[4]).toMatch(/^out\[(4 \* base \+ i|i \+ 4 \* base)\] = x\[.* \+ 8\]$/);
  });

  test("a multiple of four stays one, since coefficients share it", () => {
    const place = addIndices(scaleIndex(quotient(indexOf(p), 8), 64), scaleIndex(remainder(indexOf(p), 8), 4));
    const kernel = copy((emit) => {
      emit.loop("i", 4, (i) => emit.store(out, addIndices(place, scaleIndex(i, 1024)), load(x, place, 4)));
    });
    const seen: Index[] = [];
    eachStatement(hoist(kernel).body, (statement) => {
      if (statement.kind === "store") seen.push(statement.index);
    });
    expect(seen.map((index) => isMultiple(index, 4))).toEqual([true]);
  });

  test("what is one variable already, or changes, stays", () => {
    const kernel = copy((emit) => {
      emit.loop("i", 4, (i) => {
        const place = addIndices(scaleIndex(indexOf(p), 4), quotient(i, 2));
        emit.store(out, place, load(x, place));
      });
    });
    expect(printKernel(hoist(kernel))).toBe(printKernel(kernel));
  });

  test("leaves loop after loop as far out as its variables allow", () => {
    const kernel = copy((emit) => {
      emit.loop("i", 4, (i) =>
        emit.loop("j", 4, (j) => {
          const place = addIndices(quotient(indexOf(p), 7), remainder(indexOf(p), 7), scaleIndex(i, 16), j);
          emit.store(out, place, load(x, place));
        }),
      );
    });
    const lines = linesOf(hoist(kernel));
    const kinds = lines.map((line) => line.split(" ")[0]).filter((kind) => kind === "bind" || kind === "loop");
    expect(kinds).toEqual(["bind", "loop", "bind", "loop"]);
  });
});
