/** Which steps are kept, and the chains that they make. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectClose } from "../../../../dsl/testing/index.ts";
import { respace, spaceTimesteps } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import { namedSchedule, type Tables } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { reference, scheduleFor } from "../../../support/diffusion-reference.ts";

describe("spaceTimesteps", () => {
  test.each(reference.kept)("$spacing of $steps", ({ spacing, steps, count, first, last, sum }) => {
    const kept = spaceTimesteps(steps, spacing);
    expect(kept.length).toBe(count);
    expect(kept.slice(0, first.length)).toEqual(first);
    expect(kept.slice(-last.length)).toEqual(last);
    expect(kept.reduce((sum, t) => sum + t, 0)).toBe(sum);
  });

  test.each(["1000", "ddim1000", ""])("%j of 1000 is all steps", (spacing) => {
    expect(spaceTimesteps(1000, spacing)).toEqual(Array.from({ length: 1000 }, (_, t) => t));
  });

  test("0 of 10 is none, and a list says what a text does", () => {
    expect(spaceTimesteps(10, "0")).toEqual([]);
    expect(spaceTimesteps(300, [10, 15, 20])).toEqual(spaceTimesteps(300, "10,15,20"));
  });

  test("ddimN of 1000 exists for these N up to 100", () => {
    const counts = Array.from({ length: 100 }, (_, i) => i + 1).filter((count) => {
      try {
        return spaceTimesteps(1000, `ddim${count}`).length === count;
      } catch {
        return false;
      }
    });
    expect(counts).toEqual(reference.ddimCounts);
  });

  test.each([
    [
      "ddim300",
      1000,
      'respacing "ddim300": no whole stride through 1000 steps gives 300; near it are ddim250 and ddim334',
    ],
    [
      "ddim999",
      1000,
      'respacing "ddim999": no whole stride through 1000 steps gives 999; near it are ddim500 and ddim1000',
    ],
    ["ddim1", 1000, 'respacing "ddim1": no whole stride through 1000 steps gives 1; near it are ddim2'],
    ["ddim6", 10, 'respacing "ddim6": no whole stride through 10 steps gives 6; near it are ddim5 and ddim10'],
    ["20", 10, 'respacing "20": section 1 has 10 steps of 10, and cannot give 20'],
    ["1,6", 10, 'respacing "1,6": section 2 has 5 steps of 10, and cannot give 6'],
    ["fast", 10, 'respacing "fast": "fast" is no number of steps; write "250", counts of equal sections'],
    ["5,", 10, 'respacing "5,": "" is no number of steps'],
    ["-5", 10, 'respacing "-5": "-5" is no number of steps'],
    ["2.5", 10, 'respacing "2.5": "2.5" is no number of steps'],
    ["ddim", 10, 'respacing "ddim": "" is no number of steps'],
    ["ddim5,5", 10, 'respacing "ddim5,5": ddim takes one number of steps'],
  ])("%s of %d is refused", (spacing, steps, text) => {
    expect(() => spaceTimesteps(steps, spacing)).toThrow(text);
  });

  test("a list of counts that are none is refused", () => {
    expect(() => spaceTimesteps(10, [2.5])).toThrow("cannot give 2.5");
    expect(() => spaceTimesteps(10, [-1])).toThrow("cannot give -1");
  });
});

const counts = fc.integer({ min: 20, max: 400 }).chain((steps) =>
  fc.record({
    steps: fc.constant(steps),
    spacing: fc
      .array(fc.integer({ min: 1, max: Math.floor(steps / 4) }), { minLength: 1, maxLength: 4 })
      .filter((counts) => counts.reduce((sum, count) => sum + count, 0) >= 2),
  }),
);

describe("respace", () => {
  test.each(reference.respaced)("$name, $spacing, step $i", ({ name, spacing, i, t, ...row }) => {
    const schedule = scheduleFor({ name, spacing });
    expect(schedule.timestepMap[i]).toBe(t);
    for (const [column, value] of Object.entries(row))
      expectClose(schedule[column as keyof Tables<unknown>][i], value, { relative: 1e-9 });
  });

  test("keeps ᾱ, and t, of the steps that it keeps", () => {
    fc.assert(
      fc.property(counts, fc.constantFrom("linear", "cosine"), ({ steps, spacing }, name) => {
        const full = namedSchedule(name, steps);
        const short = respace(full, spacing);
        const kept = spaceTimesteps(steps, spacing);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        expect([...short.timestepMap]).toEqual(kept);
        expectClose(
          short.alphaBar,
          kept.map((t) => full.alphaBar[t] as number),
          // 1 − β rounds by 1.1e-16, at every step.
          { relative: 1e-12, absolute: 1.2e-16 * kept.length },
        );
        expect(short.originalSteps).toBe(steps);
      }),
    );
  });

  test("of a respaced schedule tells the network the first one's timesteps", () => {
    const half = respace(namedSchedule("linear", 1000), "ddim500");
    const quarter = respace(half, "ddim250");
    expect([...quarter.timestepMap]).toEqual(spaceTimesteps(1000, "ddim250"));
    expectClose(quarter.beta, respace(namedSchedule("linear", 1000), "ddim250").beta, { relative: 1e-11 });
  });

  test("to one step is refused", () => {
    expect(() => respace(namedSchedule("linear", 1000), "1")).toThrow("a schedule of 1 step; it must have two or more");
    expect(() => respace(namedSchedule("linear", 1000), "0")).toThrow("a schedule of 0 steps");
  });
});
