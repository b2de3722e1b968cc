import { describe, expect, it } from "vitest";
import { emitter } from "../../../compiler/kernel/emit.ts";
import { flattenIndex, indexOf, indexVariable } from "../../../compiler/kernel/index-expression.ts";
import {
  blockCount,
  blockSteps,
  emitSumLoops,
  partCount,
  runsOf,
  sumLevels,
} from "../../../compiler/schedule/sum-levels.ts";
import { indexNumber } from "../../support/contractions.ts";

const axes = [indexVariable("y", 3), indexVariable("x", 3), indexVariable("c", 8)] as const;
const [y, x, c] = axes.map(indexOf) as [
  ReturnType<typeof indexOf>,
  ReturnType<typeof indexOf>,
  ReturnType<typeof indexOf>,
];

describe("the loops over a sum", () => {
  it("walks axes as one where a step of the outer is all of the inner", () => {
    const halo = flattenIndex([y, x, c], [3, 10, 8]);
    expect(runsOf(axes, [halo]).map(({ size }) => size)).toEqual([3, 24]);
    expect(runsOf(axes, [flattenIndex([y, x, c], [3, 3, 8])]).map(({ size }) => size)).toEqual([72]);
    expect(runsOf(axes, [halo, flattenIndex([y, c, x], [3, 8, 3])]).map(({ size }) => size)).toEqual([3, 3, 8]);
  });

  it("cuts by divisors, and leaves whole what has none", () => {
    const levels = sumLevels(runsOf([indexVariable("k", 4096)], []), 1024, 256);
    expect([partCount(levels), blockCount(levels), blockSteps(levels)]).toEqual([4, 4, 256]);
    const prime = sumLevels(runsOf([indexVariable("k", 4099)], []), 1024, 256);
    expect([partCount(prime), blockCount(prime), blockSteps(prime)]).toEqual([1, 1, 4099]);
    const nested = sumLevels(
      [4, 32, 48].map((size) => ({ axes: [indexVariable("k", size)], size })),
      6144,
      256,
    );
    expect([nested.part, nested.block]).toEqual([
      [4, 32, 48],
      [1, 4, 48],
    ]);
  });

  it("visits each step once", () => {
    const levels = sumLevels(runsOf(axes, [flattenIndex([y, x, c], [3, 10, 8])]), 24, 8);
    const seen: number[] = [];
    for (let part = 0; part < partCount(levels); part++)
      for (let block = 0; block < blockCount(levels); block++)
        emitSumLoops(emitter(), levels, indexOf(part), indexOf(block), (places, step) => {
          const place = flattenIndex(
            axes.map((axis) => places.get(axis) ?? indexOf(0)),
            [3, 3, 8],
          );
          const [term] = step.terms;
          if (term?.atom.kind !== "variable") throw new Error("the step is the variable of a loop");
          for (let k = 0; k < term.atom.size; k++) seen.push(indexNumber(place, new Map([[term.atom, k]])));
        });
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 72 }, (_, i) => i));
  });
});
