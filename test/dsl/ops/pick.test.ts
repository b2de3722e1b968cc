import fc from "fast-check";
import { expect, test } from "vitest";
import { fromElements } from "../../../dsl/evaluate.ts";
import { pickAlong } from "../../../dsl/ops/pick.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkAdjoint } from "../../../dsl/testing/index.ts";
import { elementsOf } from "../../support/tensors.ts";

const matrix = (rows: number, columns: number): AnyTensor =>
  fromElements(
    { shape: [rows, columns], dtype: "f32" },
    Float32Array.from({ length: rows * columns }, (_, i) => i + 1),
  );

test.each<readonly [readonly number[]]>([
  [[0, 1, 2]],
  [[1, 3]],
  [[0, 0, 0, 1, 1, 1, 2]],
  [[-1, 0, 0, 1, 1, 2, 2, 3]],
  [[2, 2, 2]],
  [[0, 0, 1, 2]],
  [[4, -2]],
])("%j picks what stands there, and 0 outside", (places) => {
  const picked = pickAlong(matrix(1, 3), 1, places);
  expect(elementsOf(picked)).toEqual(places.map((place) => (place >= 0 && place < 3 ? place + 1 : 0)));
});

test("has the places and the adjoint that it says, whether they are regular or not", () => {
  const place = fc.integer({ min: -2, max: 5 });
  const irregular = fc.array(place, { minLength: 1, maxLength: 7 });
  const regular = fc
    .tuple(place, fc.integer({ min: 1, max: 3 }), fc.nat(2), fc.integer({ min: 1, max: 8 }))
    .map(([start, times, skipped, length]) =>
      Array.from({ length }, (_, i) => start + Math.floor((i + skipped) / times)),
    );
  fc.assert(
    fc.property(fc.oneof(irregular, regular), fc.nat(1), (places, axis) => {
      const x = axis === 0 ? matrix(4, 2) : matrix(2, 4);
      const found = elementsOf(pickAlong(x, axis, places));
      const expected = (axis === 0 ? places : [0, 1]).flatMap((i) =>
        (axis === 0 ? [0, 1] : places).map((j) => {
          const [place, other] = axis === 0 ? [i, j] : [j, i];
          if (place < 0 || place > 3) return 0;
          return axis === 0 ? place * 2 + other + 1 : other * 4 + place + 1;
        }),
      );
      expect(found).toEqual(expected);
      checkAdjoint((x: AnyTensor) => pickAlong(x, axis, places), [x]);
    }),
    { seed: 7, numRuns: 200 },
  );
});
