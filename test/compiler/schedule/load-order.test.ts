import { expect, test } from "vitest";
import { emitter } from "../../../compiler/kernel/emit.ts";
import { indexOf } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer } from "../../../compiler/kernel/kernel.ts";
import { load } from "../../../compiler/kernel/values.ts";
import { inOrderOfUse } from "../../../compiler/schedule/load-order.ts";
import type { LoweredStep } from "../../../compiler/schedule/steps.ts";

const buffer = (name: string): Buffer => ({ name, storage: "f32", space: "global", access: "readwrite", size: 4 });

/** A step that reads one buffer and writes another. */
const step = (from: Buffer, to: Buffer): LoweredStep => {
  const emit = emitter();
  emit.store(to, indexOf(0), load(from, indexOf(0)));
  const cost = { flops: 0, bytes: 0 };
  const kernel = {
    name: `${from.name} ${to.name}`,
    buffers: [from, to],
    grid: [],
    body: emit.statements,
    cost,
    notes: [],
  };
  return { kind: "dispatch", kernel, source: "" };
};

const namesOf = (steps: readonly LoweredStep[]): string[] =>
  steps.map((each) => (each.kind === "dispatch" ? each.kernel.name : "loop"));

const [w, v, turned, other, packed, plain] = ["w", "v", "turned", "other", "packed", "plain"].map(buffer) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];

test("a step stands just before the first that needs it", () => {
  const steps = [step(w, turned), step(v, other), step(w, plain), step(other, packed), step(turned, packed)];
  expect(namesOf(inOrderOfUse(steps, new Set([packed, plain])))).toEqual([
    "w plain",
    "v other",
    "other packed",
    "w turned",
    "turned packed",
  ]);
});

test("what is written again is read before it is", () => {
  const steps = [step(w, turned), step(turned, plain), step(v, turned), step(turned, packed)];
  expect(namesOf(inOrderOfUse(steps, new Set([packed, plain])))).toEqual(namesOf(steps));
  expect(namesOf(inOrderOfUse(steps, new Set([packed])))).toEqual(namesOf(steps));
});

test("what no call reads is left out", () => {
  expect(inOrderOfUse([step(w, turned)], new Set([packed]))).toEqual([]);
});
