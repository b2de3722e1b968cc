/** The checker refuses each way in which a program can be broken. */

import { describe, expect, test } from "vitest";
import { checkProgram } from "../../../compiler/ir/check.ts";
import type { Equation, FoldOperation, Program } from "../../../compiler/ir/program.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { add, checkpointed, f32, foldOver, programOf, sin, typed } from "../optimise/regions.ts";

const chain = programOf([f32(2), f32(3)], (a) => sin(sin(a)));
const [first, second] = chain.equations as [Equation, Equation];
const [a, b] = chain.parameters as [Program["parameters"][number], Program["parameters"][number]];

const loop = programOf([f32(2), f32(3, 2)], (a, xs) =>
  foldOver({ steps: 3, from: [a], over: [xs] }, ([carry], [x]) => [add(carry as AnyTensor, x as AnyTensor)]),
);
const [fold] = loop.equations as [Equation];
const withFold = (change: (operation: FoldOperation) => Partial<FoldOperation>): Program => ({
  ...loop,
  equations: [
    { ...fold, operation: { ...(fold.operation as FoldOperation), ...change(fold.operation as FoldOperation) } },
  ],
});

const custom = (pullback: Program, cotangents: readonly (number | null)[]): Program => ({
  ...chain,
  equations: [
    { ...first, operation: { kind: "customVjp", body: { ...chain, parameters: [a] }, pullback, cotangents } },
    second,
  ],
});
const pulling = programOf([f32(2), f32(2), f32(2)], (ct) => ct);

const constant = (length: number): Program => {
  const type = f32(2);
  return { ...chain, results: [{ kind: "constant", type, value: { ...type, data: new Float32Array(length) } }] };
};

const broken: Readonly<Record<string, readonly [program: Program, message: string]>> = {
  "used before it is bound": [
    { ...chain, equations: [second, first] },
    "a variable (f32[2]) of test is used before it is bound",
  ],
  "a result that nothing binds": [
    { ...chain, equations: [first] },
    "a variable (f32[2]) of test is used before it is bound",
  ],
  "bound twice": [{ ...chain, equations: [first, first, second] }, "a variable of test is bound twice"],
  "a parameter bound twice": [{ ...chain, parameters: [a, a] }, "a of test is bound twice"],
  "an output of another type": [
    { ...chain, equations: [{ ...first, operands: [b] }, second] },
    "map: value 0 is f32[2], and f32[3] is due",
  ],
  "a constant of too few elements": [constant(1), "a constant f32[2] has 1 elements"],
  "a body that is broken": [
    {
      ...chain,
      equations: [
        { ...first, operation: { kind: "checkpoint", body: { ...chain, parameters: [a], equations: [second] } } },
        second,
      ],
    },
    "a variable (f32[2]) of test is used before it is bound",
  ],
  "operands that a body does not take": [
    { ...chain, equations: [{ ...first, operation: { kind: "checkpoint", body: chain } }, second] },
    "operands of checkpoint: 1 values, and 2 are due",
  ],
  "items without the leading axis": [
    withFold(() => ({ steps: 4 })),
    "operands of a fold: value 1 is f32[3, 2], and f32[4, 2] is due",
  ],
  "a carry that changes its type": [
    withFold(({ body }) => ({ body: { ...body, results: [body.parameters[2] as Program["parameters"][number]] } })),
    "carries of a fold: value 0 is i32[], and f32[2] is due",
  ],
  "an index of another type": [
    withFold(({ body }) => {
      const { parameters } = programOf([f32()], () => []);
      return { body: { ...body, parameters: [...body.parameters.slice(0, 2), ...parameters] } };
    }),
    "the index of a fold: value 0 is f32[], and i32[] is due",
  ],
  "fewer results than carries": [
    withFold(({ body }) => ({ body: { ...body, results: [] } })),
    "a fold of 1 carries gives 0",
  ],
  "a pullback without the outputs": [
    custom(
      programOf([f32(2), f32(2)], (ct) => ct),
      [0],
    ),
    "parameters of a pullback: 2 values, and 3 are due",
  ],
  "a cotangent that is not there": [custom(pulling, [1]), "a pullback has no result 1"],
  "a cotangent for each operand": [custom(pulling, []), "a customVjp of 1 operands has 0 cotangents"],
};

describe("the checker", () => {
  test.each(Object.entries(broken))("refuses %s", (_, [program, message]) => {
    expect(() => checkProgram(program)).toThrow(new Error(`internal: the program is broken: ${message}`));
  });

  test("takes programs that are whole, with all that they hold", () => {
    for (const program of [chain, loop, custom(pulling, [0]), custom(pulling, [null]), constant(2)])
      expect(checkProgram(program)).toBe(program);
    const index = programOf([typed("i32")], (i) => checkpointed([i], (i) => i as AnyTensor));
    expect(checkProgram(index)).toBe(index);
  });
});
