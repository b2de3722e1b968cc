import { describe, expect, it } from "vitest";
import { add, map, mul } from "../../dsl/ops.ts";
import { withTape } from "../../dsl/tape.ts";
import type { Tensor } from "../../dsl/tensor.ts";
import { expectClose } from "../../dsl/testing/index.ts";
import { elementsOf, scalarTensor, vector } from "../support/tensors.ts";

describe("withTape", () => {
  it("opens a tape above all before it, whatever became of those", () => {
    withTape((outer) => {
      const level = withTape((inner) => inner.level);
      expect(level).toBeGreaterThan(outer.level);
      expect(() =>
        withTape(() => {
          throw new Error("stop");
        }),
      ).toThrow("stop");
      withTape((next) => expect(next.level).toBeGreaterThan(level));
    });
  });
});

describe("a tape", () => {
  it("records only what varies", () => {
    withTape((tape) => {
      const x = tape.watch(scalarTensor(3));
      const fixed = mul(scalarTensor(2), scalarTensor(5));
      expect(tape.primalOf(fixed)).toBe(fixed);
      const y = mul(x, fixed);
      expect(elementsOf(tape.primalOf(y))).toEqual([30]);
      expectClose(tape.pullback([y], [scalarTensor(1)], [x])[0], 10);
    });
  });

  it("gives undefined, which is zero, where nothing leads from a result to a variable", () => {
    withTape((tape) => {
      const x = tape.watch(scalarTensor(3));
      const unused = tape.watch(scalarTensor(4));
      const y: Tensor<[]> = add(x as Tensor<[]>, 1);
      expect(tape.pullback([y], [scalarTensor(1)], [unused])).toEqual([undefined]);
      expect(tape.pullback([scalarTensor(1)], [scalarTensor(1)], [x])).toEqual([undefined]);
    });
  });

  it("adds the cotangents of a value that is used more than once", () => {
    withTape((tape) => {
      const x = tape.watch(vector(2, 3)) as Tensor<[2]>;
      const y = add(mul(x, x), x);
      expectClose(tape.pullback([y, x], [vector(1, 1), vector(100, 100)], [x])[0], [105, 107]);
    });
  });

  it("pulls back through a function recorded whole", () => {
    withTape((tape) => {
      const x = tape.watch(vector(2, 3));
      const [y] = tape.record([x], [vector(7, 7)], ([ct]) => ct && mul(ct, 10));
      expect(elementsOf(tape.primalOf(y as Tensor<[2]>))).toEqual([7, 7]);
      expectClose(tape.pullback([y as Tensor<[2]>], [vector(1, 2)], [x])[0], [10, 20]);
    });
  });

  it("holds results of integer and boolean types constant", () => {
    withTape((tape) => {
      const x = tape.watch(vector(2, -3)) as Tensor<[2]>;
      const negative = map(x, (x) => x < 0);
      expect(elementsOf(negative)).toEqual([0, 1]);
    });
  });

  it("has no elements to be read before it is closed", () => {
    withTape((tape) => {
      const x = tape.watch(vector(2, 3));
      expect(() => elementsOf(x)).toThrow(
        "a tensor inside a gradient has no elements yet; return it, and read the result",
      );
    });
  });
});
