/** Nothing needless in a plan: how many kernels a call runs, and that what is saved changes no value. */

import { describe, expect, test } from "vitest";
import { compileDevice, compilePlan } from "../../../compiler/compile-plan.ts";
import { evaluate } from "../../../compiler/ir/interpret.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { optimise } from "../../../compiler/passes.ts";
import { type DeviceClassName, deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { denseOf, fromElements } from "../../../dsl/evaluate.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import type { DispatchStep, Plan, Step } from "../../../runtime/plan.ts";
import { openModules } from "../../support/compiled.ts";
import { interpretedStage } from "../../support/interpret-lowered.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

const text = `
import { add, attention, avgPool, concat, einsum, fold, map, mul, reshape, silu, split, type Tensor, upsample } from "typegrad";
import * as nn from "typegrad/nn";

type Scalar = Tensor<[]>;
type Vector = Tensor<[1, 8]>;
type Image<C extends number, D extends number> = Tensor<[1, C, D, D]>;

interface Block<C extends number> {
  readonly inNorm: nn.NormParams<C>;
  readonly inConv: nn.ConvParams<C, 16, [3, 3]>;
  readonly emb: nn.LinearParams<8, 32>;
  readonly outNorm: nn.NormParams<16>;
  readonly outConv: nn.ConvParams<16, 16, [3, 3]>;
  readonly skip: nn.ConvParams<C, 16, [1, 1]>;
}
const modulate = (h: Image<16, 8>, emb: Tensor<[1, 32]>): Image<16, 8> => {
  const [scale, shift] = split(reshape(emb, [1, 32, 1, 1]), [16, 16], 1);
  return silu(add(mul(h, add(scale, 1)), shift));
};
const block = <C extends number>(p: Block<C>, x: Image<C, 8>, emb: Vector): Image<16, 8> => {
  const h = nn.conv(p.inConv, silu(nn.groupNorm(p.inNorm, x, 4)), { padding: 1 });
  const modulated = modulate(nn.groupNorm(p.outNorm, h, 4), nn.linear(p.emb, silu(emb)));
  return add(nn.conv(p.skip, x), nn.conv(p.outConv, modulated, { padding: 1 }));
};

interface Pair<C extends number> { readonly a: Block<16>; readonly b: Block<16>; readonly c: Block<C> }
export const plainPair = (p: Pair<16>, x: Image<16, 8>, emb: Vector): Image<16, 8> =>
  block(p.c, block(p.b, block(p.a, x, emb), emb), emb);
export const skipPair = (p: Pair<32>, x: Image<16, 8>, emb: Vector): Image<16, 8> => {
  const skip = block(p.a, x, emb);
  return block(p.c, concat([block(p.b, skip, emb), skip], 1), emb);
};

interface Pointwise<C extends number> { readonly first: nn.ConvParams<4, 8, [1, 1]>; readonly last: nn.ConvParams<C, 8, [1, 1]> }
const first = (p: nn.ConvParams<4, 8, [1, 1]>, x: Image<4, 4>): Image<8, 4> => silu(nn.conv(p, x));
export const nested = (p: Pointwise<20>, x: Image<4, 4>): Image<8, 4> => {
  const h = first(p.first, x);
  return nn.conv(p.last, concat([concat([x, h], 1), map(h, (h) => Math.tanh(h))], 1));
};
export const two = (p: Pointwise<12>, q: Pointwise<12>, x: Image<4, 4>): Image<8, 4> => {
  const joined = concat([first(p.first, x), x], 1);
  return mul(nn.conv(p.last, joined), nn.conv(q.last, joined));
};
export const kept = (p: Pointwise<12>, x: Image<4, 4>) => {
  const joined = concat([first(p.first, x), x], 1);
  return [nn.conv(p.last, joined), joined] as const;
};
export const strided = (w: Tensor<[8, 12, 2, 2]>, p: Pointwise<12>, x: Image<4, 4>): Image<8, 2> =>
  nn.conv({ weight: w, bias: p.last.bias }, concat([x, first(p.first, x)], 1), { stride: 2 });
export const byRows = (x: Tensor<[2, 3]>, y: Tensor<[3, 3]>, w: Tensor<[5, 3]>): Tensor<[5, 5]> =>
  einsum("mk,nk->mn", concat([x, y], 0), w);
export const bothSides = (x: Tensor<[4, 2]>, y: Tensor<[4, 3]>, v: Tensor<[5, 1]>, w: Tensor<[5, 4]>): Tensor<[4, 5]> =>
  einsum("mk,nk->mn", concat([x, y], 1), concat([v, w], 1));

interface Norm { readonly norm: nn.NormParams<16>; readonly conv: nn.ConvParams<16, 16, [3, 3]> }
const normed = (p: Norm, x: Image<16, 8>): Image<16, 8> => silu(nn.groupNorm(p.norm, x, 4));
export const normConv = (p: Norm, x: Image<16, 8>): Image<16, 8> => nn.conv(p.conv, normed(p, x), { padding: 1 });
export const modulatedConv = (p: Norm, x: Image<16, 8>, emb: Tensor<[1, 32]>): Image<16, 8> =>
  nn.conv(p.conv, modulate(nn.groupNorm(p.norm, x, 4), emb), { padding: 1 });
export const bareConv = (p: Norm, x: Image<16, 8>): Image<16, 8> => nn.conv(p.conv, x, { padding: 1 });
export const upConv = (p: Norm, x: Image<16, 8>): Image<16, 16> =>
  add(upsample(x, 2), nn.conv(p.conv, upsample(normed(p, x), 2), { padding: 1 }));
export const sameConv = (p: Norm, x: Image<16, 8>): Image<16, 8> => add(x, normConv(p, x));
export const largeConv = (p: Norm, x: Image<16, 16>): Image<16, 16> =>
  add(x, nn.conv(p.conv, silu(nn.groupNorm(p.norm, x, 4)), { padding: 1 }));
export const downConv = (p: Norm, x: Image<16, 8>): Image<16, 4> =>
  add(avgPool(x, 2), nn.conv(p.conv, avgPool(normed(p, x), 2), { padding: 1 }));

export const ddimStep = (x: Image<3, 8>, eps: Image<3, 8>, a: Scalar, aPrev: Scalar): Image<3, 8> =>
  map(x, eps, a, aPrev, (x, eps, a, aPrev) => {
    const xStart = (x - Math.sqrt(1 - a) * eps) / Math.sqrt(a);
    return Math.sqrt(aPrev) * xStart + Math.sqrt(1 - aPrev) * eps;
  });
export const ddim = (p: Norm, xs: Tensor<[50]>, x: Image<16, 8>): Image<16, 8> =>
  fold(xs, x, (x, a) => map(x, normConv(p, x), a, (x, eps, a) => x - a * eps));
export const ddimOnce = (p: Norm, a: Scalar, x: Image<16, 8>): Image<16, 8> =>
  map(x, normConv(p, x), a, (x, eps, a) => x - a * eps);

export const attend = (q: Tensor<[1, 2, 16, 8]>, k: Tensor<[1, 2, 16, 8]>, v: Tensor<[1, 2, 16, 8]>): Tensor<[1, 2, 16, 8]> =>
  attention(q, k, v);
`;

const classes = Object.keys(deviceClasses) as readonly DeviceClassName[];
const modules = openModules({ "needless.ts": text });
const read = (name: string): Program => modules.read("needless.ts", name).program;

const planOf = (name: string, bind: readonly string[] = [], device: DeviceClassName = "wasm"): Promise<Plan> => {
  const { program, signature } = modules.read("needless.ts", name);
  return compilePlan(name, optimise(program, { keep: () => false }), signature, { device, bind });
};

const dispatches = (steps: readonly Step[]): readonly DispatchStep[] =>
  steps.flatMap((step) => (step.kind === "loop" ? dispatches(step.body) : [step]));
const kernelNames = ({ call, kernels }: Plan): string[] =>
  dispatches(call).map(({ kernel }) => kernels[kernel]?.name as string);
/** The kernels of a call whose weights `p` are bound, but for copies that schedules like better and parts of sums. */
const callOf = async (name: string, device: DeviceClassName = "wasm"): Promise<string[]> => {
  const { signature } = modules.read("needless.ts", name);
  const bind = signature.parameters.some((each) => each.name === "p") ? ["p"] : [];
  const names = kernelNames(await planOf(name, bind, device));
  return names.filter((each) => !each.endsWith(" reordered") && !each.endsWith(" sum of parts"));
};

/** Compares a program on WebAssembly, and interpreted as for other devices, with the direct run, on noise. */
const expectAgreement = (name: string, ...interpreted: readonly ("webgpu" | "software")[]): void => {
  const program = read(name);
  let state = 7;
  const operands = program.parameters.map(({ type }) => {
    const data = Float32Array.from({ length: type.shape.reduce((a, b) => a * b, 1) }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 8) / 2 ** 24 - 0.5;
    });
    return fromElements(type, data);
  });
  const due = evaluate(program, operands);
  const bind = (i: number): boolean => program.parameters[i]?.name?.startsWith("p.") ?? false;
  const stages = [wasmStage(program, { parts: [1, 2] }), wasmStage(program, { bind })];
  for (const device of interpreted) stages.push(interpretedStage(program, deviceClasses[device]));
  for (const stage of stages) {
    const found = stage.run(operands);
    expect(found).toHaveLength(due.length);
    for (const [i, result] of found.entries()) {
      const [a, b] = [denseOf("a test", result).data, denseOf("a test", due[i] as AnyTensor).data];
      const worst = Array.from(a).reduce((most, value, j) => Math.max(most, Math.abs(value - (b[j] as number))), 0);
      expect(worst, `${name}, ${stage.name}`).toBeLessThan(2e-5);
    }
  }
};

describe("a skip connection that is concatenated", () => {
  test.each(classes)("costs no kernel: the block after it has as many as without, on %s", async (device) => {
    const [plain, joined] = [await callOf("plainPair", device), await callOf("skipPair", device)];
    expect(joined).toHaveLength(plain.length);
  });

  test("changes no value", () => expectAgreement("skipPair"));

  test.each(classes)("is summed in pieces where it is nested, and where two sums read it, on %s", async (device) => {
    for (const [name, channels] of [
      ["nested", 20],
      ["two", 12],
    ] as const) {
      const { slots } = await planOf(name, ["p"], device);
      expect(slots.filter(({ bytes }) => bytes === 4 * channels * 16)).toEqual([]);
    }
  });

  test("is summed in pieces by one kernel for each sum", async () => {
    expect(await callOf("nested")).toHaveLength(2);
    expect(await callOf("two")).toHaveLength(3);
  });

  test("is summed in pieces to the same values", () => {
    for (const name of ["nested", "two", "strided"]) expectAgreement(name, "software", "webgpu");
  });

  test("is stored where a result needs it, and read as it is", async () => {
    const plan = await planOf("kept", ["p"]);
    expect(plan.slots.filter(({ kind, bytes }) => kind === "result" && bytes === 4 * 12 * 16)).toHaveLength(1);
    expectAgreement("kept");
  });

  test("is stored where no axis of the sum alone counts it", () => {
    for (const name of ["byRows", "bothSides"]) expectAgreement(name);
  });
});

describe("a residual block", () => {
  test("computes a norm, scale, shift and SiLU before a convolution in two kernels", async () => {
    const bare = (await callOf("bareConv")).length;
    // The bare one writes the padding in a kernel of its own.
    expect((await callOf("normConv")).length - (bare - 1)).toBeLessThanOrEqual(2);
    expect((await callOf("modulatedConv")).length - (bare - 1)).toBeLessThanOrEqual(2);
  });

  test("is resampled without a kernel more", async () => {
    // At one size the convolutions have one schedule.
    expect((await callOf("upConv")).length).toBe((await callOf("largeConv")).length);
    expect((await callOf("downConv")).length).toBeLessThanOrEqual((await callOf("sameConv")).length);
    for (const name of ["upConv", "downConv", "modulatedConv"]) expectAgreement(name);
  });
});

describe("sampling", () => {
  test("takes a step of DDIM in one kernel", async () => {
    expect(await callOf("ddimStep")).toHaveLength(1);
  });

  test("of 50 steps is one loop with the kernels of one step", async () => {
    const plan = await planOf("ddim", ["p"]);
    const loops = plan.call.filter((step) => step.kind === "loop");
    expect(loops.map(({ count }) => count)).toEqual([50]);
    expect(dispatches(loops[0]?.body ?? [])).toHaveLength((await callOf("ddimOnce")).length);
    // What is carried is copied in and out.
    expect(plan.call.length).toBeLessThanOrEqual(3);
  });
});

describe("attention", () => {
  test("has one kernel for the softmax, between those of two products", async () => {
    const { program, signature } = modules.read("needless.ts", "attend");
    const optimised = optimise(program, { keep: () => false });
    const { plan, kernels } = await compileDevice("attend", optimised, signature, { device: "wasm" });
    const notes = dispatches(plan.call).map(({ kernel }) => kernels[kernel]?.notes.join() ?? "");
    const first = notes.findIndex((text) => text.includes("products of"));
    expect(notes.slice(first).map((text) => /(products|reduce) of/.exec(text)?.[1])).toEqual([
      "products",
      "reduce",
      "products",
    ]);
  });
});
