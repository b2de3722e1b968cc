/** Every op and its gradients on WebAssembly with two threads: the bits of one thread. */

import { afterAll, describe, expect, it } from "vitest";
import { toHost } from "../../../dsl/host.ts";
import { tensor } from "../../../dsl/index.ts";
import type { DeviceTensor } from "../../../runtime/device.ts";
import { openWasm } from "../../../runtime/wasm/device.ts";
import { elements } from "../../support/evaluator-probes.ts";
import { givesFloats, hasElements, opCases, opModules } from "../../support/op-cases.ts";
import { openPlan } from "../../support/run-plan.ts";
import { wasmPlanOf } from "../../support/wasm-stage.ts";

const device = await openWasm({ threads: 2 });
afterAll(() => device.close());

const bits = (values: ArrayLike<number>): readonly unknown[] =>
  Array.from(values, (value) => (Object.is(value, -0) ? "-0" : value));

describe("two threads give what one does", () => {
  it.each([...opCases])("%s", async (name, list) => {
    for (const [i, one] of list.entries())
      for (const form of hasElements(one) && givesFloats(one) ? ["values", "gradient"] : ["values"]) {
        const operands = [...one.floats, ...one.others];
        const plan = wasmPlanOf(opModules.read(`${name}.ts`, `${form}${i}`).program);
        const loaded = await device.load<(...args: readonly unknown[]) => readonly unknown[]>(plan);
        const results = (await loaded(...operands.map((operand) => toHost(operand)))) as readonly DeviceTensor[];
        const found = await Promise.all(results.map((result) => result.read()));
        const relaxed = WebAssembly.validate(plan.modules?.relaxed as BufferSource);
        const due = openPlan(plan, [], 1, relaxed).call(operands.map((operand) => elements(operand)));
        found.forEach((host, at) => {
          expect(bits(elements(tensor(host as never))), `${form}${i}, result ${at}`).toEqual(
            bits(due[at] as ArrayLike<number>),
          );
        });
        for (const result of results) result.dispose();
        loaded.dispose();
      }
  });
});
