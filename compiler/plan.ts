/** From lowered programs to the plan that a runtime loads: slots, places in memory, and the text of kernels. */

import {
  type DeviceKind,
  type Plan,
  type PlanKernel,
  type PlanTensor,
  planVersion,
  type Slot,
  type Step,
} from "../runtime/plan.ts";
import type { Assembler } from "./codegen/assemble.ts";
import { scratchBytes } from "./codegen/wat.ts";
import { wgsl } from "./codegen/wgsl.ts";
import type { Signature, Structure } from "./frontend/read.ts";
import type { Program } from "./ir/program.ts";
import { type Buffer, gridSize, type Kernel } from "./kernel/kernel.ts";
import { kernelKey } from "./kernel/kernel-key.ts";
import type { Computed } from "./schedule/computed.ts";
import type { DeviceClass } from "./schedule/device-class.ts";
import { buffersOf, neededLoading, storedBy, writesOf } from "./schedule/eliminate.ts";
import { inOrderOfUse } from "./schedule/load-order.ts";
import { arenaOf } from "./schedule/memory.ts";
import type { Lowered, LoweredDispatch, LoweredStep } from "./schedule/steps.ts";
import { takeOver } from "./schedule/take-over.ts";
import { leafCount } from "./signature.ts";

export interface PlanSource {
  readonly name: string;
  readonly program: Program;
  readonly signature: Signature;
  /** Names of parameters. */
  readonly bind: readonly string[];
  readonly donate: readonly string[];
}

const elementBytes = 4;

/** The plan, and what its kernels are made of, by their numbers. */
export const planOf = (
  lowered: Lowered,
  device: DeviceClass,
  { name, program, signature, bind, donate }: PlanSource,
  assembler: Assembler | undefined,
): {
  readonly plan: Plan;
  readonly kernels: readonly Kernel[];
  readonly computes: readonly (Computed | undefined)[];
} => {
  const { purposeOf } = lowered;
  const donated = signature.parameters
    .filter(({ name: parameter, structure }) => structure !== "static" && !bind.includes(parameter))
    .flatMap(({ name: parameter, structure }) =>
      Array.from({ length: leafCount(structure as Structure) }, () => donate.includes(parameter)),
    );
  const { steps: call, takesOver } = takeOver(
    lowered.call,
    purposeOf,
    program.results.length,
    (argument) => donated[argument] === true,
  );
  const callBuffers = buffersOf(call);
  const load = inOrderOfUse(neededLoading(lowered.load, call, writesOf), callBuffers);
  const loadBuffers = buffersOf(load);
  const isKept = (buffer: Buffer): boolean => purposeOf(buffer).kind === "kept";
  const isOf = (kind: string) => (buffer: Buffer) => purposeOf(buffer).kind === kind;
  const isLoadTemporary = (buffer: Buffer): boolean =>
    (isKept(buffer) && !callBuffers.has(buffer)) || purposeOf(buffer).kind === "temporary";
  const callArena = arenaOf(call, isOf("temporary"), device.alignment);
  const loadArena = arenaOf(load, isLoadTemporary, device.alignment);

  let packed = 0;
  const packedOffsets = new Map<Buffer, number>();
  for (const buffer of loadBuffers) {
    if (!isKept(buffer) || !callBuffers.has(buffer)) continue;
    packedOffsets.set(buffer, packed);
    packed += alignTo(elementBytes * Math.max(1, buffer.size), device.alignment);
  }

  let constantBytes = 0;
  const constantData: { readonly offset: number; readonly buffer: Buffer }[] = [];
  const slots: Slot[] = [];
  const slotNumbers = new Map<Buffer, number>();
  const addSlot = (buffer: Buffer): number => {
    const known = slotNumbers.get(buffer);
    if (known !== undefined) return known;
    const purpose = purposeOf(buffer);
    const base = { bytes: elementBytes * buffer.size, name: buffer.name };
    const slot = ((): Slot => {
      switch (purpose.kind) {
        case "argument":
        case "result":
        case "bound":
          return { ...base, kind: purpose.kind, index: purpose.index };
        case "constant": {
          const offset = constantBytes;
          constantBytes += alignTo(Math.max(elementBytes, base.bytes), device.alignment);
          constantData.push({ offset, buffer });
          return { ...base, kind: "constant", offset };
        }
        case "counter":
          return { ...base, kind: "counter" };
        default: {
          const offset = packedOffsets.get(buffer);
          if (offset !== undefined) return { ...base, kind: "packed", offset };
          return {
            ...base,
            kind: "temporary",
            offset: (callArena.offsets.get(buffer) ?? loadArena.offsets.get(buffer)) as number,
          };
        }
      }
    })();
    slotNumbers.set(buffer, slots.length);
    slots.push(slot);
    return slots.length - 1;
  };

  const kernels: Kernel[] = [];
  const kernelNumbers = new Map<Kernel, number>();
  const computes: (Computed | undefined)[] = [];
  const addKernel = ({ kernel, computes: computed }: LoweredDispatch): number => {
    const known = kernelNumbers.get(kernel);
    if (known !== undefined) return known;
    kernelNumbers.set(kernel, kernels.length);
    kernels.push(kernel);
    computes.push(computed);
    return kernels.length - 1;
  };
  const stepsOf = (steps: readonly LoweredStep[]): Step[] =>
    steps.map((step): Step => {
      if (step.kind === "dispatch")
        return {
          kind: "dispatch",
          kernel: addKernel(step),
          slots: step.kernel.buffers.map(addSlot),
          source: step.source,
        };
      const { count, reverse, counter, swaps, body } = step;
      return {
        kind: "loop",
        count,
        reverse,
        counter: addSlot(counter),
        swaps: swaps.map(([a, b]) => [addSlot(a), addSlot(b)] as const),
        body: stepsOf(body),
      };
    });
  const loadSteps = stepsOf(load);
  const callSteps = stepsOf(call);

  const isConstantMemory = (buffer: Buffer): boolean =>
    ["constant", "argument", "bound"].includes(purposeOf(buffer).kind);
  const base = (kernel: Kernel): Omit<PlanKernel, "export" | "wgsl" | "workgroups"> => {
    const stored = storedBy(kernel);
    return {
      name: kernel.name,
      access: kernel.buffers.map((buffer) => (stored.has(buffer) ? "readwrite" : "read")),
      grid: gridSize(kernel),
      flops: kernel.cost.flops,
      bytes: kernel.cost.bytes,
    };
  };
  const text = textOf(device.kind, kernels, base, isConstantMemory, assembler);

  const constants = new Uint8Array(constantBytes);
  for (const { offset, buffer } of constantData) {
    const purpose = purposeOf(buffer);
    if (purpose.kind !== "constant") continue;
    const { value } = purpose.value;
    const view = { f32: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint32Array }[buffer.storage];
    new view(constants.buffer, offset, buffer.size).set(value.data);
  }

  const tensorsOf = (wanted: (parameter: string) => boolean): PlanTensor[] => {
    const tensors: PlanTensor[] = [];
    let at = 0;
    for (const { name: parameter, structure } of signature.parameters) {
      if (structure === "static") continue;
      const count = leafCount(structure);
      for (let i = at; i < at + count; i++) {
        const variable = program.parameters[i];
        if (wanted(parameter) && variable !== undefined)
          tensors.push({ name: variable.name ?? parameter, dtype: variable.type.dtype, shape: variable.type.shape });
      }
      at += count;
    }
    return tensors;
  };
  const isBound = (parameter: string): boolean => bind.includes(parameter);
  const plan: Plan = {
    version: planVersion,
    name,
    device: device.kind,
    parameters: signature.parameters.map(({ name: parameter, structure }) => ({
      name: parameter,
      tree: structure,
      bound: isBound(parameter),
      donated: donate.includes(parameter),
    })),
    arguments: tensorsOf((parameter) => !isBound(parameter)),
    bound: tensorsOf(isBound),
    result: signature.result,
    results: program.results.map(({ type }, i) => ({ name: `result ${i}`, dtype: type.dtype, shape: type.shape })),
    takesOver,
    kernels: text.kernels,
    slots,
    load: loadSteps,
    call: callSteps,
    memory: {
      call: callArena.bytes,
      load: loadArena.bytes,
      packed,
      scratch: text.scratch,
      live: callArena.live,
    },
    constants,
    ...(text.modules && { modules: text.modules }),
  };
  return { plan, kernels, computes };
};

const alignTo = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

interface Text {
  readonly kernels: readonly PlanKernel[];
  readonly scratch: number;
  readonly modules?: Plan["modules"];
}

/** The kernels as a device takes them. */
const textOf = (
  kind: DeviceKind,
  kernels: readonly Kernel[],
  base: (kernel: Kernel) => Omit<PlanKernel, "export" | "wgsl" | "workgroups">,
  isConstantMemory: (buffer: Buffer) => boolean,
  assembler: Assembler | undefined,
): Text => {
  if (kind === "webgpu") {
    // Kernels that compute the same share the text of the first, and with it one pipeline; not the size of their grids, which
    // the text does not tell where it is a multiple of a workgroup.
    const texts = new Map<string, string>();
    const known = new Map<string, Pick<PlanKernel, "wgsl" | "workgroups">>();
    const print = (kernel: Kernel): Pick<PlanKernel, "wgsl" | "workgroups"> => {
      const { key, text, workgroups } = wgsl(kernel, { readOnly: kernel.buffers.map(isConstantMemory) });
      if (!texts.has(key)) texts.set(key, text);
      return { wgsl: texts.get(key) as string, workgroups };
    };
    const printed = kernels.map((kernel): PlanKernel => {
      const structure = kernelKey(kernel, (buffer) => (isConstantMemory(buffer) ? "constant" : ""));
      const text = known.get(structure) ?? print(kernel);
      known.set(structure, text);
      return { ...base(kernel), ...text };
    });
    return { kernels: printed, scratch: 0 };
  }
  if (assembler === undefined) throw new Error("internal: a plan for WebAssembly needs the assembler");
  const { plain, relaxed, memoryFlags, exports } = assembler(kernels);
  return {
    kernels: kernels.map((kernel, i): PlanKernel => ({ ...base(kernel), export: exports[i] as string })),
    scratch: Math.max(0, ...kernels.map(scratchBytes)),
    modules: { plain, relaxed, memoryFlags },
  };
};
