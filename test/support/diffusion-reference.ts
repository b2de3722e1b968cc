/** Numbers of the original's diffusion in f64: `goldens/diffusion-reference.json`, and the closed-form model that made them. */

import { concat, type Dyn, map, reshape, type Tensor, tensor } from "../../dsl/index.ts";
import { respace } from "../../examples/guided-diffusion/diffusion/respace.ts";
import {
  namedSchedule,
  type Schedule,
  type ScheduleName,
  type Tables,
} from "../../examples/guided-diffusion/diffusion/schedule.ts";
import { fillOf } from "./fill.ts";
import { readJson } from "./goldens.ts";

type Columns = Partial<Tables<number>>;
type Numbers = readonly number[];
type Pair = readonly [number, number];

interface Chain {
  readonly name: ScheduleName;
  readonly spacing: string;
}

interface StepCase extends Chain {
  readonly i: number;
  readonly t: number;
  readonly noise: Numbers;
  readonly xStart: Numbers;
  readonly mean: Numbers;
  readonly logVariance: Numbers;
  readonly ddpm: Numbers;
  readonly ddpmGuided: Numbers;
  readonly ddim: Numbers;
  readonly ddimGuided: Numbers;
  readonly guidedXStart: Numbers;
  readonly sigma: number;
  readonly reverse: Numbers;
}

interface Reference {
  readonly schedules: readonly {
    readonly name: ScheduleName;
    readonly rows: readonly (Columns & { readonly t: number })[];
    readonly sums: Columns;
  }[];
  readonly kept: readonly {
    readonly spacing: string;
    readonly steps: number;
    readonly count: number;
    readonly first: Numbers;
    readonly last: Numbers;
    readonly sum: number;
  }[];
  readonly ddimCounts: Numbers;
  readonly respaced: readonly (Chain & Columns & { readonly i: number; readonly t: number })[];
  readonly normalKl: readonly { readonly args: readonly [number, number, number, number]; readonly value: number }[];
  readonly normalCdf: readonly { readonly x: number; readonly value: number }[];
  readonly discretised: readonly {
    readonly x: number;
    readonly mean: number;
    readonly logScale: number;
    readonly value: number;
  }[];
  readonly steps: readonly StepCase[];
  readonly loops: readonly (Chain & {
    readonly ddim: Numbers;
    readonly ddpm: Numbers;
    readonly ddimGuided: Numbers;
    readonly ddpmGuided: Numbers;
  })[];
  readonly losses: readonly {
    readonly setting: string;
    readonly t: Pair;
    readonly mse: Pair | null;
    readonly bound: Pair | null;
    readonly loss: Pair;
  }[];
}

export const reference: Reference = readJson("diffusion-reference.json");

export const scheduleFor = ({ name, spacing }: Chain, steps = 1000): Schedule =>
  respace(namedSchedule(name, steps), spacing);

/** Pictures of one channel, one row. */
export type Pixels<B extends number, W extends number> = Tensor<[B, 1, 1, W]>;

export const pixels = (values: readonly number[]): Pixels<1, 4> => tensor([[[values]]]) as Pixels<1, 4>;

/** ε = x / 2 + cos(t / 250) / 4 and v = 0.4 x − 0.1, as two channels. */
export const closedModel = <B extends number, H extends number, W extends number>(
  x: Tensor<[B, 1, H, W]>,
  t: Tensor<[B]>,
): Tensor<[B, Dyn, H, W]> => concat([closedEps(x, t), map(x, (x) => 0.4 * x - 0.1)], 1);

/** ε alone. */
export const closedEps = <B extends number, H extends number, W extends number>(
  x: Tensor<[B, 1, H, W]>,
  t: Tensor<[B]>,
): Tensor<[B, Dyn, H, W]> => map(x, reshape(t, [t.shape[0], 1, 1, 1]), (x, t) => 0.5 * x + 0.25 * Math.cos(t / 250));

/** What stands for the gradient of a classifier: −0.2 x + 0.3 sin(t / 100). */
export const closedGradient = <B extends number, H extends number, W extends number>(
  x: Tensor<[B, 1, H, W]>,
  t: Tensor<[]>,
): Tensor<[B, 1, H, W]> => map(x, t, (x, t) => -0.2 * x + 0.3 * Math.sin(t / 100));

/** Eight numbers as two pictures of 2 × 2. */
export const squares = (values: readonly number[]): Tensor<[2, 1, 2, 2]> =>
  tensor([[[values.slice(0, 2), values.slice(2, 4)]], [[values.slice(4, 6), values.slice(6, 8)]]]) as Tensor<
    [2, 1, 2, 2]
  >;

/** Two pictures of 256 values. */
export const quantised = (): Tensor<[2, 1, 2, 2]> =>
  squares(fillOf(61, 8).map((value) => Math.round((value * 2 + 1) * 127.5) / 127.5 - 1));
