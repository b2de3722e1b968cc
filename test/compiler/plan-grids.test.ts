/** Kernels of one text may have grids of different sizes. */

import { expect, test } from "vitest";
import { compilePlan } from "../../compiler/compile-plan.ts";
import { optimise } from "../../compiler/passes.ts";
import { openModules } from "../support/compiled.ts";

const modules = openModules({
  "grids.ts": `import { map, type Tensor } from "typegrad";
export const both = (a: Tensor<[256]>, b: Tensor<[1024]>) => [map(a, (a) => a + 1), map(b, (b) => b + 1)] as const;
`,
});

test("a dispatch has the workgroups of its own kernel, whose text another has too", async () => {
  const { program, signature } = modules.read("grids.ts", "both");
  const plan = await compilePlan("both", optimise(program, { keep: () => false }), signature, { device: "webgpu" });
  const [small, large] = plan.kernels;
  expect(small?.wgsl).toBe(large?.wgsl);
  expect([small?.workgroups, large?.workgroups]).toEqual([
    [1, 1, 1],
    [4, 1, 1],
  ]);
});
