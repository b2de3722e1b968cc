import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bfloatToNumber, halfToNumber, numberToHalf, roundToHalf } from "../../dsl/half.ts";

const allBits = Array.from({ length: 65536 }, (_, bits) => bits);
const isNaNBits = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 1023) !== 0;

describe("halves", () => {
  test.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0x3c01, 1 + 2 ** -10],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x8000, -0],
  ])("%d is the bits of %d", (bits, value) => {
    expect(halfToNumber(bits)).toBe(value);
    expect(numberToHalf(value)).toBe(bits);
  });

  test("every half is itself, to bits and back", () => {
    const changed = allBits.filter((bits) => {
      const value = halfToNumber(bits);
      return isNaNBits(bits)
        ? !Number.isNaN(value) || !Number.isNaN(halfToNumber(numberToHalf(value)))
        : numberToHalf(value) !== bits || !Object.is(roundToHalf(value), value);
    });
    expect(changed).toEqual([]);
  });

  test("numbers between two halves go to the nearer, ties to the even one", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = halfToNumber(bits);
      const high = halfToNumber(bits + 1);
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? low : high;
      const nearMiddle = (high - low) / 1024;
      if (
        roundToHalf(middle) !== even ||
        roundToHalf(middle - nearMiddle) !== low ||
        roundToHalf(-middle - nearMiddle) !== -high
      )
        wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test("what is too large becomes infinite, from half a step above the largest", () => {
    expect(roundToHalf(65519.99)).toBe(65504);
    expect(roundToHalf(65520)).toBe(Infinity);
    expect(roundToHalf(-1e300)).toBe(-Infinity);
    expect(numberToHalf(70000)).toBe(0x7c00);
  });

  test("what is too small becomes zero and keeps its sign", () => {
    expect(roundToHalf(2 ** -25)).toBe(0);
    expect(roundToHalf(2 ** -25 * 1.01)).toBe(2 ** -24);
    expect(roundToHalf(-1e-300)).toBe(-0);
    expect(roundToHalf(5e-324)).toBe(0);
    expect(numberToHalf(-1e-300)).toBe(0x8000);
  });

  test("rounding keeps the order of numbers", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) =>
        a <= b ? roundToHalf(a) <= roundToHalf(b) : roundToHalf(a) >= roundToHalf(b),
      ),
      { seed: 16 },
    );
  });
});

describe("bfloats", () => {
  test("are the upper halves of f32", () => {
    expect([0x3f80, 0xbf80, 0x4049, 0x7f7f, 0x0001].map(bfloatToNumber)).toEqual([
      1,
      -1,
      3.140625,
      3.3895313892515355e38,
      2 ** -133,
    ]);
    expect(bfloatToNumber(0x8000)).toBe(-0);
    expect(bfloatToNumber(0xff80)).toBe(-Infinity);
    expect(bfloatToNumber(0x7fc0)).toBeNaN();
  });

  test("are each the same number in f32", () => {
    const words = new Uint32Array(1);
    const floats = new Float32Array(words.buffer);
    const wrong = allBits.filter((bits) => {
      floats[0] = bfloatToNumber(bits);
      return !Number.isNaN(floats[0]) && words[0] !== bits * 65536;
    });
    expect(wrong).toEqual([]);
  });
});
