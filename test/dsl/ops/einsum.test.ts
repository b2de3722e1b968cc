import { expect, test } from "vitest";
import { einsum } from "../../../dsl/ops/einsum.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkGrads } from "../../../dsl/testing/index.ts";
import { elementsOf, filled, indices } from "../../support/tensors.ts";

/** The types know equations that are literals; here they are not. */
const run = (equation: string, ...operands: readonly AnyTensor[]): AnyTensor =>
  einsum(equation, ...(operands as [AnyTensor]));

const dims: Readonly<Record<string, number>> = { b: 2, c: 3, i: 4, j: 3, k: 2, t: 2 };

/** Adds the product for every assignment of the letters: the definition. */
const naive = (equation: string, operands: readonly AnyTensor[]): number[] => {
  const [left = "", output = ""] = equation.replaceAll(" ", "").split("->");
  const labels = left.split(",");
  const letters = [...new Set(left.replaceAll(",", ""))];
  const size = (text: string): number => Array.from(text).reduce((product, c) => product * (dims[c] as number), 1);
  const out = new Array<number>(size(output)).fill(0);
  const data = operands.map(elementsOf);
  for (let n = 0; n < size(letters.join("")); n++) {
    let rest = n;
    const place: Record<string, number> = {};
    for (const letter of letters) {
      place[letter] = rest % (dims[letter] as number);
      rest = Math.floor(rest / (dims[letter] as number));
    }
    const at = (text: string): number =>
      Array.from(text).reduce((offset, c) => offset * (dims[c] as number) + (place[c] as number), 0);
    const term = labels.reduce((product, text, i) => product * (data[i]?.[at(text)] as number), 1);
    out[at(output)] = (out[at(output)] as number) + term;
  }
  return out;
};

test.each([
  "bct,bci->bti",
  "bct,bci->itb",
  "ij,jk->ik",
  "i,j->ji",
  "bij,bij->b",
  "ij,ij->",
  "bi,cj->cb",
  "ij->ji",
  "bij->jb",
  "ij->",
  ",i->i",
  "b,,i->ib",
  "ii->i",
  "ii->",
  "bicib->cb",
  "ibi,j->bj",
  "bi,ij,bj->b",
  "bi,ij,jk,kc->cb",
  " b i , i j -> j b ",
])("%s", (equation) => {
  const left = equation.replaceAll(" ", "").split("->")[0] as string;
  const operands = left.split(",").map((text, n) =>
    filled(
      Array.from(text, (c) => dims[c] as number),
      n + 1,
    ),
  );
  const result = run(equation, ...operands);
  expect(result.shape).toEqual(Array.from((equation.split("->")[1] as string).replaceAll(" ", ""), (c) => dims[c]));
  expect(elementsOf(result)).toEqual(naive(equation, operands));
  checkGrads((...xs: readonly AnyTensor[]) => run(equation, ...xs), operands, { entries: 5 });
});

test("takes letters of any alphabet, in both cases", () => {
  const x = filled([2, 3]);
  expect(elementsOf(run("Aα->αA", x))).toEqual(elementsOf(run("ij->ji", x)));
});

test.each([
  [
    "ij,jk",
    [
      [2, 3],
      [3, 4],
    ],
    'einsum "ij,jk": an equation has the labels of each operand, "->", and the labels of the result, as "ij,jk->ik" has',
  ],
  ["ij->j->i", [[2, 3]], 'einsum "ij->j->i": an equation has'],
  ["i...->i", [[2, 3]], 'einsum "i...->i": "." is no label; an axis has a letter, and operands are parted by commas'],
  ["i1->i", [[2, 3]], 'einsum "i1->i": "1" is no label'],
  ["ij,jk->ik", [[2, 3]], 'einsum "ij,jk->ik": the equation has labels for 2, and the operands are 1'],
  ["ij->i", [[2, 3], [3]], 'einsum "ij->i": the equation has labels for 1, and the operands are 2'],
  [
    "ij->ik",
    [[2, 3]],
    'einsum "ij->ik": no operand has the label k of the result; sum or keep labels, and add axes with reshape',
  ],
  ["ij->ii", [[2, 3]], 'einsum "ij->ii": the result has the label i twice'],
  [
    "ij,jk->ik",
    [
      [2, 3],
      [3, 4, 5],
    ],
    'einsum "ij,jk->ik": operand 2 is [3, 4, 5], and the equation has 2 labels for it',
  ],
  [
    "ij,jk->ik",
    [
      [2, 3],
      [4, 5],
    ],
    'einsum "ij,jk->ik": label j is 3 in operand 1 and 4 in operand 2; axes of one label have one size',
  ],
  ["ii->i", [[2, 3]], 'einsum "ii->i": label i is 2 in operand 1 and 3 in operand 1; axes of one label have one size'],
] as const)("refuses %s of %j", (equation, shapes, message) => {
  expect(() => run(equation, ...shapes.map((shape) => filled(shape)))).toThrow(message);
});

test("refuses other dtypes, and operands without an equation", () => {
  expect(() => run("i->i", indices([2], [1, 2]))).toThrow("einsum: i32[2] is of a dtype that einsum does not take");
  expect(() => run(filled([2]) as unknown as string)).toThrow("einsum: the equation comes first");
});
