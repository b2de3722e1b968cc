import { describe, expect, it } from "vitest";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import type { Kernel } from "../../../compiler/kernel/kernel.ts";
import { deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { inPrecision } from "../../../dsl/evaluate.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import * as programs from "../../programs/scans.ts";
import { tensorsIn } from "../../support/compiled.ts";
import { elements, scaleOf } from "../../support/evaluator-probes.ts";
import { interpretedStage } from "../../support/interpret-lowered.ts";
import { filled } from "../../support/tensors.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

const sources = openSources();

const prepared = (name: string, run: unknown) => {
  const { program } = readProgram(sources, "test/programs/scans.ts", name);
  const operands = program.parameters.map(({ type }, i): AnyTensor => filled(type.shape, i + 1));
  const due = inPrecision("f64", () => tensorsIn((run as (...args: readonly AnyTensor[]) => unknown)(...operands)));
  /** f32 sums of 40000 elements, one after the other, keep this much of their largest. */
  const check = (found: readonly AnyTensor[]): void =>
    found.forEach((result, i) => {
      expectClose(result, due[i], { absolute: 1e-5 * scaleOf(elements(due[i] as AnyTensor)) });
    });
  return { program, operands, check };
};

describe.each(Object.entries(programs))("%s", (name, run) => {
  const { program, operands, check } = prepared(name, run);

  it("on WebAssembly, in any number of threads", () => {
    check(wasmStage(program, { parts: [1, 3] }).run(operands));
  });

  it.each(["webgpu", "software"] as const)("by the schedules of %s", (device) => {
    check(interpretedStage(program, deviceClasses[device]).run(operands));
  });
});

/** Points of the grid that go along an axis, by kernel. */
const gridsOf = (name: string, run: unknown): number[] => {
  const { program, operands } = prepared(name, run);
  const kernels: Kernel[] = [];
  interpretedStage(program, deviceClasses.wasm, (kernel) => void kernels.push(kernel)).run(operands);
  return kernels.map(({ grid }) => grid.reduce((size, axis) => size * axis.size, 1));
};

it("parts few long rows, and leaves many rows whole", () => {
  const parted = gridsOf("oneLongRow", programs.oneLongRow);
  expect(parted).toHaveLength(2);
  expect(Math.min(...parted)).toBeGreaterThan(30);
  expect(gridsOf("manyRows", programs.manyRows)).toHaveLength(1);
});
