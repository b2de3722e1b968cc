/** Memory that forms of frozen weights take, and what they compute, on a small network and its gradient. */

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compile, deviceProgramOf } from "../../../compiler/compile.ts";
import { compileDevice } from "../../../compiler/compile-plan.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import { planSummary } from "../../../compiler/plan-summary.ts";
import { denseOf } from "../../../dsl/evaluate.ts";
import { tensor } from "../../../dsl/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { gradient, twice } from "../../programs/guided-convolutions.ts";

const source = fileURLToPath(new URL("../../programs/guided-convolutions.ts", import.meta.url));
const sources = openSources();

interface Compiled {
  /** Forms of weights as a multiple of the parameters. */
  readonly ratio: number;
  readonly forms: readonly string[];
  readonly weights: readonly string[];
  readonly summary: string;
}

const compiled = async (name: string, weightRatio?: number): Promise<Compiled> => {
  const { program, signature } = deviceProgramOf(sources, source, name);
  const options = { device: "wasm" as const, bind: ["p"], ...(weightRatio !== undefined && { weightRatio }) };
  const { plan, decisions } = await compileDevice(name, program, signature, options);
  const own = plan.bound.reduce((sum, { shape }) => sum + 4 * shape.reduce((size, dim) => size * dim, 1), 0);
  return {
    ratio: plan.memory.packed / own,
    forms: decisions.flatMap((line) => /F\(\d × \d, 3 × 3\)/.exec(line)?.[0] ?? []).sort(),
    weights: decisions.filter((line) => line.startsWith("weights: ")),
    summary: planSummary(plan),
  };
};

const [large, small] = ["F(4 × 4, 3 × 3)", "F(2 × 2, 3 × 3)"];

describe("forms of frozen weights", () => {
  test("take no more memory than they may, and change one by one", async () => {
    // F(4 × 4) of the first weights forwards and of both back; the last results are not needed for the gradient.
    const expected: readonly (readonly [number, readonly (string | undefined)[]])[] = [
      [20, [large, large, large]],
      [6, [small, large, large]],
      [5, [small, small, large]],
      [4, [small, small, small]],
      [2.2, [small]],
      [1.5, []],
    ];
    for (const [allowed, wanted] of expected) {
      const { ratio, forms, weights } = await compiled("gradient", allowed);
      expect(forms).toEqual(wanted);
      expect(ratio).toBeLessThanOrEqual(allowed);
      if (allowed === 20) expect(weights).toEqual([]);
      else expect(weights.join()).toMatch(/^weights: their fastest forms .* times the parameters' own .* made smaller/);
    }
  });

  test("are the smallest where even those are too much; the log says so", async () => {
    const { weights, forms } = await compiled("gradient", 1.4);
    expect(weights[0]).toMatch(/^weights: even their smallest forms take .*, 1\.49 times .*, where 1\.4 are allowed$/);
    expect(forms).toEqual([]);
  });

  test("are counted once where several layers read them, and change together", async () => {
    expect((await compiled("twice", 20)).forms).toEqual([large, large, large, large]);
    const { forms, ratio } = await compiled("twice", 4);
    expect(forms).toEqual([small, small, large, large]);
    expect(ratio).toBeLessThanOrEqual(4);
  });

  test("are counted apart where layers of two sizes cut them into other blocks", async () => {
    for (const allowed of [20, 5, 3, 2.2])
      expect((await compiled("sizes", allowed)).ratio).toBeLessThanOrEqual(allowed);
  });

  test("that a loop makes in each step are none that are kept", async () => {
    const [fast, tight] = [await compiled("looped", 20), await compiled("looped", 0.5)];
    expect(fast.ratio).toBeGreaterThan(0.5);
    expect(tight.ratio).toBeLessThanOrEqual(0.5);
    expect(tight.weights.join()).toContain("1 form made smaller");
    expect(tight.weights.join()).not.toContain("even their smallest");
  });

  test("have a ratio above 0", async () => {
    await expect(compiled("gradient", Number.NaN)).rejects.toThrow("weightRatio is NaN; it must be a number above 0");
  });

  test("are the fastest where all of them are few bytes, unless a ratio is asked for", async () => {
    expect((await compiled("gradient")).forms).toEqual([large, large, large]);
    expect((await compiled("gradient", 1.65)).forms).toEqual([]);
  });

  test("are in the summary, with what parameters take themselves", async () => {
    const { summary, ratio } = await compiled("twice");
    expect(summary).toContain(` weights prepared when they are bound, ${ratio.toFixed(2)} times their own 18.1 KiB`);
  });
});

describe("results", () => {
  const random = (shape: readonly number[], seed: number): AnyTensor => {
    let state = seed;
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 32 - 0.5) / 2;
    };
    const length = shape.reduce((a, b) => a * b, 1);
    return tensor({ dtype: "f32", shape, data: Float32Array.from({ length }, next) });
  };
  const convolution = (seed: number) => ({ weight: random([16, 16, 3, 3], seed), bias: random([16], seed + 1) });
  const p = { first: convolution(1), last: convolution(3) };
  const [x, y] = [random([1, 16, 32, 32], 5), random([1, 16, 32, 32], 6)];
  const flat = (t: AnyTensor): number[] => [...(denseOf("test", t).data as Float32Array)];

  test.each([
    ["gradient", gradient, [p, x, y]],
    ["twice", twice, [p, x]],
  ] as const)("of %s agree for each budget, and are equal for one thread and two", async (name, f, args) => {
    const expected = flat((f as (...args: readonly unknown[]) => AnyTensor)(...args));
    const scale = Math.sqrt(expected.reduce((sum, v) => sum + v * v, 0) / expected.length);
    for (const weightRatio of [20, 2.5, 1]) {
      const byThreads: number[][] = [];
      for (const threads of [1, 2]) {
        const call = await compile(f as never, { source, name, device: "wasm", threads, bind: ["p"], weightRatio });
        const bound = await call.bind({ p });
        byThreads.push(flat((await bound(...args.slice(1))) as AnyTensor));
      }
      const [one, two] = byThreads as [number[], number[]];
      expect(two).toEqual(one);
      const error = Math.sqrt(one.reduce((sum, v, i) => sum + (v - (expected[i] as number)) ** 2, 0) / one.length);
      expect(error).toBeLessThan(3e-6 * scale);
    }
  });
});
