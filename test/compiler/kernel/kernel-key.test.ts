import { describe, expect, it } from "vitest";
import { emitter, within } from "../../../compiler/kernel/emit.ts";
import { addIndices, indexOf, indexVariable, scaleIndex } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel } from "../../../compiler/kernel/kernel.ts";
import { kernelKey } from "../../../compiler/kernel/kernel-key.ts";
import { constantValue, load, operation, typeOf } from "../../../compiler/kernel/values.ts";

interface Choices {
  readonly names?: readonly [string, string, string];
  readonly factor?: number;
  readonly steps?: number;
  readonly stride?: number;
  readonly bound?: number;
  readonly swapped?: boolean;
}

const kernelOf = ({
  names = ["x", "y", "i"],
  factor = 2,
  steps = 8,
  stride = 8,
  bound = 3,
  swapped,
}: Choices): Kernel => {
  const buffer = (name: string, access: Buffer["access"]): Buffer => ({
    name,
    storage: "f32",
    space: "global",
    access,
    size: 64,
  });
  const [from, to] = [buffer(names[0], "read"), buffer(names[1], "write")];
  const row = indexVariable(names[2], 8);
  const emit = emitter();
  emit.loop("k", steps, (k) => {
    const place = addIndices(scaleIndex(indexOf(row), stride), k);
    const value = operation("mul", load(from, place), constantValue(factor, typeOf("f32")));
    emit.when([within(k, 0, bound)], () => emit.store(to, place, value));
  });
  return {
    name: names[0],
    buffers: swapped ? [to, from] : [from, to],
    grid: [row],
    body: emit.statements,
    cost: { flops: 0, bytes: 0 },
    notes: [names[1]],
  };
};

describe("the key of a kernel", () => {
  const key = kernelKey(kernelOf({}));

  it("is the same whatever things are called", () => {
    expect(kernelKey(kernelOf({ names: ["a", "b", "c"] }))).toBe(key);
  });

  it("tells constants, sizes, strides, conditions and the order of buffers apart", () => {
    const others = [
      { factor: 3 },
      { steps: 7 },
      { stride: 7 },
      { bound: 4 },
      { swapped: true },
      { factor: -0 },
      { factor: 0 },
    ];
    const keys = [key, ...others.map((choices) => kernelKey(kernelOf(choices)))];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("adds what else the text depends on", () => {
    expect(kernelKey(kernelOf({}), ({ access }) => (access === "read" ? "constant" : ""))).not.toBe(key);
  });
});
