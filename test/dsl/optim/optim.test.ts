/** Optimisers against PyTorch's, run directly and compiled. */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compilePlan } from "../../../compiler/compile-plan.ts";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import { optimise } from "../../../compiler/passes.ts";
import {
  cast,
  grad,
  inPrecision,
  linear,
  mean,
  square,
  sub,
  type Tensor,
  tanh,
  tensor,
  toHost,
  treeLeaves,
} from "../../../dsl/index.ts";
import * as optim from "../../../dsl/optim/index.ts";
import { step as adamStep } from "../../programs/adam.ts";
import { openModules, tensorsIn } from "../../support/compiled.ts";
import { elements } from "../../support/evaluator-probes.ts";
import { runEverywhere } from "../../support/everywhere.ts";
import { readJson } from "../../support/goldens.ts";
import { openPlan } from "../../support/run-plan.ts";

type Matrix = readonly (readonly number[])[];

/** Runs of PyTorch's own optimisers in f64, and the parameters after some of their 20 steps. */
interface Golden {
  readonly problem: {
    readonly x: Matrix;
    readonly y: Matrix;
    readonly weight: Matrix;
    readonly bias: readonly number[];
  };
  readonly cases: readonly Case[];
}
interface Case {
  readonly op: "adam" | "adamW" | "sgd";
  readonly options: { readonly rate: number };
  /** The norm that gradients are clipped to. */
  readonly clip?: number;
  /** The norm is the gradients' own, before the step. */
  readonly steps: readonly {
    readonly step: number;
    readonly norm: number;
    readonly weight: Matrix;
    readonly bias: readonly number[];
  }[];
}

const { problem, cases } = readJson<Golden>("optim.json");

interface Params {
  readonly weight: Tensor<[3, 4]>;
  readonly bias: Tensor<[3]>;
}
type X = Tensor<[6, 4]>;
type Y = Tensor<[6, 3]>;

const typed = <T>(nested: unknown): T => tensor(nested as number[]) as T;
const start = (): Params => ({ weight: typed(problem.weight), bias: typed(problem.bias) });
const data = (): readonly [X, Y] => [typed(problem.x), typed(problem.y)];

const loss = ({ weight, bias }: Params, x: X, y: Y): Tensor<[]> => mean(square(sub(tanh(linear(x, weight, bias)), y)));

const values = (tree: unknown): number[] => treeLeaves(tree).flatMap((leaf) => Array.from(toHost(leaf).data));
const farthest = (a: readonly number[], b: readonly number[]): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));
};

const adams = { adam: optim.adam, adamW: optim.adamW } as const;

/** The steps of a case, as ours take them. */
const follow = ({ op, options, clip, steps }: Case, tolerance: number): void => {
  const [x, y] = data();
  let params = start();
  let adamState = optim.initAdam(params);
  let sgdState = optim.initSgd(params);
  for (let i = 1; i <= 20; i++) {
    const gradients = grad(loss)(params, x, y);
    const due = steps.find(({ step }) => step === i);
    if (due) expect(farthest(values(optim.globalNorm(gradients)), [due.norm])).toBeLessThan(tolerance);
    const clipped = clip === undefined ? gradients : optim.clipByGlobalNorm(gradients, clip);
    if (op === "sgd") ({ params, state: sgdState } = optim.sgd(params, clipped, sgdState, options));
    else ({ params, state: adamState } = adams[op](params, clipped, adamState, options));
    if (due) expect(farthest(values(params), [...due.weight.flat(), ...due.bias])).toBeLessThan(tolerance);
  }
};

describe.each(cases.map((one) => [one.op, JSON.stringify({ ...one.options, clip: one.clip }), one] as const))(
  "%s %s",
  (_, __, one) => {
    test("is PyTorch's in f64", () => {
      inPrecision("f64", () => follow(one, 1e-12));
    });

    test("is PyTorch's in f32", () => {
      follow(one, 1e-6);
    });
  },
);

/** All 20 steps of each case as one loop of a program: the rate is a run-time scalar, as a schedule gives it. */
const moduleText = `import { fold, grad, iota, linear, mean, square, sub, tanh, type Tensor } from "typegrad";
import * as optim from "typegrad/optim";

export interface Params { readonly weight: Tensor<[3, 4]>; readonly bias: Tensor<[3]> }
type X = Tensor<[6, 4]>;
type Y = Tensor<[6, 3]>;
const loss = ({ weight, bias }: Params, x: X, y: Y): Tensor<[]> => mean(square(sub(tanh(linear(x, weight, bias)), y)));
export const schedules = (step: Tensor<[], "i32">) => [
  optim.constantRate(0.25)(step),
  optim.linearRate(1, 0, 8)(step),
  optim.cosineRate(1, 0.1, 8)(step),
  optim.warmUp(4, optim.linearRate(1, 0, 8))(step),
];
export const average = (a: Params, p: Params, rate: Tensor<[]>) => optim.ema(a, p, rate);
${cases
  .map(({ op, options: { rate: _, ...options }, clip }, i) => {
    const init = op === "sgd" ? "initSgd" : "initAdam";
    const gradients = clip === undefined ? "gradients" : `optim.clipByGlobalNorm(gradients, ${clip})`;
    return `export const case${i} = (start: Params, x: X, y: Y, rate: Tensor<[]>) =>
  fold(iota(20), { params: start, state: optim.${init}(start) }, ({ params, state }) => {
    const gradients = grad(loss)(params, x, y);
    return optim.${op}(params, ${gradients}, state, { rate, ...${JSON.stringify(options)} });
  }).params;
`;
  })
  .join("")}`;
const modules = openModules({ "optim.ts": moduleText });

test.each(cases.map((one, i) => [one.op, i, one] as const))(
  "%s of case %i is PyTorch's wherever it is compiled for",
  async (_, i, { options, steps }) => {
    const args = [start(), ...data(), tensor(options.rate)];
    const due = steps.at(-1) as Case["steps"][number];
    for (const { where, results } of await runEverywhere(modules, "optim.ts", `case${i}`, args)) {
      const error = farthest(values(results), [...due.weight.flat(), ...due.bias]);
      expect(error, where).toBeLessThan(1e-6);
    }
  },
  60_000,
);

describe("rates", () => {
  const due = (step: number): readonly number[] => {
    const part = Math.min(step / 8, 1);
    const cosine = 0.1 + 0.9 * (0.5 + 0.5 * Math.cos(Math.PI * part));
    const warmed = Math.min((step + 1) / 4, 1) * (1 - Math.min(Math.max(step - 4, 0) / 8, 1));
    return [0.25, 1 - part, cosine, warmed];
  };

  test.each([0, 1, 3, 4, 5, 8, 12, 100])("at step %i, wherever they are computed", async (step) => {
    for (const { where, results } of await runEverywhere(modules, "optim.ts", "schedules", [tensor(step, "i32")]))
      expect(farthest(values(results), due(step)), where).toBeLessThan(2e-7);
  });

  test("refuse lengths and steps that are none", () => {
    expect(() => optim.linearRate(1, 0, 0)).toThrow("optim.linearRate: the number of steps is 0, and must be");
    expect(() => optim.cosineRate(1, 0, 1.5)).toThrow("optim.cosineRate: the number of steps is 1.5, and must be");
    expect(() => optim.warmUp(-1, optim.constantRate(1))).toThrow(
      "optim.warmUp: the number of steps is -1, and must be",
    );
    expect(() => optim.linearRate(1, 0, 2)(tensor(1) as unknown as Tensor<[], "i32">)).toThrow(
      "optim.linearRate: the step is f32[], and must be i32[]",
    );
  });
});

test("ema keeps its share of the average, wherever it is computed", async () => {
  const a: Params = { weight: typed(problem.weight), bias: typed([1, 2, 3]) };
  const p: Params = { weight: typed(problem.weight), bias: typed([3, 2, -1]) };
  for (const { where, results } of await runEverywhere(modules, "optim.ts", "average", [a, p, tensor(0.75)]))
    expect(farthest(values(results), [...problem.weight.flat(), 1.5, 2, 2]), where).toBeLessThan(2e-7);
  expect(values(optim.ema(a, p, 0.75))).toEqual(values(optim.ema(a, p, tensor(0.75))));
  const [slow = 0] = values(optim.ema({ x: tensor(0) }, { x: tensor(1) }, 0.9999));
  expect(Math.abs(slow / 1e-4 - 1)).toBeLessThan(1e-7);
});

test("a compiled step writes its state where it lay", async () => {
  const file = path.join(fileURLToPath(new URL("../../programs", import.meta.url)), "adam.ts");
  const { program, signature } = readProgram(openSources(), file, "step", {});
  const optimised = optimise(program, { keep: () => false });
  const plan = await compilePlan("step", optimised, signature, { device: "wasm", donate: ["argument 1"] });
  // All but the four bytes of the counter, which the rate is computed from after the next was.
  expect(plan.takesOver).toEqual(plan.results.map(({ dtype }, i) => (dtype === "i32" ? null : i)));
  const state = { params: start(), state: optim.initAdam(start()), average: start() };
  const operands = tensorsIn([state, ...data()]);
  const due = adamStep(state, ...data());
  const found = openPlan(plan, [], 3).call(operands.map(elements));
  expect(
    farthest(
      found.flatMap((result) => Array.from(result)),
      values(due),
    ),
  ).toBeLessThan(1e-6);
});

test("a limit above the norm clips nothing", () => {
  expect(values(optim.clipByGlobalNorm(start(), 100))).toEqual(values(start()));
});

test("a step has a gradient: how the loss after it varies with the rate", () => {
  inPrecision("f64", () => {
    const [x, y] = data();
    const after = (rate: Tensor<[]>): Tensor<[]> => {
      const params = start();
      return loss(optim.adamW(params, grad(loss)(params, x, y), optim.initAdam(params), { rate }).params, x, y);
    };
    const [slope = 0] = values(grad(after)(tensor(0.02)));
    const [high = 0, low = 0] = [0.02 + 1e-6, 0.02 - 1e-6].map((rate) => values(after(tensor(rate)))[0]);
    expect(Math.abs(slope - (high - low) / 2e-6)).toBeLessThan(1e-7);
  });
});

describe("refusals", () => {
  const params = start();
  const state = optim.initAdam(params);
  const wrong = (tree: unknown): Params => tree as Params;

  test("of trees that are not alike", () => {
    const { weight, bias } = params;
    expect(() => optim.adamW(params, wrong({ weight }), state, { rate: 1 })).toThrow(
      "optim.adamW: there is a parameter at bias, and no gradient",
    );
    expect(() => optim.adam(params, wrong({ weight, bias, other: bias }), state, { rate: 1 })).toThrow(
      "optim.adam: there is a gradient at other, and no parameter",
    );
    // A size of 1 would broadcast.
    expect(() => optim.sgd(params, wrong({ weight, bias: tensor([1]) }), optim.initSgd(params), { rate: 1 })).toThrow(
      "optim.sgd: the gradient at bias is f32[1], and must have the shape of the parameter, f32[3]",
    );
    expect(() => optim.ema(params, wrong({ weight, bias: cast(bias, "f16") }), 0.5)).toThrow(
      "optim.ema: the parameter at bias is f16[3], and must be of f32",
    );
    expect(() => optim.initAdam({ bias: tensor([1], "i32") })).toThrow(
      "optim.initAdam: the parameter at bias is i32[1]",
    );
    expect(() => optim.globalNorm({ bias: tensor([1], "i32") })).toThrow(
      "optim.globalNorm: the leaf at bias is i32[1]",
    );
  });

  test("of options out of range", () => {
    const step = (options: Partial<optim.AdamOptions>) => () =>
      optim.adamW(params, params, state, { rate: 1, ...options });
    expect(step({ betas: [1, 0.9] })).toThrow("optim.adamW: the first beta is 1, and must be from 0 up to, but not, 1");
    expect(step({ betas: [0.9, -0.1] })).toThrow("optim.adamW: the second beta is -0.1");
    expect(step({ eps: Number.NaN })).toThrow("optim.adamW: eps is NaN, and must be a number from 0 up");
    expect(step({ weightDecay: -1 })).toThrow("optim.adamW: the weight decay is -1");
    expect(step({ rate: tensor([1]) as unknown as number })).toThrow("optim.adamW: the rate is f32[1], and must be");
    expect(() => optim.sgd(params, params, optim.initSgd(params), { rate: 1, momentum: 1 })).toThrow(
      "optim.sgd: the momentum is 1",
    );
  });
});
