/** Writes the cases that show whether a device computes kernels rightly: `tsx test/device/pack.ts [FOLDER]` */

import { emitter } from "../../compiler/kernel/emit.ts";
import { indexOf, indexVariable, scaleIndex } from "../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel } from "../../compiler/kernel/kernel.ts";
import { load } from "../../compiler/kernel/values.ts";
import { interpretKernel } from "../support/kernel-interpreter.ts";
import { randomKernel } from "../support/random-kernels.ts";
import { caseOf, writeCase } from "./cases.ts";

const folder = process.argv[2] ?? ".cache/device-cases";
const count = 200;

for (let seed = 0; seed < count; seed++) {
  const { kernel, args } = randomKernel(seed);
  const expected = args.map((each) => each.slice());
  interpretKernel(kernel, expected, { fused: true });
  writeCase(folder, caseOf(kernel, args, expected));
}

/** What memory gives: the yardstick of kernels that do little else than read and write. */
const copyKernel = (size: number): Kernel => {
  const buffer = (name: string, access: Buffer["access"]): Buffer => ({
    name,
    storage: "f32",
    space: "global",
    access,
    size,
  });
  const [x, out] = [buffer("x", "read"), buffer("out", "write")];
  const vector = indexVariable("vector", size / 4);
  const emit = emitter();
  const place = scaleIndex(indexOf(vector), 4);
  emit.store(out, place, load(x, place, 4));
  const cost = { flops: 0, bytes: 8 * size };
  return { name: "copy", buffers: [x, out], grid: [vector], body: emit.statements, cost, notes: [] };
};
const copied = 1 << 24;
writeCase(folder, caseOf(copyKernel(copied), [copied, copied], [], { repeats: 20 }));

console.log(`${count + 1} cases in ${folder}`);
