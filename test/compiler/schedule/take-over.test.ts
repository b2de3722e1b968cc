/** Donated arguments: results that lie where they lay, and right ones. */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compilePlan } from "../../../compiler/compile-plan.ts";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import { evaluate } from "../../../compiler/ir/interpret.ts";
import { optimise } from "../../../compiler/passes.ts";
import { denseOf, fromElements } from "../../../dsl/evaluate.ts";
import { openPlan } from "../../support/run-plan.ts";

const file = path.join(fileURLToPath(new URL("../../programs", import.meta.url)), "momentum.ts");
const { program, signature } = readProgram(openSources(), file, "step", {});
const optimised = optimise(program, { keep: () => false });

test("a training step writes its parameters where they lay, in the kernel that reads them", async () => {
  const plan = await compilePlan("step", optimised, signature, { device: "wasm", donate: ["w", "m"] });
  expect(plan.takesOver).toEqual([0, 1]);
  const args = program.parameters.map(({ type }) =>
    Float32Array.from({ length: type.shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + type.shape.length)),
  );
  const due = evaluate(
    optimised,
    program.parameters.map(({ type }, i) => fromElements(type, args[i] as Float32Array)),
  );
  const found = openPlan(plan, [], 3).call(args);
  found.forEach((values, i) => {
    const { data } = denseOf("a test", due[i] as never);
    for (let k = 0; k < data.length; k++) expect(values[k]).toBeCloseTo(data[k] as number, 5);
  });
});

test("without donation each result has memory of its own", async () => {
  const plan = await compilePlan("step", optimised, signature, { device: "wasm" });
  expect(plan.takesOver).toEqual([null, null]);
});
