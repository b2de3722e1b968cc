/** WGSL of whole kernels: its text, and what it computes on WebGPU against the interpreter. */

import { describe, expect, test } from "vitest";
import { type WgslOptions, wgsl } from "../../../compiler/codegen/wgsl.ts";
import { checkKernel } from "../../../compiler/kernel/check.ts";
import { type Emitter, emitter, within } from "../../../compiler/kernel/emit.ts";
import {
  addIndices,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
} from "../../../compiler/kernel/index-expression.ts";
import type { Buffer, Kernel, Local, Statement, Storage, Value } from "../../../compiler/kernel/kernel.ts";
import { constantValue, indexValue, laneOf, load, local, operation, typeOf } from "../../../compiler/kernel/values.ts";
import { type Elements, elementsOf, interpretKernel } from "../../support/kernel-interpreter.ts";
import { randomKernel } from "../../support/random-kernels.ts";
import { runWgslKernel } from "../../support/run-wgsl-kernel.ts";
import { openTestGpu, validateWgsl } from "../../support/webgpu.ts";

const device = await openTestGpu();

const buffer = (
  name: string,
  size: number,
  access: Buffer["access"] = "read",
  storage: Storage = "f32",
  space: Buffer["space"] = "global",
): Buffer => ({ name, storage, space, access, size });

const kernelOf = (
  buffers: readonly Buffer[],
  grid: readonly IndexVariable[],
  body: (emit: Emitter, points: readonly Index[]) => void,
  rest: Partial<Kernel> = {},
): Kernel => {
  const emit = emitter();
  body(emit, grid.map(indexOf));
  const cost = { flops: 0, bytes: 0 };
  return checkKernel({ name: "test", buffers, grid, body: emit.statements, cost, notes: [], ...rest });
};

const counting = (size: number): Elements =>
  elementsOf(
    "f32",
    Array.from({ length: size }, (_, i) => ((i * 7) % 23) - 11),
  );

/** −0 as 0: WGSL does not promise to tell them apart. */
const unsigned = (elements: Elements): Elements => elements.map((each) => each + 0);

/** Runs the kernel on WebGPU, and expects what the interpreter gives. */
const expectSame = async (kernel: Kernel, args: readonly Elements[]): Promise<void> => {
  const expected = args.map((each) => each.slice());
  interpretKernel(kernel, expected, { fused: true });
  await runWgslKernel(device as GPUDevice, kernel, args);
  expect(args.map(unsigned)).toEqual(expected.map(unsigned));
};

/** Doubles each of n elements. */
const double = (n: number, name = "x", options: WgslOptions = {}): ReturnType<typeof wgsl> => {
  const [x, out] = [buffer(name, n), buffer("out", n, "write")];
  const kernel = kernelOf([x, out], [indexVariable("i", n)], (emit, [i = indexOf(0)]) =>
    emit.store(out, i, operation("mul", load(x, i), constantValue(2, typeOf("f32")))),
  );
  return wgsl(kernel, options);
};

describe("the text", () => {
  test("of a small kernel", () => {
    const [x, bias, out] = [buffer("x", 96), buffer("bias", 8), buffer("out", 96, "write")];
    const grid = [indexVariable("row", 12), indexVariable("block", 2)];
    const kernel = kernelOf(
      [x, bias, out],
      grid,
      (emit, [row = indexOf(0), block = indexOf(0)]) => {
        const column = scaleIndex(block, 4);
        const place = addIndices(scaleIndex(row, 8), column);
        emit.store(out, place, operation("add", load(x, place, 4), load(bias, column, 4)));
      },
      { name: "layer / add", notes: ["x [12, 8] + bias [8]"], cost: { flops: 96, bytes: 800 } },
    );
    const { text, workgroups, vec4, access } = wgsl(kernel, { readOnly: [true, true, false] });
    expect(text).toBe(`// layer / add
// x [12, 8] + bias [8]
// 96 flops, 800 bytes

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) invocation: vec3u) {
  let point = invocation.x;
  if (point >= 24u) { return; }
  let block = point & 1u;
  let row = point >> 1u;
  out[2u * row + block] = x[2u * row + block] + bias[block];
}
`);
    expect({ workgroups, vec4, access }).toEqual({
      workgroups: [1, 1, 1],
      vec4: [true, true, true],
      access: ["read", "read", "read_write"],
    });
  });

  test("has one key for kernels that differ in names", () => {
    expect(double(100, "x").key).toBe(double(100, "image").key);
    expect(double(100, "x").text).not.toBe(double(100, "image").text);
    expect(double(100).key).not.toBe(double(101).key);
    expect(double(100).key).not.toBe(double(100, "x", { readOnly: [true, false] }).key);
  });

  test("saturates on the way to an integer only what is not bounded", () => {
    const textFor = (clamped: boolean): string => {
      const [x, out] = [buffer("x", 8), buffer("out", 8, "write", "i32")];
      const number = (value: number): Value => constantValue(value, typeOf("f32"));
      const kernel = kernelOf([x, out], [indexVariable("i", 8)], (emit, [i = indexOf(0)]) => {
        const raw = load(x, i);
        const bounded = operation("min", operation("max", raw, number(-170)), number(170));
        const scaled = emit.name("scaled", operation("mul", clamped ? bounded : raw, number(1.5)));
        emit.store(out, i, operation("toI32", operation("nearest", scaled)));
      });
      return wgsl(kernel).text;
    };
    expect(textFor(true)).toContain("out[i] = i32(round(scaled));");
    expect(textFor(false)).toContain("out[i] = saturate_i32(round(scaled));");
  });

  test("names once what has two names", () => {
    const [x, out] = [buffer("x", 8), buffer("out", 8, "write")];
    const kernel = kernelOf([x, out], [indexVariable("i", 8)], (emit, [i = indexOf(0)]) => {
      const first = emit.name("first", load(x, i)) as Local;
      const body: Statement = { kind: "let", local: local("second", first.type), value: first };
      (emit.statements as Statement[]).push(body);
      emit.store(out, i, operation("add", body.local, first));
    });
    expect(wgsl(kernel).text).toContain("out[i] = first + first;");
  });

  test("keeps comments on their lines", () => {
    const out = buffer("out", 1, "write");
    const kernel = kernelOf([out], [], (emit) => emit.store(out, indexOf(0), constantValue(1, typeOf("f32"))), {
      name: "a\u2028b",
      notes: ["c\nd"],
    });
    expect(wgsl(kernel).text.split("\n").slice(0, 4)).toEqual(["// a", "// b", "// c", "// d"]);
  });
});

describe.skipIf(device === undefined)("WGSL on WebGPU", () => {
  test("names of the source that WGSL has other uses for", async () => {
    for (const name of ["filter", "select", "vec4f", "__x", "_", "ε", "1st", "main", "out", "point", "invocation"])
      await validateWgsl(device as GPUDevice, double(4, name).text);
  });

  test.each(Array.from({ length: 24 }, (_, seed) => seed))("random kernel %i", async (seed) => {
    const { kernel, args } = randomKernel(seed);
    await expectSame(checkKernel(kernel), args);
  });

  test("more points than a dimension of a dispatch takes workgroups for", async () => {
    const n = 65535 * 64 + 1000;
    const [x, out] = [buffer("x", 1000), buffer("out", n, "write")];
    const kernel = kernelOf([x, out], [indexVariable("i", n)], (emit, [i = indexOf(0)]) =>
      emit.store(out, i, load(x, remainder(i, 1000))),
    );
    expect(wgsl(kernel).workgroups).toEqual([32776, 2, 1]);
    const args = [counting(1000), elementsOf("f32", n)];
    await runWgslKernel(device as GPUDevice, kernel, args);
    const [from, to] = args as [Float32Array, Float32Array];
    expect(to.findIndex((value, i) => value !== from[i % 1000])).toBe(-1);
  });

  test("threads that add in a tree, and workgroups that are folded", async () => {
    const [rows, width] = [65537, 8];
    const [x, out] = [buffer("x", rows * width), buffer("out", rows, "write")];
    const sums = buffer("sums", width, "readwrite", "f32", "workgroup");
    const threads = indexVariable("thread", width);
    const thread = indexOf(threads);
    const kernel = kernelOf(
      [x, out],
      [indexVariable("row", rows)],
      (emit, [row = indexOf(0)]) => {
        emit.store(sums, thread, load(x, addIndices(scaleIndex(row, width), thread)));
        for (let half = width / 2; half >= 1; half /= 2) {
          emit.barrier();
          emit.when([within(thread, 0, half)], () =>
            emit.store(sums, thread, operation("add", load(sums, thread), load(sums, offsetIndex(thread, half)))),
          );
        }
        emit.when([within(thread, 0, 1)], () => emit.store(out, row, load(sums, indexOf(0))));
      },
      { threads },
    );
    expect(wgsl(kernel).workgroups).toEqual([32769, 2, 1]);
    const args = [counting(rows * width), elementsOf("f32", rows)];
    await runWgslKernel(device as GPUDevice, kernel, args);
    const [from, to] = args as [Float32Array, Float32Array];
    const sumOf = (row: number): number => from.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b);
    expect(to.findIndex((value, row) => value !== sumOf(row))).toBe(-1);
  });

  test("threads exchange values through global memory", async () => {
    const threads = indexVariable("thread", 64);
    const thread = indexOf(threads);
    const [x, out] = [buffer("x", 64, "readwrite"), buffer("out", 64, "write")];
    const kernel = kernelOf(
      [x, out],
      [],
      (emit) => {
        emit.store(x, thread, operation("neg", load(x, thread)));
        emit.barrier();
        emit.store(out, thread, load(x, addIndices(indexOf(63), scaleIndex(thread, -1))));
      },
      { threads },
    );
    await expectSame(kernel, [counting(64), elementsOf("f32", 64)]);
  });

  test("one lane and four of the same buffers", async () => {
    const [x, out] = [buffer("x", 64), buffer("out", 64, "write")];
    const own = buffer("own", 6, "readwrite", "f32", "scratch");
    const kernel = kernelOf([x, out], [indexVariable("i", 16)], (emit, [i = indexOf(0)]) => {
      const at = scaleIndex(i, 4);
      emit.store(own, indexOf(0), load(x, at, 4));
      emit.store(own, indexOf(5), load(x, offsetIndex(at, 2)));
      emit.store(own, remainder(i, 4), load(x, scaleIndex(i, 3)));
      const four = emit.name("four", load(own, indexOf(0), 4));
      const last = operation("add", load(own, indexOf(5)), laneOf(load(x, at, 4), 3));
      emit.store(out, at, operation("mul", four, last));
    });
    const { text, vec4 } = wgsl(kernel);
    expect(vec4).toEqual([true, true]);
    for (const part of [
      "var own: array<vec4<f32>, 2>;",
      "own[1u].y = x[i].z;",
      "own[0u][i_mod_4] = x[quotient][remainder];",
    ])
      expect(text).toContain(part);
    await expectSame(kernel, [counting(64), elementsOf("f32", 64)]);
  });

  test("a buffer is an array of scalars where it must be", async () => {
    const grid = [indexVariable("i", 4)];
    const forms: readonly [size: number, step: number, at: number, tail: boolean][] = [
      [20, 4, 0, false],
      [18, 4, 0, false],
      [20, 4, 1, false],
      [20, 4, 0, true],
    ];
    const seen: boolean[] = [];
    for (const [size, step, at, tail] of forms) {
      const [x, out] = [buffer("x", 16), buffer("out", size, "readwrite")];
      const kernel = kernelOf([x, out], grid, (emit, [i = indexOf(0)]) => {
        emit.store(out, offsetIndex(scaleIndex(i, step), at), load(x, scaleIndex(i, 4), 4));
        if (tail) emit.store(out, offsetIndex(i, 16), load(x, i));
      });
      seen.push(wgsl(kernel).vec4[1] as boolean);
      await expectSame(kernel, [counting(16), elementsOf("f32", size)]);
    }
    expect(seen).toEqual([true, false, false, false]);
  });

  test("quotients of what is negative in part, and guards of what lies outside", async () => {
    const [x, out] = [buffer("x", 30), buffer("out", 40, "write")];
    const kernel = kernelOf([x, out], [indexVariable("i", 8), indexVariable("k", 5)], (emit, [i, k]) => {
      // ⌊(4 i − k + 4) / 4⌋ is i + 1 + ⌊−k / 4⌋.
      const down = addIndices(scaleIndex(i as Index, 4), scaleIndex(k as Index, -1), indexOf(4));
      const at = addIndices(scaleIndex(quotient(down, 4), 3), remainder(down, 3), indexOf(-4));
      const place = addIndices(scaleIndex(i as Index, 5), k as Index);
      emit.when(
        [within(at, 0, 30)],
        () => emit.store(out, place, load(x, at)),
        () => emit.store(out, place, constantValue(-0.5, typeOf("f32"))),
      );
    });
    await expectSame(kernel, [counting(30), elementsOf("f32", 40)]);
  });

  test("loops with counts", async () => {
    const out = buffer("out", 12, "write");
    const kernel = kernelOf([out], [indexVariable("i", 12)], (emit, [i = indexOf(0)]) => {
      const sum = emit.variable("sum", constantValue(0, typeOf("f32")));
      const add = (k: Index): void =>
        emit.assign(sum, operation("add", sum, operation("toF32", indexValue(offsetIndex(k, 1)))));
      emit.loop("k", 5, add, offsetIndex(i, -3));
      emit.store(out, i, sum);
    });
    await expectSame(kernel, [elementsOf("f32", 12)]);
  });
});
