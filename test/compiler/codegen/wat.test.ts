/** Kernels as WebAssembly against the interpreter, and what their text has and has not in inner loops. */

import { describe, expect, test } from "vitest";
import { printFunction, scratchBytes } from "../../../compiler/codegen/wat.ts";
import { checkKernel } from "../../../compiler/kernel/check.ts";
import { emitter, within } from "../../../compiler/kernel/emit.ts";
import { hoist } from "../../../compiler/kernel/hoist.ts";
import {
  addIndices,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
} from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel } from "../../../compiler/kernel/kernel.ts";
import { printKernel } from "../../../compiler/kernel/print.ts";
import { constantValue, load, typeOf } from "../../../compiler/kernel/values.ts";
import { type Elements, interpretKernel } from "../../support/kernel-interpreter.ts";
import { randomKernel } from "../../support/random-kernels.ts";
import { wasmKernels } from "../../support/run-wasm-kernel.ts";
import { tileProduct } from "../../support/tile-product.ts";

const copies = (args: readonly Elements[]): Elements[] => args.map((each) => each.slice());
const interpreted = (kernel: Kernel, args: readonly Elements[]): Elements[] => {
  const results = copies(args);
  interpretKernel(kernel, results);
  return results;
};

describe("random kernels", async () => {
  const randoms = Array.from({ length: 300 }, (_, seed) => randomKernel(seed));
  const kernels = await wasmKernels(randoms.map(({ kernel }) => checkKernel(kernel)));
  const hoisted = await wasmKernels(randoms.map(({ kernel }) => checkKernel(hoist(kernel))));

  test.each([1, 3])("compute what the interpreter computes, in %d parts", (parts) => {
    for (const [at, { kernel, args }] of randoms.entries()) {
      const results = copies(args);
      kernels.run(at, results, parts);
      expect(results, printKernel(kernel)).toEqual(interpreted(kernel, args));
    }
  });

  test("compute the same when what does not change has left their loops", () => {
    for (const [at, { kernel, args }] of randoms.entries()) {
      const expected = interpreted(kernel, args);
      expect(interpreted(hoist(kernel), args), printKernel(hoist(kernel))).toEqual(expected);
      const results = copies(args);
      hoisted.run(at, results);
      expect(results, printKernel(hoist(kernel))).toEqual(expected);
    }
  });
});

const buffer = (name: string, size: number, access: Buffer["access"]): Buffer => ({
  name,
  storage: "f32",
  space: "global",
  access,
  size,
});
const kernelOf = (fields: Partial<Kernel>): Kernel => ({
  name: "sample",
  buffers: [],
  grid: [],
  body: [],
  cost: { flops: 0, bytes: 0 },
  notes: [],
  ...fields,
});

describe("the product of matrices in register tiles", () => {
  const { kernel, args } = tileProduct({ rows: 12, columns: 24, depth: 10, tile: 4, unroll: 1 });

  test("is right", async () => {
    const { run } = await wasmKernels([checkKernel(kernel)]);
    const results = copies(args);
    run(0, results, 2);
    expect(results).toEqual(interpreted(kernel, args));
  });

  test("has nothing in its inner loop but loads, sums and two pointers that move", () => {
    const { text } = printFunction(kernel, "plain");
    const inner = text.slice(text.indexOf("(loop $next_k"));
    const lines = inner
      .slice(0, inner.indexOf("\n    )"))
      .split("\n")
      .map((line) => line.trim())
      .slice(1, inner.slice(0, inner.indexOf("br_if")).split("\n").length);
    expect(lines.filter((line) => line.includes("load"))).toHaveLength(6);
    expect(lines.filter((line) => line.includes("f32x4.add"))).toHaveLength(8);
    expect(lines.filter((line) => line.includes("i32.add"))).toEqual([
      "(local.set $a_at_1 (i32.add (local.get $a_at_1) (i32.const 4)))",
      "(br_if $next_k (i32.ne (local.tee $b_at_1 (i32.add (local.get $b_at_1) (i32.const 32))) (local.get $b_at_1_end)))",
    ]);
    expect(lines).toHaveLength(6 + 8 + 2);
  });

  test("is pinned where its loop has many sums", () => {
    const unrolled = tileProduct({ rows: 12, columns: 24, depth: 12, tile: 6, unroll: 4 }).kernel;
    const pins = printFunction(unrolled, "relaxed").text.match(/br_if \$done/g);
    expect(pins).toHaveLength(4 * 6 - 1);
    expect(printFunction(kernel, "relaxed").text).not.toContain("$done");
  });
});

describe("addresses", () => {
  test("before a buffer at the lowest address do not trap", async () => {
    const [x, out] = [buffer("x", 12, "read"), buffer("out", 12, "write")];
    const i = indexVariable("i", 12);
    const emit = emitter();
    emit.store(out, indexOf(i), constantValue(0, typeOf("f32")));
    emit.when([within(offsetIndex(indexOf(i), -5), 0, 12)], () => {
      emit.store(out, indexOf(i), load(x, offsetIndex(indexOf(i), -5)));
    });
    emit.loop("j", 3, (j) => {
      // Backwards: 11 − 4 j, and so on.
      emit.store(out, offsetIndex(scaleIndex(j, -4), 11), load(x, offsetIndex(scaleIndex(j, -4), 8)));
    });
    const kernel = checkKernel(kernelOf({ buffers: [x, out], grid: [i], body: emit.statements }));
    const args = [Float32Array.from({ length: 12 }, (_, at) => at), new Float32Array(12)];
    const { run } = await wasmKernels([kernel]);
    const results = copies(args);
    run(0, results);
    expect(results).toEqual(interpreted(kernel, args));
  });

  test("of scratch are places behind one address", () => {
    const scratch = (name: string, size: number): Buffer => ({ ...buffer(name, size, "readwrite"), space: "scratch" });
    const [a, b, out] = [scratch("a", 5), scratch("b", 4), buffer("out", 1, "write")];
    const emit = emitter();
    emit.store(a, indexOf(3), constantValue(1, typeOf("f32")));
    emit.store(b, indexOf(2), constantValue(2, typeOf("f32")));
    emit.store(out, indexOf(0), load(b, indexOf(2)));
    const kernel = kernelOf({ buffers: [out], body: emit.statements });
    expect(scratchBytes(kernel)).toBe(48);
    const { text } = printFunction(kernel, "plain");
    expect(text).toContain("(f32.store offset=12 (local.get $scratch) (f32.const 1))");
    expect(text).toContain("(f32.load offset=40 (local.get $scratch))");
    expect(scratchBytes(kernelOf({}))).toBe(0);
  });
});

describe("what this target refuses", () => {
  test("threads and barriers", () => {
    const threads = indexVariable("thread", 4);
    expect(() => printFunction(kernelOf({ threads }), "plain")).toThrow(
      "internal: kernel sample has threads, which WebAssembly kernels have not",
    );
    expect(() => printFunction(kernelOf({ body: [{ kind: "barrier" }] }), "plain")).toThrow("has a barrier");
  });

  test("buffers that are not its arguments", () => {
    const emit = emitter();
    emit.store(buffer("out", 1, "write"), addIndices(), constantValue(1, typeOf("f32")));
    expect(() => printFunction(kernelOf({ body: emit.statements }), "plain")).toThrow("has the buffer out");
  });
});
