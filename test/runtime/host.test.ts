/** Elements on their way to a device and back: half precision against the language's, and steps in units. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bfloatToNumber, halfToNumber, numberToHalf } from "../../dsl/half.ts";
import { bfloatToFloat, floatToHalf, halfToFloat } from "../../runtime/half.ts";
import { decodeHost, encodeHost } from "../../runtime/host.ts";
import type { Step } from "../../runtime/plan.ts";
import { chunksOf, countIterations, countUnits, dispatchesOf, unitStarts } from "../../runtime/steps.ts";
import { dispatch } from "./plans.ts";

describe("half precision", () => {
  test("of every pattern of bits is what the language says, and comes back", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 65536; bits++) {
      const value = halfToFloat(bits);
      const there = Object.is(value, halfToNumber(bits)) && Object.is(bfloatToFloat(bits), bfloatToNumber(bits));
      const back = Number.isNaN(value) ? 0x7e00 : bits;
      if (!there || floatToHalf(value) !== back) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test("is the nearest to every float", () => {
    const near = fc
      .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: -4097, max: 4097 }))
      .map(([bits, off]) => {
        const words = Float32Array.of(halfToFloat(bits));
        const view = new Int32Array(words.buffer);
        view[0] = (view[0] as number) + off;
        return words[0] as number;
      });
    fc.assert(
      fc.property(fc.oneof(fc.float(), near), (value) => {
        expect(floatToHalf(value)).toBe(numberToHalf(value));
      }),
      { numRuns: 5000 },
    );
  });

  test("lies on the device as f32, rounded", () => {
    const bytes = encodeHost("x", { dtype: "f32", shape: [3], data: Float32Array.of(1.0004, 70000, -0) }, "f16");
    expect([...new Float32Array(bytes.buffer as ArrayBuffer)]).toEqual([1, Infinity, -0]);
    expect(decodeHost(bytes as Uint8Array<ArrayBuffer>, "f16", [3])).toEqual({
      dtype: "f16",
      shape: [3],
      data: Uint16Array.of(0x3c00, 0x7c00, 0x8000),
    });
  });
});

describe("steps", () => {
  const loop = (count: number, ...body: readonly Step[]): Step => ({
    kind: "loop",
    count,
    reverse: false,
    counter: 0,
    swaps: [],
    body,
  });
  const [a, b] = [dispatch(0), dispatch(1)];
  const steps = [a, b, loop(3, a, loop(5, b)), a, loop(0, b), loop(2, a), b, b];

  test("are counted in dispatches and iterations of outermost loops", () => {
    expect(countUnits(steps)).toBe(10);
    expect(countIterations(steps)).toBe(5);
    expect(unitStarts(steps)).toEqual([0, 1, 2, 5, 6, 6, 8, 9, 10]);
    expect(dispatchesOf(steps)).toHaveLength(9);
  });

  test("pause where an iteration ends", () => {
    expect([...chunksOf(steps, 0, 10)]).toEqual([
      { from: 0, to: 3, done: 1 },
      { from: 3, to: 4, done: 2 },
      { from: 4, to: 5, done: 3 },
      { from: 5, to: 7, done: 4 },
      { from: 7, to: 8, done: 5 },
      { from: 8, to: 10 },
    ]);
    expect([...chunksOf([a, b], 0, 2)]).toEqual([{ from: 0, to: 2 }]);
    expect([...chunksOf([], 0, 0)]).toEqual([]);
    expect([...chunksOf(steps, 1, 4)]).toEqual([
      { from: 1, to: 3, done: 1 },
      { from: 3, to: 4, done: 2 },
    ]);
  });
});
