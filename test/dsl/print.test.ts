import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { format, full, grad, inPrecision, iota, print, reshape, type Tensor, tensor, zeros } from "../../dsl/index.ts";

const lines = (...text: readonly string[]): string => text.join("\n");

describe("format", () => {
  test.each([
    [tensor(3), "f32[] 3"],
    [tensor([]), "f32[0] []"],
    [zeros([2, 0]), lines("f32[2, 0] [[],", "           []]")],
    [tensor([true, false]), "bool[2] [ true, false]"],
    [tensor([1, -20, 300], "i32"), "i32[3] [  1, -20, 300]"],
    [tensor([1, 2, 3]), "f32[3] [1, 2, 3]"],
    [tensor([0.5, -0.25]), "f32[2] [ 0.50, -0.25]"],
    [tensor([1 / 3, 100, 0]), "f32[3] [  0.3333, 100.0000,   0.0000]"],
    [tensor([1e-5, 1]), "f32[2] [1.000e-5, 1.000e+0]"],
    [tensor([-1234567, 0]), "f32[2] [-1.235e+6,  0.000e+0]"],
    [tensor([NaN, Infinity, -Infinity, 1.5]), "f32[4] [      NaN,  Infinity, -Infinity,       1.5]"],
    [tensor([0.1], "f16"), "f16[1] [0.09998]"],
  ])("%s", (x, text) => {
    expect(format(x)).toBe(text);
  });

  test("puts rows below each other, and an empty line between blocks", () => {
    expect(format(reshape(iota(12), [2, 2, 3]))).toBe(
      lines(
        "i32[2, 2, 3] [[[ 0,  1,  2],",
        "               [ 3,  4,  5]],",
        "",
        "              [[ 6,  7,  8],",
        "               [ 9, 10, 11]]]",
      ),
    );
  });

  test("breaks long rows", () => {
    expect(format(full([30], 0.125))).toBe(
      lines(
        `f32[30] [${"0.125, ".repeat(13).trimEnd()}`,
        `         ${"0.125, ".repeat(13).trimEnd()}`,
        "         0.125, 0.125, 0.125, 0.125]",
      ),
    );
  });

  test("leaves out the middle of what has more than a thousand elements", () => {
    expect(format(iota(1001))).toBe("i32[1001] [   0,    1,    2, ...,  998,  999, 1000]");
    expect(format(reshape(iota(2000), [4, 500])).split("\n")[3]).toBe(
      "             [1500, 1501, 1502, ..., 1997, 1998, 1999]]",
    );
    expect(format(reshape(iota(2000), [500, 4])).split("\n")).toHaveLength(7);
    expect(format(reshape(iota(2000), [500, 4])).split("\n")[3]).toBe("             ...,");
    expect(format(iota(1000))).not.toContain("...");
  });

  test("of a tensor under a gradient shows its primal", () => {
    const seen: string[] = [];
    const loss = (x: Tensor<[]>): Tensor<[]> => {
      seen.push(format(x), inspect(x));
      return x;
    };
    grad(loss)(tensor(2.5));
    expect(seen).toEqual(["f32[] 2.5", "f32[] 2.5"]);
  });

  test("shows what is kept in f64", () => {
    inPrecision("f64", () => expect(format(tensor([0.1]))).toBe("f32[1] [0.1]"));
  });
});

test("print writes what format gives, and so does Node's console", () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    print(tensor([1, 2]));
    expect(log.mock.calls).toEqual([["f32[2] [1, 2]"]]);
  } finally {
    log.mockRestore();
  }
  expect(inspect({ x: tensor([1, 2]) })).toBe("{ x: f32[2] [1, 2] }");
});
