/**
 * Plans for graphics processors, whose kernels share workgroup memory and wait at barriers. A few: SwiftShader is slow at both.
 */

import { describe, expect, it } from "vitest";
import { inPrecision } from "../../../dsl/evaluate.ts";
import { type Tensor, tensor } from "../../../dsl/index.ts";
import { sizeOf } from "../../../dsl/shape.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import { noise } from "../../../dsl/testing/noise.ts";
import { openModules, tensorsIn } from "../../support/compiled.ts";
import { resultsOf, webgpuPlan } from "../../support/device-plan.ts";
import { elements, largestGap, scaleOf } from "../../support/evaluator-probes.ts";
import { openTestGpu } from "../../support/webgpu.ts";
import { openWebgpuRunner } from "../../support/webgpu-stage.ts";

const device = await openTestGpu();

/** The text of a function, and the shapes that it takes. */
const functions: Readonly<Record<string, readonly [text: string, ...shapes: (readonly number[])[]]>> = {
  row: ["(a, b) => silu(matmul(a, b))", [1, 300], [300, 40]],
  convolution: ["(x, w) => conv(x, w, undefined, { padding: 1 })", [2, 16, 7, 6], [20, 16, 3, 3]],
  gradients: ["(x, w) => grad((w: Tensor) => sum(silu(linear(x, w))))(w)", [40, 24], [36, 24]],
  attended: ["(q, k, v) => attention(q, k, v)", [2, 20, 16], [2, 20, 16], [2, 20, 16]],
  chances: ["(x) => softmax(x, 1)", [3, 700]],
  total: ["(x) => mean(mul(x, x))", [70_000]],
};

const typeOf = (shape: readonly number[]): string => `Tensor<[${shape.join(", ")}]>`;
const text = Object.entries(functions).map(([name, [body, ...shapes]]) => {
  const [, names = "", rest = ""] = /^\(([^)]*)\) => (.*)$/.exec(body) ?? [];
  const parameters = names.split(", ").map((each, i) => `${each}: ${typeOf(shapes[i] as readonly number[])}`);
  return `export const ${name} = (${parameters.join(", ")}) => ${rest};`;
});
const imports = "attention, conv, grad, linear, matmul, mean, mul, silu, softmax, sum";
const modules = openModules({
  "threads.ts": `import { ${imports}, type Tensor } from "typegrad";\n${text.join("\n")}\n`,
});

describe.skipIf(device === undefined)("plans for graphics processors", () => {
  const runner = openWebgpuRunner(device as GPUDevice);
  let sharing = 0;

  it.each(Object.entries(functions))("%s", async (name, [, ...shapes]) => {
    const next = noise(11);
    const args = shapes.map((shape): AnyTensor => {
      const data = Float32Array.from({ length: sizeOf(shape) }, () => next());
      return tensor({ dtype: "f32", shape, data }) as Tensor;
    });
    const run = (): AnyTensor[] => tensorsIn(modules.run("threads.ts")[name]?.(...args));
    const [due, double] = [run(), inPrecision("f64", run)];
    const { program } = modules.read("threads.ts", name);
    const plan = webgpuPlan(program, "webgpu");
    if (plan.kernels.some(({ wgsl }) => wgsl?.includes("workgroupBarrier"))) sharing++;
    const [results] = await runner.run([{ plan, args: args.map(elements) }]);
    for (const [i, result] of resultsOf(program, results as readonly ArrayLike<number>[]).entries()) {
      const wanted = due[i] as AnyTensor;
      const absolute = 2 ** -19 * scaleOf(elements(wanted)) + 4 * largestGap(wanted, double[i] as AnyTensor);
      expectClose(result, wanted, { absolute });
    }
  });

  it("share memory in most of these", () => {
    expect(sharing).toBeGreaterThan(4);
  });
});
