/** Maps that read the same, and nothing of each other, are one kernel. */

import { describe, expect, test } from "vitest";
import { compilePlan } from "../../../compiler/compile-plan.ts";
import { evaluate } from "../../../compiler/ir/interpret.ts";
import { optimise } from "../../../compiler/passes.ts";
import { fromElements } from "../../../dsl/evaluate.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import type { Plan } from "../../../runtime/plan.ts";
import { openModules } from "../../support/compiled.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

const modules = openModules({
  "beside.ts": `import { map, type Tensor } from "typegrad";
type Weights = Tensor<[16, 8]>;

/** Adam's moments and weights (arXiv 1412.6980), without the correction of bias. */
export const adam = (w: Weights, m: Weights, v: Weights, g: Weights) => {
  const first = map(m, g, (m, g) => 0.9 * m + 0.1 * g);
  const second = map(v, g, (v, g) => 0.999 * v + 0.001 * g * g);
  return [map(w, first, second, (w, m, v) => w - (0.01 * m) / (Math.sqrt(v) + 1e-8)), first, second] as const;
};

export const sumAndProduct = (x: Weights, y: Weights) =>
  [map(x, y, (x, y) => Math.exp(x) + y), map(x, y, (x, y) => Math.exp(x) * y)] as const;
`,
});
const planOf = (name: string, donate: readonly string[] = []): Promise<Plan> => {
  const { program, signature } = modules.read("beside.ts", name);
  return compilePlan(name, optimise(program, { keep: () => false }), signature, { device: "wasm", donate });
};

describe("a kernel of several maps", () => {
  test("is a step of Adam, in place", async () => {
    const plan = await planOf("adam", ["w", "m", "v"]);
    expect(plan.call).toHaveLength(1);
    expect(plan.takesOver).toEqual([0, 1, 2]);
  });

  test("computes what its results have in common", async () => {
    expect((await planOf("sumAndProduct")).call).toHaveLength(1);
  });

  test.each(["adam", "sumAndProduct"])("%s gives what it gives directly", (name) => {
    const { program } = modules.read("beside.ts", name);
    const operands = program.parameters.map(({ type }, i) =>
      fromElements(
        type,
        Float32Array.from({ length: 128 }, (_, k) => Math.sin(k + i) ** 2),
      ),
    );
    const found = wasmStage(program, { parts: [1, 3] }).run(operands);
    evaluate(program, operands).forEach((due, i) => void expectClose(found[i], due, { absolute: 1e-6 }));
  });
});
