import { describe, expect, test } from "vitest";
import { fromElements } from "../../../dsl/evaluate.ts";
import { tensor } from "../../../dsl/host.ts";
import { permute } from "../../../dsl/ops/move.ts";
import { rearrange } from "../../../dsl/ops/rearrange.ts";
import { reshape } from "../../../dsl/ops/reshape.ts";
import { ShapeError } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf } from "../../support/tensors.ts";

const counting = (...shape: readonly number[]): AnyTensor =>
  fromElements(
    { shape: shape, dtype: "f32" },
    Float32Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, (_, i) => i),
  );
const x = counting(2, 6, 3) as unknown as Tensor<[2, 6, 3]>;
const loose = x as AnyTensor;

const same = (a: AnyTensor, b: AnyTensor): void => {
  expect(a.shape).toEqual(b.shape);
  expect(elementsOf(a)).toEqual(elementsOf(b));
};

describe("rearrange", () => {
  test("splits groups: heads of attention", () => {
    same(rearrange(x, "b (h d) t -> b h t d", { h: 2 }), permute(reshape(x, [2, 2, 3, 3]), [0, 1, 3, 2]));
    same(
      rearrange(x, "b (h d) t -> b (d h) t", { d: 3 }),
      reshape(permute(reshape(x, [2, 2, 3, 3]), [0, 2, 1, 3]), [2, 6, 3]),
    );
  });

  test("merges, by hand", () => {
    const small = tensor([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(elementsOf(rearrange(small, "a b -> (b a)"))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(elementsOf(rearrange(small, "a (b c) -> b a c", { c: 1 }))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test("makes and drops axes of 1", () => {
    expect(rearrange(x, "a b c -> a 1 c b ()").shape).toEqual([2, 1, 3, 6, 1]);
    expect(rearrange(counting(1, 4, 1), "1 a () -> a").shape).toEqual([4]);
    expect(rearrange(tensor(1), " -> 1 1").shape).toEqual([1, 1]);
    expect(rearrange(x, "a b c->(a 1) c b").shape).toEqual([2, 3, 6]);
  });

  test("keeps what ... takes, in order", () => {
    const y = counting(2, 3, 4, 5);
    same(rearrange(y, "... w -> w ..."), permute(y, [3, 0, 1, 2]));
    same(rearrange(y, "a ... (w p) -> p ... a w", { p: 5 }), reshape(permute(y, [3, 1, 2, 0]), [5, 3, 4, 2, 1]));
    same(rearrange(y, "a b c d ... -> d ... c b a"), permute(y, [3, 2, 1, 0]));
  });

  test("splits into more than two, and takes sizes of whole groups", () => {
    expect(rearrange(x, "b (i j k) t -> b i j k t", { i: 3, j: 1 }).shape).toEqual([2, 3, 1, 2, 3]);
    expect(rearrange(x, "b (h d) t -> (b t) h d", { b: 2, h: 2, d: 3 }).shape).toEqual([6, 2, 3]);
  });

  test("splits no elements", () => {
    expect(rearrange(counting(0, 2), "(a b) c -> a b c", { b: 4 }).shape).toEqual([0, 4, 2]);
  });

  test("is undone by the pattern turned round, and pulls back by it", () => {
    const [y, pullback] = vjp((x: Tensor<[2, 6, 3]>) => rearrange(x, "b (h d) t -> (t b) d h", { h: 2 }))(x);
    same(rearrange(y, "(t b) d h -> b (h d) t", { b: 2 }), x);
    same(pullback(y), x);
  });

  test.each<readonly [string, Record<string, number>, string]>([
    ["b c t", {}, 'needs one arrow, as in "b c h w -> b (h w) c"'],
    ["b -> c -> t", {}, 'needs one arrow, as in "b c h w -> b (h w) c"'],
    ["b (c t -> b c t", {}, "has parentheses that do not pair; a group stands as (h w), not in another group"],
    ["b c) t -> b c t", {}, "has parentheses that do not pair; a group stands as (h w), not in another group"],
    ["b ((c) t) -> b c t", {}, "has parentheses that do not pair; a group stands as (h w), not in another group"],
    ["b 6 t -> b 6 t", {}, "has 6 for an axis; write a label, 1, ... or a group"],
    ["b ... -> (b ...)", {}, "has ... in a group; it must stand alone"],
    ["b b t -> b t", {}, "has b twice on one side"],
    ["b c t -> b c t t", {}, "has t twice on one side"],
    ["b c t -> b c", {}, "has t on one side only; every label stands on both"],
    ["b c t -> b c t u", {}, "has u on one side only; every label stands on both"],
    ["b ... -> b", {}, "has ... on one side only; every label stands on both"],
    ["b c -> c b", {}, "is for rank 2, and [2, 6, 3] has rank 3"],
    ["a b c d ... -> a b c d ...", {}, "is for more axes than [2, 6, 3] has"],
    ["b c t -> t c b", { g: 2 }, "has no g, whose size is given"],
    ["b (h d) t -> b h d t", {}, "leaves more than one size of (h d) open; give all but one"],
    [
      "b (h d) t -> b h d t",
      { h: 4 },
      "does not fit [2, 6, 3]: a dim of 6 is read as (h d), whose known sizes multiply to 4",
    ],
    [
      "b (h d) t -> b h d t",
      { h: 2, d: 2 },
      "does not fit [2, 6, 3]: a dim of 6 is read as (h d), whose known sizes multiply to 4",
    ],
    ["b c 1 -> b c", {}, "does not fit [2, 6, 3]: a dim of 3 is read as (), whose known sizes multiply to 1"],
  ])("refuses %j with %j", (pattern, sizes, flaw) => {
    expect(() => rearrange(loose, pattern as string, sizes)).toThrow(new ShapeError(`rearrange: "${pattern}" ${flaw}`));
  });

  test("refuses sizes that are none", () => {
    expect(() => rearrange(loose, "b (h d) t -> b h d t", { h: 0 as number })).toThrow(
      new ShapeError("rearrange: the size of h is 0, and must be a whole number from 1 up"),
    );
  });
});
