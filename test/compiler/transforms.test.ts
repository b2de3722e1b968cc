/** Transforms read from source mean what they mean directly, whatever the order of fields. */

import { describe, expect, test } from "vitest";
import { readProgram } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { evaluate } from "../../compiler/ir/interpret.ts";
import { tensor } from "../../dsl/index.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { expectClose } from "../../dsl/testing/index.ts";
import * as programs from "../programs/transforms.ts";

const sources = openSources();
const compiled = (name: keyof typeof programs, operands: readonly AnyTensor[]): AnyTensor[] =>
  evaluate(readProgram(sources, "test/programs/transforms.ts", name).program, operands);

describe("fields in another order", () => {
  const a = tensor([1, 2, 3]);
  const b = tensor([1, 2, 3]);

  test("of a tangent", () => {
    expectClose(programs.pushed(a, b), [2, 8, 18]);
    expectClose(compiled("pushed", [a, b])[0], [2, 8, 18]);
  });

  test("of a cotangent", () => {
    expectClose(compiled("pulled", [a, b])[0], programs.pulled(a, b));
  });

  test("of what a pullback of one's own gives", () => {
    expectClose(compiled("owned", [a, b])[0], programs.owned(a, b));
    expect(programs.owned(a, b).shape).toEqual([3]);
  });
});
