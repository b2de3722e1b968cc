import { describe, expect, it } from "vitest";
import { ShapeError } from "../../dsl/shape.ts";
import { treeLeaves, treeMap, treePaths, treeWith, treeZip } from "../../dsl/tree.ts";
import { elementsOf, scalarTensor, vector } from "../support/tensors.ts";

const params = () => ({ blocks: [{ weight: vector(1, 2) }, { weight: vector(3, 4) }] as const, bias: scalarTensor(5) });

describe("treeLeaves and treePaths", () => {
  it("list tensors in the order in which fields are written", () => {
    expect(treeLeaves(params()).map(elementsOf)).toEqual([[1, 2], [3, 4], [5]]);
    expect(treePaths(params())).toEqual(["blocks.0.weight", "blocks.1.weight", "bias"]);
  });

  it("take one tensor for a tree", () => {
    const x = vector(1);
    expect(treeLeaves(x)).toEqual([x]);
    expect(treePaths(x)).toEqual(["(root)"]);
  });

  it("take empty records and tuples", () => {
    expect(treeLeaves({ a: [], b: {} })).toEqual([]);
  });

  it.each([
    [{ a: { b: 3 } }, "treeLeaves: a number at a.b, where a tree has a tensor; pass what is static beside the tree"],
    [{ a: [null] }, "treeLeaves: null at a.0, where a tree has a tensor; pass what is static beside the tree"],
    ["x", "treeLeaves: a string at (root), where a tree has a tensor; pass what is static beside the tree"],
  ])("refuse %j", (tree, message) => {
    expect(() => treeLeaves(tree)).toThrow(new ShapeError(message));
  });
});

describe("treeMap", () => {
  it("applies a function to the leaves that stand at one place", () => {
    const seen: number[][][] = [];
    const kept = treeMap(
      (a, b) => {
        seen.push([a, b].map(elementsOf));
        return b;
      },
      params(),
      { bias: scalarTensor(6), blocks: [{ weight: vector(7, 8) }, { weight: vector(9, 10) }] as const },
    );
    expect(seen).toEqual([
      [
        [1, 2],
        [7, 8],
      ],
      [
        [3, 4],
        [9, 10],
      ],
      [[5], [6]],
    ]);
    expect(treeLeaves(kept).map(elementsOf)).toEqual([[7, 8], [9, 10], [6]]);
    expect(treePaths(kept)).toEqual(treePaths(params()));
  });

  it("pairs leaves by path, in whatever order the fields were written", () => {
    const a = { x: vector(1), y: vector(2) };
    const b = { y: vector(20), x: vector(10) };
    expect(treeLeaves(treeMap((_, q) => q, a, b)).map(elementsOf)).toEqual([[10], [20]]);
    expect(treeZip(a, b).map((pair) => pair.map(elementsOf))).toEqual([
      [[1], [10]],
      [[2], [20]],
    ]);
  });

  it("refuses trees of different structure, and names the place", () => {
    const a = { x: vector(1) };
    const b = { x: vector(1), y: vector(2) };
    expect(() => treeMap((_, q) => q, a, b as never)).toThrow(
      "treeMap: the trees differ: only one of them has a tensor at y",
    );
    expect(() => treeZip(b, a as never)).toThrow("treeZip: the trees differ: only one of them has a tensor at y");
  });
});

describe("treeWith", () => {
  it("puts other leaves into the same records and tuples", () => {
    expect(treeWith(params(), [1, 2, 3])).toEqual({ blocks: [{ weight: 1 }, { weight: 2 }], bias: 3 });
  });
});
