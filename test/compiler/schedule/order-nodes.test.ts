import { describe, expect, it } from "vitest";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import { deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { allocateFor, fromElements } from "../../../dsl/evaluate.ts";
import { sizeOf } from "../../../dsl/shape.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import { noise } from "../../../dsl/testing/noise.ts";
import * as programs from "../../programs/orders.ts";
import { tensorsIn } from "../../support/compiled.ts";
import { interpretedStage } from "../../support/interpret-lowered.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

const sources = openSources();

describe.each(Object.entries(programs))("%s", (name, run) => {
  const { program } = readProgram(sources, "test/programs/orders.ts", name);
  /** Many are equal; each tenth float is a NaN where the direct run and the device agree about it. */
  const operands = (withNaN: boolean): AnyTensor[] =>
    program.parameters.map(({ type }, i) => {
      const next = noise(i + 1);
      const data = allocateFor(type).map((_, k) =>
        withNaN && type.dtype === "f32" && k % 10 === 3 ? Number.NaN : Math.round(20 * next()),
      );
      return fromElements(type, data);
    });
  const check = (found: readonly AnyTensor[], args: readonly AnyTensor[]): void => {
    const due = tensorsIn((run as (...args: readonly AnyTensor[]) => unknown)(...args));
    found.forEach((result, i) => void expectClose(result, due[i], { ulp: 8 }));
  };

  it.each([false, true])("on WebAssembly, with NaN: %s", (withNaN) => {
    const args = operands(withNaN);
    check(wasmStage(program, { parts: [1, 3] }).run(args), args);
  });

  it.each(["webgpu", "software"] as const)("by the schedules of %s, and stores no pairs", (device) => {
    const largest = Math.max(...program.parameters.map(({ type }) => sizeOf(type.shape)));
    const args = operands(false);
    const stage = interpretedStage(program, deviceClasses[device], ({ buffers }) => {
      for (const { name, size } of buffers) expect(size, name).toBeLessThanOrEqual(largest);
    });
    check(stage.run(args), args);
  });
});
