/** Small plans by hand, each for both devices: kernels over elements, printed as WAT and as WGSL. */

import makeWabt from "wabt";
import type { DeviceKind, Plan, PlanKernel, PlanTensor, Slot, Step } from "../../runtime/plan.ts";

const wabt = await makeWabt();

/** A kernel whose point i computes elements i, or where it says so something else. */
export interface TestKernel {
  readonly name: string;
  /** The last is written, unless `access` says otherwise. */
  readonly buffers: readonly string[];
  readonly access?: PlanKernel["access"];
  readonly grid: number;
  /** Statements for the point `i`. */
  readonly wat: string;
  readonly wgsl: string;
}

/** The address of an element of a buffer, and the element. */
export const place = (buffer: string, index = "(local.get $i)"): string =>
  `(i32.add (local.get $${buffer}) (i32.shl ${index} (i32.const 2)))`;
export const load = (buffer: string, index?: string): string => `(f32.load ${place(buffer, index)})`;

/** out[i] = value. */
export const map = (name: string, inputs: readonly string[], grid: number, wat: string, wgsl: string): TestKernel => ({
  name,
  buffers: [...inputs, "out"],
  grid,
  wat: `(f32.store ${place("out")} ${wat})`,
  wgsl: `out[i] = ${wgsl};`,
});

const watOf = (kernels: readonly TestKernel[]): string => `(module
  (import "env" "memory" (memory 1 65536 shared))
${kernels
  .map(
    ({ name, buffers, wat }) => `  (func (export "${name}")
    ${buffers.map((buffer) => `(param $${buffer} i32)`).join(" ")} (param $scratch i32) (param $low i32) (param $high i32)
    (local $i i32) (local $j i32) (local $sum f32)
    (local.set $i (local.get $low))
    (loop $points
      ${wat}
      (br_if $points (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $high)))))`,
  )
  .join("\n")})`;

const accessOf = ({ access, buffers }: TestKernel): PlanKernel["access"] =>
  access ?? buffers.map((_, i) => (i < buffers.length - 1 ? "read" : "write"));

const wgslOf = (kernel: TestKernel): string => {
  const access = accessOf(kernel);
  const declarations = kernel.buffers.map((buffer, i) => {
    const mode = access[i] === "read" ? "read" : "read_write";
    return `@group(0) @binding(${i}) var<storage, ${mode}> ${buffer}: array<${buffer === "step" ? "i32" : "f32"}>;`;
  });
  return `${declarations.join("\n")}
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i < ${kernel.grid}u) { ${kernel.wgsl} }
}
`;
};

/** The place of the flags of the imported memory. */
const flagsIn = (module: Uint8Array): number => {
  const before = [3, ...Buffer.from("env"), 6, ...Buffer.from("memory"), 2];
  const found = module.findIndex((_, i) => before.every((byte, j) => module[i + j] === byte));
  if (found < 0) throw new Error("the module imports no memory");
  return found + before.length;
};

export interface TestPlan extends Partial<Omit<Plan, "kernels" | "device">> {
  readonly kernels: readonly TestKernel[];
}

export const tensor = (name: string, ...shape: readonly number[]): PlanTensor => ({ name, dtype: "f32", shape });

/** A slot of f32 elements. */
export const slot = (kind: Slot["kind"], size: number, at = 0): Slot => ({
  kind,
  bytes: 4 * size,
  name: `${kind}${at}`,
  ...(kind === "argument" || kind === "result" || kind === "bound" ? { index: at } : { offset: at }),
});

export const dispatch = (kernel: number, ...slots: readonly number[]): Step => ({
  kind: "dispatch",
  kernel,
  slots,
  source: `model.ts:${kernel + 1}`,
});

export const makePlan = (device: DeviceKind, { kernels, ...plan }: TestPlan): Plan => {
  const results = plan.results ?? [];
  const module =
    device === "wasm"
      ? wabt.parseWat("test.wat", watOf(kernels), { simd: true, threads: true }).toBinary({}).buffer
      : undefined;
  return {
    version: 1,
    name: "model",
    device,
    parameters: [],
    arguments: [],
    bound: [],
    result: null,
    results,
    takesOver: results.map(() => null),
    kernels: kernels.map((kernel) => ({
      name: kernel.name,
      access: accessOf(kernel),
      grid: kernel.grid,
      flops: 0,
      bytes: 0,
      ...(device === "wasm"
        ? { export: kernel.name }
        : { wgsl: wgslOf(kernel), workgroups: [Math.ceil(kernel.grid / 64), 1, 1] as const }),
    })),
    slots: [],
    load: [],
    call: [],
    memory: { call: 0, load: 0, packed: 0, scratch: 0, live: 0 },
    constants: new Uint8Array(0),
    ...(module && { modules: { plain: module, relaxed: module, memoryFlags: flagsIn(module) } }),
    ...plan,
  };
};

const x = (name: string, extra: object = {}) => ({ name, tree: null, bound: false, donated: false, ...extra });

/** x + y. */
export const addPlan = (device: DeviceKind, size = 1000): Plan =>
  makePlan(device, {
    name: "add",
    kernels: [map("add", ["x", "y"], size, `(f32.add ${load("x")} ${load("y")})`, "x[i] + y[i]")],
    parameters: [x("x"), x("y")],
    arguments: [tensor("x", size), tensor("y", size)],
    results: [tensor("result", size)],
    slots: [slot("argument", size, 0), slot("argument", size, 1), slot("result", size, 0)],
    call: [dispatch(0, 0, 1, 2)],
  });

/** The sum of x: two halves, then both. */
export const sumPlan = (device: DeviceKind, size = 1000): Plan =>
  makePlan(device, {
    name: "total",
    kernels: [
      {
        name: "halves",
        buffers: ["x", "out"],
        grid: 2,
        wat: `(local.set $j (i32.mul (local.get $i) (i32.const ${size / 2}))) (local.set $sum (f32.const 0))
          (loop $half
            (local.set $sum (f32.add (local.get $sum) ${load("x", "(local.get $j)")}))
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br_if $half (i32.lt_u (local.get $j) (i32.mul (i32.add (local.get $i) (i32.const 1)) (i32.const ${size / 2})))))
          (f32.store ${place("out")} (local.get $sum))`,
        wgsl: `var sum = 0f; for (var j = i * ${size / 2}u; j < (i + 1u) * ${size / 2}u; j++) { sum += x[j]; } out[i] = sum;`,
      },
      map("both", ["x"], 1, `(f32.add ${load("x", "(i32.const 0)")} ${load("x", "(i32.const 1)")})`, "x[0] + x[1]"),
    ],
    parameters: [x("x")],
    arguments: [tensor("x", size)],
    results: [tensor("result")],
    slots: [slot("argument", size, 0), slot("temporary", 2, 256), slot("result", 1, 0)],
    call: [dispatch(0, 0, 1), dispatch(1, 1, 2)],
    memory: { call: 512, load: 0, packed: 0, scratch: 64, live: 8 },
  });

const size = 100;
const copy = map("copy", ["x"], size, load("x"), "x[i]");
/** 2 x + step: what it gives depends on the order of steps. */
const advance = map(
  "advance",
  ["x", "step"],
  size,
  `(f32.add (f32.mul ${load("x")} (f32.const 2)) (f32.convert_i32_s (i32.load (local.get $step))))`,
  "x[i] * 2f + f32(step[0])",
);

const loopPlan = (device: DeviceKind, name: string, call: readonly Step[]): Plan =>
  makePlan(device, {
    name,
    kernels: [copy, advance],
    parameters: [x("x")],
    arguments: [tensor("x", size)],
    results: [tensor("result", size)],
    slots: [
      slot("argument", size, 0),
      slot("temporary", size, 0),
      slot("temporary", size, 512),
      slot("result", size, 0),
      slot("counter", 1),
      slot("counter", 1),
    ],
    call,
    memory: { call: 1024, load: 0, packed: 0, scratch: 0, live: 800 },
  });

const loop = (count: number, body: readonly Step[], extra: object = {}): Step => ({
  kind: "loop",
  count,
  reverse: false,
  counter: 4,
  swaps: [[1, 2]],
  body,
  ...extra,
});

/** x ← 2 x + step, `count` times. */
export const stepsPlan = (device: DeviceKind, count: number, reverse = false): Plan =>
  loopPlan(device, "steps", [dispatch(0, 0, 1), loop(count, [dispatch(1, 1, 4, 2)], { reverse }), dispatch(0, 1, 3)]);

/** The same in three rounds of five steps, a step of the outer loop after each round. */
export const nestedPlan = (device: DeviceKind): Plan =>
  loopPlan(device, "nested", [
    dispatch(0, 0, 1),
    loop(3, [loop(5, [dispatch(1, 1, 5, 2)], { counter: 5 }), dispatch(1, 1, 4, 2)]),
    dispatch(0, 1, 3),
  ]);

/** What `stepsPlan` computes of one number; and `nestedPlan`. */
export const stepsOf = (start: number, count: number, reverse = false): number => {
  let value = start;
  for (let i = 0; i < count; i++) value = Math.fround(Math.fround(value * 2) + (reverse ? count - 1 - i : i));
  return value;
};
export const nestedOf = (start: number): number => {
  let value = start;
  for (let i = 0; i < 3; i++) value = Math.fround(Math.fround(stepsOf(value, 5) * 2) + i);
  return value;
};

/** −weight is packed, and a constant of ones; x + (−weight) + 1 is computed. `second` is packed apart. */
export const boundPlan = (device: DeviceKind): Plan =>
  makePlan(device, {
    name: "affine",
    kernels: [
      map("negate", ["x"], size, `(f32.neg ${load("x")})`, "-x[i]"),
      map(
        "sum4",
        ["x", "y", "z", "w"],
        size,
        `(f32.add (f32.add ${load("x")} ${load("y")}) (f32.add ${load("z")} ${load("w")}))`,
        "x[i] + y[i] + (z[i] + w[i])",
      ),
    ],
    parameters: [
      { name: "params", tree: { first: { weight: null }, second: null }, bound: true, donated: false },
      x("x"),
    ],
    arguments: [tensor("x", size)],
    bound: [tensor("params.first.weight", size), tensor("params.second", size)],
    results: [tensor("result", size)],
    slots: [
      slot("argument", size, 0),
      slot("bound", size, 0),
      slot("bound", size, 1),
      slot("constant", size, 0),
      slot("packed", size, 0),
      slot("packed", size, 512),
      slot("result", size, 0),
    ],
    load: [dispatch(0, 1, 4), dispatch(0, 2, 5)],
    call: [dispatch(1, 0, 4, 5, 3, 6)],
    constants: new Uint8Array(new Float32Array(size).fill(1).buffer),
    memory: { call: 0, load: 0, packed: 1024, scratch: 0, live: 0 },
  });

/** Packs 2 · (2 · (2 · weight) + 1) + 2 by a loop that swaps, less what is bound second: x plus that is computed. */
export const boundLoopPlan = (device: DeviceKind): Plan =>
  makePlan(device, {
    name: "looped",
    kernels: [
      copy,
      advance,
      map("less", ["x", "y"], size, `(f32.sub ${load("x")} ${load("y")})`, "x[i] - y[i]"),
      map("plus", ["x", "y"], size, `(f32.add ${load("x")} ${load("y")})`, "x[i] + y[i]"),
    ],
    parameters: [
      { name: "weight", tree: null, bound: true, donated: false },
      { name: "second", tree: null, bound: true, donated: false },
      x("x"),
    ],
    arguments: [tensor("x", size)],
    bound: [tensor("weight", size), tensor("second", size)],
    results: [tensor("result", size)],
    slots: [
      slot("argument", size, 0),
      slot("temporary", size, 0),
      slot("temporary", size, 512),
      slot("bound", size, 0),
      slot("counter", 1),
      slot("bound", size, 1),
      slot("packed", size, 0),
      slot("result", size, 0),
    ],
    load: [dispatch(0, 3, 1), loop(3, [dispatch(1, 1, 4, 2)]), dispatch(2, 1, 5, 6)],
    call: [dispatch(3, 0, 6, 7)],
    memory: { call: 0, load: 1024, packed: 512, scratch: 0, live: 0 },
  });

/** A training step: state ← state + x, in place; and the sum of both as another result. */
export const trainPlan = (device: DeviceKind): Plan =>
  makePlan(device, {
    name: "train",
    kernels: [
      map("add", ["x", "y"], size, `(f32.add ${load("x")} ${load("y")})`, "x[i] + y[i]"),
      {
        name: "accumulate",
        buffers: ["x", "out"],
        access: ["read", "readwrite"],
        grid: size,
        wat: `(f32.store ${place("out")} (f32.add ${load("out")} ${load("x")}))`,
        wgsl: "out[i] = out[i] + x[i];",
      },
    ],
    parameters: [x("state", { donated: true, tree: { weight: null } }), x("x")],
    arguments: [tensor("state.weight", size), tensor("x", size)],
    result: [{ weight: null }, null],
    results: [tensor("result.0.weight", size), tensor("result.1", size)],
    takesOver: [0, null],
    slots: [slot("argument", size, 0), slot("argument", size, 1), slot("result", size, 0), slot("result", size, 1)],
    call: [dispatch(0, 0, 1, 3), dispatch(1, 1, 2)],
  });

/** Traps at its first point. */
export const trapPlan = (): Plan =>
  makePlan("wasm", {
    name: "trap",
    kernels: [
      {
        name: "broken",
        buffers: ["out"],
        grid: 100,
        wat: "(if (i32.eqz (local.get $i)) (then unreachable))",
        wgsl: "",
      },
    ],
    results: [tensor("result", 100)],
    slots: [slot("result", 100, 0)],
    call: [dispatch(0, 0), dispatch(0, 0)],
  });
