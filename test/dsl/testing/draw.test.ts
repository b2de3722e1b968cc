import fc from "fast-check";
import { expect, it } from "vitest";
import { drawFrom } from "../../../dsl/testing/index.ts";
import { elementsOf } from "../../support/tensors.ts";

it("draws within the limits that an op gives", () => {
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const draw = drawFrom(gen);
      expect([2, 3, 4]).toContain(draw.integer(2, 4));
      expect(["a", "b"]).toContain(draw.oneOf(["a", "b"]));
      expect(draw.shape({ minRank: 2, maxRank: 2 })).toHaveLength(2);
      const indices = draw.tensor([2, 2], { dtype: "i32", below: 3 });
      expect(indices).toMatchObject({ shape: [2, 2], dtype: "i32" });
      for (const index of elementsOf(indices)) expect([0, 1, 2]).toContain(index);
    }),
    { seed: 7 },
  );
});

it("shrinks what was drawn", () => {
  const { counterexample, failed } = fc.check(
    fc.property(fc.gen(), (gen) => {
      const draw = drawFrom(gen);
      const shape = draw.shape();
      return elementsOf(draw.tensor(shape)).length < 3 || draw.integer(0, 100) < 7;
    }),
    { seed: 7 },
  );
  expect(failed).toBe(true);
  const [shape, , integer] = (counterexample as [{ values: () => unknown[] }])[0].values();
  expect((shape as number[]).reduce((size, dim) => size * dim, 1)).toBeLessThanOrEqual(4);
  expect(integer).toBe(7);
});
