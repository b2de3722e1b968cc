import { describe, expect, it } from "vitest";
import { type Choice, cheapestWay, fitForms, type Way } from "../../../compiler/schedule/weight-forms.ts";

const direct: Way = { form: "direct", cycles: 100, bytes: 10 };
const small: Way = { form: "small", cycles: 60, bytes: 20 };
const large: Way = { form: "large", cycles: 40, bytes: 40 };
const ways = [direct, small, large];
const choice = (weights: string, taken: Way, by = 1): Choice => ({
  weights,
  ways: ways.map((way) => ({ ...way, cycles: by * way.cycles })),
  taken: { ...taken, cycles: by * taken.cycles },
});
const formsOf = (choices: readonly Choice[], bytes: number, budget: number) => {
  const { smaller, bytes: left } = fitForms(choices, bytes, budget);
  return { ...Object.fromEntries(smaller), bytes: left };
};

describe("forms of frozen weights", () => {
  it("are the fastest for what a byte costs", () => {
    expect(cheapestWay(ways, 0)).toBe(large);
    expect(cheapestWay(ways, 2)).toBe(small);
    expect(cheapestWay(ways, 9)).toBe(direct);
  });

  it("stay as they are where they fit", () => {
    expect(formsOf([choice("w", large), choice("v", large)], 85, 85)).toEqual({ bytes: 85 });
  });

  it("shrink where that costs the fewest cycles a byte, and no more of them than must", () => {
    const choices = [choice("dear", large, 3), choice("cheap", large), choice("also cheap", large)];
    expect(formsOf(choices, 120, 119)).toEqual({ cheap: "small", bytes: 100 });
    expect(formsOf(choices, 120, 80)).toEqual({ cheap: "small", "also cheap": "small", bytes: 80 });
    // A second step of the cheap ones, 4 cycles a byte, is dearer than a first one of the dear, 3.
    expect(formsOf(choices, 120, 60)).toEqual({ cheap: "small", "also cheap": "small", dear: "small", bytes: 60 });
  });

  it("shrink as far as they can where that is not enough", () => {
    expect(formsOf([choice("w", large), choice("v", small)], 160, 50)).toEqual({
      w: "direct",
      v: "direct",
      bytes: 120,
    });
  });

  it("change together where several contractions read them, since only then they take less", () => {
    const twice = [choice("w", large), choice("w", large)];
    expect(formsOf(twice, 40, 39)).toEqual({ w: "small", bytes: 20 });
    // Two forms of one weight are 60 bytes: one of them is enough.
    expect(formsOf([choice("w", large), choice("w", small)], 60, 59)).toEqual({ w: "large", bytes: 40 });
    expect(formsOf([...twice, choice("v", large)], 80, 79)).toEqual({ v: "small", bytes: 60 });
  });
});
