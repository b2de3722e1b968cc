import { expect, test } from "vitest";
import { cheapestOrder, type Order } from "../../../dsl/ops/einsum-order.ts";

const orderOf = (equation: string, sizes: Readonly<Record<string, number>>): Order => {
  const [left = "", output = ""] = equation.split("->");
  return cheapestOrder(
    left.split(",").map((labels) => Array.from(labels)),
    Array.from(output),
    new Map(Object.entries(sizes)),
  );
};

test("products of matrices go where they are small", () => {
  expect(orderOf("ij,jk,kl->il", { i: 100, j: 2, k: 100, l: 2 })).toEqual([0, [1, 2]]);
  expect(orderOf("ij,jk,kl->il", { i: 2, j: 100, k: 2, l: 100 })).toEqual([[0, 1], 2]);
  expect(orderOf("ij,jk,kl,l->i", { i: 50, j: 50, k: 50, l: 50 })).toEqual([0, [1, [2, 3]]]);
});

test("operands that share nothing wait, even where they stand side by side", () => {
  expect(orderOf("a,b,ab->", { a: 100, b: 100 })).toEqual([[0, 2], 1]);
});

test("among equals it goes from left to right", () => {
  expect(orderOf("i,i,i,i->i", { i: 3 })).toEqual([[[0, 1], 2], 3]);
  expect(orderOf("ij->ji", { i: 2, j: 3 })).toBe(0);
});

test("many operands are not compared in all orders", () => {
  const chain = "ab,bc,cd,de,ef,fg,gh,hi,ij,jk->ak";
  const sizes = Object.fromEntries(Array.from("abcdefghijk", (label) => [label, 2]));
  expect(orderOf(chain, sizes)).toEqual([[[[[[[[[0, 1], 2], 3], 4], 5], 6], 7], 8], 9]);
});
