/** Expansions of scalar functions in WGSL keep their accuracy, whatever a device takes apart or joins. */

import { describe, expect, it } from "vitest";
import { checkKernel } from "../../../compiler/kernel/check.ts";
import { emitExpression, emitter } from "../../../compiler/kernel/emit.ts";
import { indexOf, indexVariable } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel } from "../../../compiler/kernel/kernel.ts";
import { load } from "../../../compiler/kernel/values.ts";
import { input } from "../../../dsl/scalar/expression.ts";
import type { ScalarFunction } from "../../../dsl/scalar/function.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import { floatIn, sampler, ulpOf } from "../../dsl/scalar/samples.ts";
import { runWgslKernel } from "../../support/run-wgsl-kernel.ts";
import { openTestGpu } from "../../support/webgpu.ts";

const device = await openTestGpu();

const samples = 3000;

const functions = Object.values(scalar as unknown as Record<string, { readonly record?: ScalarFunction }>)
  .flatMap(({ record }) => record ?? [])
  .filter(({ arity, signature }) => signature(new Array(arity).fill("f32")) === "f32")
  .filter(({ expansion }) => expansion !== "base");

const buffer = (name: string, access: Buffer["access"]): Buffer => ({
  name,
  storage: "f32",
  space: "global",
  access,
  size: samples,
});

const kernelOf = (fn: ScalarFunction): Kernel => {
  const point = indexVariable("point", samples);
  const inputs = Array.from({ length: fn.arity }, (_, i) => buffer(`x${i}`, "read"));
  const out = buffer("out", "write");
  const emit = emitter();
  const values = inputs.map((each) => load(each, indexOf(point)));
  const expression = fn.of(...inputs.map((_, i) => input(i, "f32")));
  emit.store(out, indexOf(point), emitExpression(emit, expression, values));
  const cost = { flops: 0, bytes: 0 };
  const body = emit.statements;
  return checkKernel({ name: fn.name, buffers: [...inputs, out], grid: [point], body, cost, notes: [] });
};

/** Far from numbers that are flushed to 0, which products on the way may be, and from infinity. */
const isUsual = (x: number): boolean => x === 0 || (Math.abs(x) >= 2 ** -100 && Math.abs(x) < 3e38);

/** What WGSL grants the divisions and roots in an expansion, in steps of the result. */
const granted = 2.5;

describe.skipIf(device === undefined)("scalar functions in WGSL", () => {
  it.each(functions.map((fn) => [fn.name, fn] as const))("%s", async (name, fn) => {
    const random = sampler(7);
    const intervals = fn.range ?? fn.domain;
    const columns = Array.from({ length: fn.arity }, (_, i) =>
      Float32Array.from({ length: samples }, (_, k) => floatIn(intervals[i] ?? [-3, 3], random, k)),
    );
    const out = new Float32Array(samples);
    await runWgslKernel(device as GPUDevice, kernelOf(fn), [...columns, out]);
    const meaning = fn.meaningFor(new Array(fn.arity).fill("f32"));
    let compared = 0;
    for (let k = 0; k < samples; k++) {
      const args = columns.map((column) => column[k] as number);
      const exact = meaning(...args) as number;
      if (![...args, exact].every(isUsual)) continue;
      compared++;
      const error = Math.abs((out[k] as number) - exact) / ulpOf(exact);
      expect(error, `${name}(${args.join(", ")}) is ${out[k]}, and should be ${exact}`).toBeLessThanOrEqual(
        fn.ulp + granted,
      );
    }
    expect(compared).toBeGreaterThan(samples / 10);
  });
});
