import { expect, test } from "vitest";
import type { Value, ValueType } from "../../../compiler/kernel/kernel.ts";
import { mapOperands, operandsOf, withOperands } from "../../../compiler/kernel/operands.ts";

const type: ValueType = { scalar: "f32", lanes: 1 };
const wide: ValueType = { scalar: "f32", lanes: 4 };
const constant = (value: number): Value => ({ kind: "constant", type, value });
const [one, two, three, four] = [constant(1), constant(2), constant(3), constant(4)];
const spread: Value = { kind: "splat", type: wide, value: one };

const values: readonly (readonly [Value, readonly Value[]])[] = [
  [one, []],
  [{ kind: "op", type, op: "add", args: [one, two] }, [one, two]],
  [spread, [one]],
  [{ kind: "vector", type: wide, values: [one, two, three, four] }, [one, two, three, four]],
  [{ kind: "lane", type, value: spread, lane: 2 }, [spread]],
];

test.each(values)("of %o", (value, operands) => {
  expect(operandsOf(value)).toEqual(operands);
  expect(withOperands(value, operandsOf(value))).toBe(value);
  expect(mapOperands(value, (operand) => operand)).toBe(value);
  const others = mapOperands(value, () => four);
  expect(operandsOf(others)).toEqual(operands.map(() => four));
  expect({ ...others, args: 0, value: 0, values: 0 }).toEqual({ ...value, args: 0, value: 0, values: 0 });
});
