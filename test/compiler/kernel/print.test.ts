/** Kernels as people read them. */

import { expect, test } from "vitest";
import { emitter, within } from "../../../compiler/kernel/emit.ts";
import { indexOf, indexVariable, offsetIndex, scaleIndex } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel } from "../../../compiler/kernel/kernel.ts";
import { printKernel } from "../../../compiler/kernel/print.ts";
import { constantValue, laneOf, load, operation, splat, typeOf, vectorOf } from "../../../compiler/kernel/values.ts";

test("a kernel of each statement and each value", () => {
  const buffer = (name: string, storage: Buffer["storage"], access: Buffer["access"]): Buffer => ({
    name,
    storage,
    space: "global",
    access,
    size: 64,
  });
  const [x, places, out] = [buffer("x", "f32", "read"), buffer("places", "i32", "read"), buffer("out", "f32", "write")];
  const [row, thread] = [indexVariable("row", 4), indexVariable("thread", 4)];
  const emit = emitter();
  const sum = emit.variable("sum", constantValue(-0, typeOf("f32", 4)));
  emit.loop(
    "i",
    4,
    (i) => {
      const sample = emit.name("x", load(x, scaleIndex(i, 16), 4));
      emit.assign(sum, operation("fma", sample, splat(laneOf(sample, 2)), sum));
    },
    indexOf(row),
  );
  const place = emit.bind("place", 8, load(places, indexOf(thread)));
  emit.barrier();
  emit.when(
    [within(offsetIndex(place, -1), 0, 4), { kind: "value", value: constantValue(true, typeOf("bool")) }],
    () => emit.store(out, scaleIndex(place, 4), sum),
    () => {
      const one = laneOf(sum, 0);
      emit.store(out, indexOf(0), vectorOf([one, one, load(x, indexOf(3)), operation("toF32", load(places, place))]));
    },
  );
  const kernel: Kernel = {
    name: "sample",
    buffers: [x, places, out],
    grid: [row],
    threads: thread,
    body: emit.statements,
    cost: { flops: 128, bytes: 512 },
    notes: ["y [4, 16]"],
  };
  expect(printKernel(kernel)).toBe(`// y [4, 16]
// 128 flops, 512 bytes
kernel sample(x: read f32[64], places: read i32[64], out: write f32[64]) grid(row < 4) threads thread < 4 {
  var sum: f32x4 = -0
  loop i < 4 and < row {
    let x_1: f32x4 = x[16 * i, 4]
    sum := fma(x_1, splat lane 2 of x_1, sum)
  }
  bind place < 8 = places[thread]
  barrier
  if 0 <= place + -1 < 4 and true {
    out[4 * place, 4] = sum
  } else {
    out[0, 4] = vector of (lane 0 of sum, lane 0 of sum, x[3], toF32(places[place]))
  }
}
`);
});
