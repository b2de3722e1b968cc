/** Elements of kernels that no memory holds. */

import { expect, test } from "vitest";
import { compilePlan } from "../../../compiler/compile-plan.ts";
import { optimise } from "../../../compiler/passes.ts";
import { roundToHalf } from "../../../dsl/half.ts";
import { openModules } from "../../support/compiled.ts";
import { openPlan } from "../../support/run-plan.ts";

const modules = openModules({
  "halves.ts": `import { cast, pad, type Tensor } from "typegrad";
export const padded = (x: Tensor<[3], "f16">) => cast(pad(x, [[1, 2]], { value: 0.1 }), "f32");
`,
});

test("what pads halves is a half", async () => {
  const { program, signature } = modules.read("halves.ts", "padded");
  const plan = await compilePlan("padded", optimise(program, { keep: () => false }), signature, { device: "wasm" });
  const [padded] = openPlan(plan).call([[1, 2, 3]]);
  const tenth = roundToHalf(0.1);
  expect([...(padded as Float32Array)]).toEqual([tenth, 1, 2, 3, tenth, tenth]);
});
