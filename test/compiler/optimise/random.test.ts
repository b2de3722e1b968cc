/** On random programs every pass keeps the values and the rules of the IR, and has nothing left to do when it has run. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import { evaluate } from "../../../compiler/ir/interpret.ts";
import { countEquations, type Program } from "../../../compiler/ir/program.ts";
import { split } from "../../../compiler/optimise/split.ts";
import { optimisation, optimise, type Pass, runPasses } from "../../../compiler/passes.ts";
import { denseOf, inPrecision } from "../../../dsl/evaluate.ts";
import { programs } from "./random-program.ts";
import { differencesOf, operandsFor, valuesOf } from "./regions.ts";

const keep = (name: string): boolean => name === "known";
const passes = new Map(
  optimisation(keep)
    .flat()
    .map((pass: Pass) => [pass.name, pass.run]),
);

const exact = (program: Program, values: readonly (readonly number[])[]): string[] =>
  differencesOf(values, valuesOf(program), 1e-9);

test("each pass keeps the values, and is done when it has run", () => {
  const changed = new Set<string>();
  fc.assert(
    fc.property(programs, (program) =>
      inPrecision("f64", () => {
        const values = valuesOf(checkProgram(program));
        runPasses(program, optimisation(keep), {
          check: true,
          onPass: (report) => {
            const { name, after } = report;
            if (report.changed) {
              changed.add(name);
              expect(exact(after, values)).toEqual([]);
            }
            expect(passes.get(name)?.(after)).toBe(after);
          },
        });
      }),
    ),
    { numRuns: 300 },
  );
  expect([...changed].sort()).toEqual([...passes.keys()].sort());
});

test("all passes together keep the values, and make programs smaller", () => {
  let [before, after] = [0, 0];
  fc.assert(
    fc.property(programs, (program) =>
      inPrecision("f64", () => {
        const optimised = optimise(program, { check: true, keep: () => false });
        before += countEquations(program);
        after += countEquations(optimised);
        expect(exact(optimised, valuesOf(program))).toEqual([]);
        expect(optimise(optimised, { keep: () => false })).toBe(optimised);
      }),
    ),
    { numRuns: 300 },
  );
  expect(after).toBeLessThan(0.7 * before);
});

test("load time and call time together give the values", () => {
  fc.assert(
    fc.property(programs, fc.subarray([0, 1, 2, 3]), (program, places) =>
      inPrecision("f64", () => {
        const bound = new Set(places);
        const { load, call } = split(optimise(program), bound);
        checkProgram(load);
        checkProgram(call);
        const operands = operandsFor(program);
        const loaded = evaluate(
          load,
          operands.filter((_, i) => bound.has(i)),
        );
        const results = evaluate(call, [...operands.filter((_, i) => !bound.has(i)), ...loaded]);
        const found = results.map((tensor) => Array.from(denseOf("test", tensor).data));
        expect(differencesOf(valuesOf(program, operands), found, 1e-9)).toEqual([]);
      }),
    ),
    { numRuns: 300 },
  );
});
