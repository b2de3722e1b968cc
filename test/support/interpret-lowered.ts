/** Runs a lowered program by the interpreter of kernels: schedules of any device, without one. */

import type { Program } from "../../compiler/ir/program.ts";
import { checkKernel } from "../../compiler/kernel/check.ts";
import type { Buffer, Kernel } from "../../compiler/kernel/kernel.ts";
import { split } from "../../compiler/optimise/split.ts";
import { optimise } from "../../compiler/passes.ts";
import { scheduleContraction } from "../../compiler/schedule/contraction-schedules.ts";
import type { DeviceClass } from "../../compiler/schedule/device-class.ts";
import { defaultWeightBudget, lowerWithin } from "../../compiler/schedule/lower-within.ts";
import type { LoweredStep } from "../../compiler/schedule/steps.ts";
import { denseOf, fromElements } from "../../dsl/evaluate.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { type Elements, elementsOf, interpretKernel } from "./kernel-interpreter.ts";
import type { Stage } from "./stages.ts";

export const interpretedStage = (
  program: Program,
  device: DeviceClass,
  onKernel: (kernel: Kernel) => void = () => {},
): Stage => ({
  name: `interpreted for ${device.name}`,
  run: (operands) => {
    const optimised = optimise(program, { keep: () => false });
    const lowered = lowerWithin(
      split(optimised, new Set()),
      { device, schedule: scheduleContraction },
      defaultWeightBudget,
    );
    const memory = new Map<Buffer, Elements>();
    const contentOf = (buffer: Buffer): Elements => {
      const purpose = lowered.purposeOf(buffer);
      if (purpose.kind === "argument")
        return elementsOf(buffer.storage, Array.from(denseOf("a test", operands[purpose.index] as AnyTensor).data));
      if (purpose.kind === "constant") return elementsOf(buffer.storage, Array.from(purpose.value.value.data));
      const elements = elementsOf(buffer.storage, buffer.size);
      // What is not written must not look like zeros.
      return buffer.storage === "f32" ? elements.fill(Number.NaN) : elements;
    };
    const elements = (buffer: Buffer): Elements => {
      const known = memory.get(buffer) ?? contentOf(buffer);
      memory.set(buffer, known);
      return known;
    };
    const run = (steps: readonly LoweredStep[]): void => {
      for (const step of steps) {
        if (step.kind === "dispatch") {
          onKernel(step.kernel);
          interpretKernel(checkKernel(step.kernel), step.kernel.buffers.map(elements));
          continue;
        }
        for (let i = 0; i < step.count; i++) {
          elements(step.counter)[0] = step.reverse ? step.count - 1 - i : i;
          run(step.body);
          for (const [a, b] of step.swaps) {
            const [left, right] = [elements(a), elements(b)];
            memory.set(a, right);
            memory.set(b, left);
          }
        }
      }
    };
    run([...lowered.load, ...lowered.call]);
    const written = new Map(
      [...memory].flatMap(([buffer, data]) => {
        const purpose = lowered.purposeOf(buffer);
        return purpose.kind === "result" ? [[purpose.index, data] as const] : [];
      }),
    );
    return program.results.map(({ type }, i): AnyTensor => {
      const data = written.get(i) ?? new Float32Array(type.shape.reduce((a, b) => a * b, 1));
      return fromElements(type, type.dtype === "bool" ? Uint8Array.from(data) : data);
    });
  },
});
