/** One suite over the scalar functions: what must hold of every record. */

import { describe, expect, it } from "vitest";
import { derivative } from "../../../dsl/scalar/derivative.ts";
import { constant, input, toFunction, type Value } from "../../../dsl/scalar/expression.ts";
import type { Interval, ScalarFunction } from "../../../dsl/scalar/function.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import { numericDerivative } from "../../../dsl/scalar/numeric.ts";
import { singleFunction } from "../../../dsl/scalar/single.ts";
import { edgesOf, floatIn, product, sampler, typesOf, ulpOf } from "./samples.ts";

const functions = Object.entries(scalar).map(([name, { record }]): [string, ScalarFunction] => [name, record]);

const within = ([low, high]: Interval, x: number): boolean => x >= low && x <= high;

describe.each(functions)("%s", (name, fn) => {
  const allTypes = typesOf(fn);
  const inputsOf = (types: (typeof allTypes)[number]) => types.map((type, i) => input(i, type));

  it("has a record of its name that takes some type", () => {
    expect(fn.name).toBe(name);
    expect(allTypes.length).toBeGreaterThan(0);
    expect(fn.domain).toHaveLength(fn.arity);
    expect(fn.range ?? fn.domain).toHaveLength(fn.arity);
    expect(fn.formula).not.toBe("");
    if (fn.derivative !== "zero") expect(fn.derivative).toHaveLength(fn.arity);
  });

  it("gives the type that it says", () => {
    for (const types of allTypes) {
      const meaning = fn.meaningFor(types);
      const result = fn.signature(types);
      for (const args of product(types.map((type) => edgesOf(type).slice(0, 8)))) {
        const value = meaning(...args);
        if (result === "bool") expect(value).toBeTypeOf("boolean");
        else expect(value).toBeTypeOf("number");
        if (result === "i32") expect(value).toBe((value as number) | 0);
        if (result === "u32") expect(value).toBe((value as number) >>> 0);
      }
    }
  });

  if (allTypes.some(([first]) => first === "f32") && fn.signature(allTypes[0] as never) === "f32") {
    it("has the derivative of its meaning, off kinks", () => {
      const random = sampler(7);
      const types = fn.domain.map(() => "f32" as const);
      const call = fn.of(...inputsOf(types));
      const meaning = fn.meaningFor(types) as (...args: number[]) => number;
      for (let place = 0; place < fn.arity; place++) {
        const slope = derivative(call, place, constant(1));
        const symbolic = slope === undefined ? () => 0 : toFunction(slope);
        let compared = 0;
        for (let turn = 0; turn < 60; turn++) {
          const args = fn.domain.map((interval) => interval[0] + (interval[1] - interval[0]) * random());
          if (fn.kinks?.some((kink) => Math.abs((args[0] as number) - kink) < 1e-3)) continue;
          const numeric = numericDerivative((x) => meaning(...args.with(place, x)), args[place] as number);
          const exact = symbolic(...args) as number;
          expect(Math.abs(exact - numeric), `${name}(${args}) to ${place}: ${exact}, ${numeric}`).toBeLessThan(
            1e-8 * Math.max(1, Math.abs(exact)),
          );
          compared++;
        }
        expect(compared).toBeGreaterThan(40);
      }
    });
  }

  if (fn.expansion === "base") return;

  it("expands to its meaning, within its ulp", () => {
    const range = fn.range ?? fn.domain;
    for (const types of allTypes) {
      const meaning = fn.meaningFor(types);
      const single = singleFunction(fn.of(...inputsOf(types)));
      const check = (args: readonly Value[], inRange: boolean): void => {
        const exact = meaning(...args);
        const value = single(...args);
        const text = `${name}(${args}): ${value}, and ${exact} in f64`;
        if (typeof exact === "boolean" || types[0] === "i32" || types[0] === "u32") {
          expect(value, text).toBe(exact);
          return;
        }
        const rounded = Math.fround(exact);
        if (!Number.isFinite(rounded) || !Number.isFinite(value as number)) {
          // At the rim of f32 a result within its ulp may round to ∞.
          const rim = Math.abs(exact) > 3.4028e38 && !Number.isNaN(value);
          if (inRange && !rim) expect(value, text).toBe(rounded);
        } else if (inRange)
          expect(Math.abs((value as number) - exact) / ulpOf(exact), text).toBeLessThanOrEqual(fn.ulp);
      };
      for (const args of product(types.map(edgesOf))) {
        const inRange = args.every(
          (arg, i) =>
            typeof arg !== "number" || !Number.isFinite(arg) || arg === 0 || within(range[i] as Interval, arg),
        );
        check(args, inRange);
      }
      if (types.some((type) => type !== "f32")) continue;
      const random = sampler(1);
      for (let turn = 0; turn < 1200; turn++)
        check(
          range.map((interval) => floatIn(interval, random, turn)),
          true,
        );
    }
  });
});
