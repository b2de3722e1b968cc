import { describe, expect, it } from "vitest";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import type { Kernel } from "../../../compiler/kernel/kernel.ts";
import { deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { rowThreads } from "../../../compiler/schedule/gpu-rows.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import * as programs from "../../programs/rows.ts";
import { interpretedStage } from "../../support/interpret-lowered.ts";
import { filled } from "../../support/tensors.ts";

const device = deviceClasses.webgpu;
const sources = openSources();

describe("rows by threads", () => {
  for (const [name, run] of Object.entries(programs))
    it(name, () => {
      const { program } = readProgram(sources, "test/programs/rows.ts", name);
      const operands = program.parameters.map(({ type }, i): AnyTensor => filled(type.shape, i + 1));
      const direct = (run as (...args: readonly AnyTensor[]) => AnyTensor)(...operands);
      const kernels: Kernel[] = [];
      const stage = interpretedStage(program, device, (kernel) => void kernels.push(kernel));
      expectClose(stage.run(operands)[0], direct, { relative: 2e-6, absolute: 1e-6 });
      expect(kernels.some(({ threads }) => threads !== undefined)).toBe(true);
    });

  it("has more threads for longer rows, and none for short ones or on other devices", () => {
    const count = (rows: number, elements: number): number | undefined =>
      rowThreads(device, rows, elements)?.variable.size;
    expect([16, 64, 512, 100_000].map((elements) => count(8, elements))).toEqual([undefined, 32, 64, 256]);
    expect(rowThreads(deviceClasses.wasm, 8, 512)).toBeUndefined();
    expect(rowThreads(deviceClasses.software, 8, 512)).toBeUndefined();
  });
});
