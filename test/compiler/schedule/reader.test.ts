/** Elements of kernels that no memory holds. */

import { expect, test } from "vitest";
import { compilePlan } from "../../../compiler/compile-plan.ts";
import type { Kernel } from "../../../compiler/kernel/kernel.ts";
import { printKernel } from "../../../compiler/kernel/print.ts";
import { optimise } from "../../../compiler/passes.ts";
import { roundToHalf } from "../../../dsl/half.ts";
import { openModules } from "../../support/compiled.ts";
import { openPlan } from "../../support/run-plan.ts";

const modules = openModules({
  "read.ts": `import { add, cast, expand, neg, pad, reshape, slice, type Tensor } from "typegrad";
export const padded = (x: Tensor<[3], "f16">) => cast(pad(x, [[1, 2]], { value: 0.1 }), "f32");
export const aroundNothing = (x: Tensor<[3, 2]>, row: Tensor<[1, 2]>) =>
  add(expand(row, [3, 2]), reshape(pad(reshape(slice(neg(x), 1, 2, 2), [0]), [[3, 3]]), [3, 2]));
`,
});

test("what pads halves is a half", async () => {
  const { program, signature } = modules.read("read.ts", "padded");
  const plan = await compilePlan("padded", optimise(program, { keep: () => false }), signature, { device: "wasm" });
  const [padded] = openPlan(plan).call([[1, 2, 3]]);
  const tenth = roundToHalf(0.1);
  expect([...(padded as Float32Array)]).toEqual([tenth, 1, 2, 3, tenth, tenth]);
});

test("nothing is read where there are no elements", async () => {
  const { program, signature } = modules.read("read.ts", "aroundNothing");
  // As it was read: passes find out about most tensors of no elements, but not about all.
  let text = "";
  const onKernel = (kernel: Kernel): void => {
    text += printKernel(kernel);
  };
  const plan = await compilePlan("sum", program, signature, { device: "wasm", onKernel });
  expect(text).not.toMatch(/% 0\b/);
  const [result] = openPlan(plan).call([
    [1, 2, 3, 4, 5, 6],
    [7, 8],
  ]);
  expect([...(result as Float32Array)]).toEqual([7, 8, 7, 8, 7, 8]);
});
