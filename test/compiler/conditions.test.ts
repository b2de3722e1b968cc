import { expect, test } from "vitest";
import { readProgram } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { evaluate } from "../../compiler/ir/interpret.ts";
import { tensor, toHost } from "../../dsl/index.ts";
import { conditions } from "../programs/conditions.ts";

test("numbers in conditions mean what they mean in JavaScript", () => {
  const operands = [tensor([-1, 0, Number.NaN, 2]), tensor([-1, 0, 1, 4], "i32")] as const;
  const { program } = readProgram(openSources(), "test/programs/conditions.ts", "conditions");
  const direct = conditions(...operands).map((x) => [...toHost(x).data]);
  expect(evaluate(program, operands).map((x) => [...toHost(x).data])).toEqual(direct);
  expect(direct[0]).toEqual([1, 2, 2, 1]);
});
