/** Index expressions against the integers that they stand for. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addIndices,
  boundsOf,
  coefficientOf,
  eachVariable,
  flattenIndex,
  type Index,
  type IndexVariable,
  indexKey,
  indexOf,
  indexVariable,
  isMultiple,
  offsetIndex,
  quotient,
  remainder,
  sameIndex,
  scaleIndex,
  unflattenIndex,
} from "../../../compiler/kernel/index-expression.ts";

const variables = [indexVariable("a", 4), indexVariable("b", 6), indexVariable("c", 2), indexVariable("d", 1)];
const anyIndex: fc.Arbitrary<Index> = fc.letrec<{ index: Index; part: Index }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(...variables).map(indexOf),
    fc.integer({ min: -20, max: 20 }).map(indexOf),
    fc.tuple(tie("index"), fc.integer({ min: 1, max: 12 })).map(([index, by]) => quotient(positive(index), by)),
    fc.tuple(tie("index"), fc.integer({ min: 1, max: 12 })).map(([index, by]) => remainder(positive(index), by)),
  ),
  index: fc
    .array(
      fc.tuple(tie("part"), fc.integer({ min: -6, max: 12 })).map(([index, by]) => scaleIndex(index, by)),
      { maxLength: 3 },
    )
    .map((parts) => addIndices(...parts)),
})).index;
const positive = (index: Index): Index => offsetIndex(index, Math.max(0, -boundsOf(index)[0]));

type Point = ReadonlyMap<IndexVariable, number>;
const points: Point[] = [0, 1, 2, 3].flatMap((a) =>
  [0, 1, 2, 3, 4, 5].flatMap((b) =>
    [0, 1].map((c) => new Map(variables.map((each, i) => [each, [a, b, c, 0][i] ?? 0]))),
  ),
);

/** As a device computes it: what is divided must not be negative. */
const valueAt = (index: Index, point: Point): number =>
  index.terms.reduce((sum, { coefficient, atom }) => {
    if (atom.kind === "variable") return sum + coefficient * (point.get(atom) as number);
    const of = valueAt(atom.of, point);
    expect(of).toBeGreaterThanOrEqual(0);
    return sum + coefficient * (atom.kind === "quotient" ? Math.trunc(of / atom.by) : of % atom.by);
  }, index.constant + 0);

describe("index expressions", () => {
  test("divide as whole numbers do, and divide nothing negative on the way", () => {
    fc.assert(
      fc.property(anyIndex, fc.integer({ min: 1, max: 24 }), (index, by) => {
        const [whole, rest] = [quotient(positive(index), by), remainder(positive(index), by)];
        for (const point of points) {
          const value = valueAt(positive(index), point);
          expect(valueAt(whole, point)).toBe(Math.floor(value / by));
          expect(valueAt(rest, point)).toBe(value % by);
        }
        const again = addIndices(scaleIndex(whole, by), rest);
        for (const point of points) expect(valueAt(again, point)).toBe(valueAt(positive(index), point));
      }),
    );
  });

  test("what is left of a subtraction stays above zero", () => {
    const [a, b] = [indexOf(variables[0] as IndexVariable), indexOf(variables[1] as IndexVariable)];
    // 9 a − 3 b + 15, which is not negative, without its multiples of nine.
    const index = addIndices(scaleIndex(a, 9), scaleIndex(b, -3), indexOf(15));
    for (const point of points) expect(valueAt(remainder(index, 9), point)).toBe(valueAt(index, point) % 9);
  });

  test("lie in their bounds", () => {
    fc.assert(
      fc.property(anyIndex, (index) => {
        const [low, high] = boundsOf(index);
        for (const point of points) {
          expect(valueAt(index, point)).toBeGreaterThanOrEqual(low);
          expect(valueAt(index, point)).toBeLessThanOrEqual(high);
        }
      }),
    );
  });

  test("are equal if their keys are, and sums do not depend on the order", () => {
    fc.assert(
      fc.property(anyIndex, anyIndex, (first, second) => {
        const [sum, other] = [addIndices(first, second), addIndices(second, first)];
        expect(sameIndex(sum, other)).toBe(true);
        expect(indexKey(sum)).toBe(indexKey(other));
        for (const point of points) expect(valueAt(sum, point)).toBe(valueAt(first, point) + valueAt(second, point));
      }),
    );
  });

  test("a place that is taken apart and put together again is itself", () => {
    const place = indexOf(indexVariable("place", 24));
    for (const shape of [[24], [4, 6], [2, 1, 12], [2, 3, 4]])
      expect(sameIndex(flattenIndex(unflattenIndex(place, shape), shape), place)).toBe(true);
  });

  test("coefficients and multiples are proved", () => {
    fc.assert(
      fc.property(anyIndex, fc.integer({ min: 1, max: 4 }), (index, by) => {
        if (isMultiple(index, by)) for (const point of points) expect(Math.abs(valueAt(index, point) % by)).toBe(0);
        for (const variable of variables) {
          const step = coefficientOf(index, variable);
          let stands = false;
          eachVariable(index, (each) => {
            stands ||= each === variable;
          });
          if (!stands) expect(step).toBe(0);
          for (const point of points) {
            const here = point.get(variable) as number;
            if (step === undefined || here + 1 >= variable.size) continue;
            const next = new Map([...point, [variable, here + 1] as const]);
            expect(valueAt(index, next) - valueAt(index, point)).toBe(step);
          }
        }
      }),
    );
  });
});
