import { expect, test } from "vitest";
import { contract, type Labels } from "../../../dsl/ops/contract.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkGrads } from "../../../dsl/testing/index.ts";
import { elementsOf, filled } from "../../support/tensors.ts";

/** Σ over every assignment of all labels, one after the other: the definition. */
const naive = (labels: readonly [Labels, Labels], output: Labels, a: AnyTensor, b: AnyTensor): number[] => {
  const sizes = new Map<string, number>();
  [a, b].forEach((x, i) => {
    labels[i]?.forEach((label, axis) => {
      sizes.set(label, x.shape[axis]);
    });
  });
  const at = (own: Labels, place: ReadonlyMap<string, number>): number =>
    own.reduce((offset, label) => offset * (sizes.get(label) as number) + (place.get(label) as number), 0);
  const out = new Array<number>(output.reduce((size, label) => size * (sizes.get(label) as number), 1)).fill(0);
  const [x, y] = [elementsOf(a), elementsOf(b)];
  const walk = (left: readonly (readonly [string, number])[], place: ReadonlyMap<string, number>): void => {
    const [head, ...tail] = left;
    if (head === undefined) {
      const o = at(output, place);
      out[o] = (out[o] as number) + (x[at(labels[0], place)] as number) * (y[at(labels[1], place)] as number);
      return;
    }
    for (let i = 0; i < head[1]; i++) walk(tail, new Map([...place, [head[0], i]]));
  };
  walk([...sizes], new Map());
  return out;
};

const cases: readonly (readonly [string, readonly [Labels, Labels], Labels, readonly number[], readonly number[]])[] = [
  [
    "a product of matrices",
    [
      ["i", "k"],
      ["k", "j"],
    ],
    ["i", "j"],
    [5, 7],
    [7, 9],
  ],
  [
    "its transpose",
    [
      ["i", "k"],
      ["k", "j"],
    ],
    ["j", "i"],
    [5, 7],
    [7, 9],
  ],
  [
    "a batch between other axes",
    [
      ["i", "b", "k"],
      ["k", "j", "b"],
    ],
    ["j", "b", "i"],
    [3, 2, 4],
    [4, 5, 2],
  ],
  ["no sum", [["i"], ["j"]], ["j", "i"], [3], [4]],
  [
    "a sum of all",
    [
      ["i", "j"],
      ["j", "i"],
    ],
    [],
    [3, 4],
    [4, 3],
  ],
  [
    "products of equal places",
    [
      ["i", "j"],
      ["i", "j"],
    ],
    ["i", "j"],
    [3, 4],
    [3, 4],
  ],
  [
    "several axes of each sort",
    [
      ["p", "c", "q", "d"],
      ["d", "r", "c", "s"],
    ],
    ["q", "s", "p", "r"],
    [2, 3, 2, 2],
    [2, 2, 3, 3],
  ],
  ["a scalar", [[], ["i"]], ["i"], [], [3]],
  [
    "a sum of nothing",
    [
      ["i", "k"],
      ["k", "j"],
    ],
    ["i", "j"],
    [2, 0],
    [0, 3],
  ],
  [
    "an empty result",
    [
      ["i", "k"],
      ["k", "j"],
    ],
    ["i", "j"],
    [0, 2],
    [2, 3],
  ],
  [
    "labels beyond letters",
    [
      ["batch 1", "α"],
      ["α", "batch 2"],
    ],
    ["batch 1", "batch 2"],
    [2, 3],
    [3, 2],
  ],
];

test.each(cases)("%s", (_, labels, output, aShape, bShape) => {
  const [a, b] = [filled(aShape, 1), filled(bShape, 2)];
  const result = contract(labels, output, a, b);
  expect(elementsOf(result)).toEqual(naive(labels, output, a, b));
  if (elementsOf(a).length + elementsOf(b).length > 0)
    checkGrads((x: AnyTensor, y: AnyTensor) => contract(labels, output, x, y), [a, b], { order: 2, entries: 6 });
});

test("refuses labels that break its rule", () => {
  const x = filled([2, 3]);
  const apply = (labels: readonly [Labels, Labels], output: Labels) => () => contract(labels, output, x, x);
  expect(
    apply(
      [
        ["i", "i"],
        ["i", "j"],
      ],
      ["j"],
    ),
  ).toThrow("internal: contract: [2, 3] and [2, 3]: labels i,i");
  expect(
    apply(
      [
        ["i", "j"],
        ["j", "i"],
      ],
      [],
    ),
  ).toThrow("label j is 3 and 2");
  expect(
    apply(
      [
        ["i", "j"],
        ["i", "k"],
      ],
      ["i", "j"],
    ),
  ).toThrow("label k is summed over one operand");
  expect(
    apply(
      [
        ["i", "j"],
        ["i", "j"],
      ],
      ["l"],
    ),
  ).toThrow("no operand has label l");
  expect(
    apply(
      [
        ["i", "j"],
        ["i", "j"],
      ],
      ["i", "i"],
    ),
  ).toThrow("output i,i");
});
