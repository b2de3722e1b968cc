/** Kernels of WebGPU bind 8 buffers at most, whatever is computed together. */

import { describe, expect, it } from "vitest";
import { openModules } from "../../support/compiled.ts";
import { webgpuPlan } from "../../support/device-plan.ts";

const modules = openModules({
  "bindings.ts": `import { add, cos, exp, expand, mul, sin, sub, sum, tanh, type Tensor } from "typegrad";
export const rows = (x: Tensor<[3, 1]>, y: Tensor<[3, 1]>) => {
  const total = sum(add(x, y));
  const wide = (x: Tensor<[]>, y: Tensor<[3, 1]>) => cos(mul(expand(x, [3, 1]), y));
  const first = [wide(tanh(total), x), wide(exp(total), y), wide(sin(total), sub(x, y))];
  return [...first, total, tanh(sin(total)), exp(cos(total)), tanh(exp(total))];
};
`,
});

describe("kernels that compute much together", () => {
  it("of rows, their elements and what follows them", () => {
    const { program } = modules.read("bindings.ts", "rows");
    for (const device of ["software", "webgpu"] as const) {
      const bound = webgpuPlan(program, device).kernels.map(({ access }) => access.length);
      expect(Math.max(...bound)).toBeGreaterThan(5);
      expect(Math.max(...bound)).toBeLessThanOrEqual(8);
    }
  });
});
