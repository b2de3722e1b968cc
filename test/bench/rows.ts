/** The rows of the table: a program, the shapes that it runs with, and what it costs. */

import type { Spec } from "../../compiler/frontend/entry.ts";
import type { DType } from "../../dsl/dtype.ts";
import type { TensorType } from "../../dsl/primitive.ts";
import type { ClassifierConfig, UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";
import { parameterShapes } from "../../examples/guided-diffusion/networks/parameters.ts";
import { small, smallClassifier } from "./networks.ts";

export interface Row {
  readonly name: string;
  readonly title: string;
  /** Below this folder. */
  readonly source: string;
  readonly entry: string;
  /** Arguments by name, in order. */
  readonly specs: Readonly<Record<string, Spec>>;
  readonly statics: Readonly<Record<string, unknown>>;
  /** Frozen weights: initialisers for ONNX, which it may pack beforehand. */
  readonly bind: readonly string[];
  /** Two for each multiplication with its addition, in the direct form of a convolution. */
  readonly gflop: number;
  /** GFLOP/s of a hand-written WASM kernel (Winograd F(4 × 4, 3 × 3), plain SIMD, two threads), where there is one. */
  readonly handwritten?: number;
}

const spec = (shape: readonly number[], dtype: DType = "f32"): TensorType => ({ shape, dtype });
const specsOf = (config: UNetConfig | ClassifierConfig): Readonly<Record<string, Spec>> =>
  Object.fromEntries(Object.entries(parameterShapes(config)).map(([key, shape]) => [key, spec(shape)]));

type Layer = Omit<Row, "source" | "statics" | "bind"> & { readonly bind?: readonly string[] };
const layer = (row: Layer): Row => ({ source: "programs/kernels.ts", statics: {}, bind: [], ...row });

const product = (n: number): Row =>
  layer({
    name: `matmul-${n}`,
    title: `matmul ${n}³`,
    entry: "product",
    specs: { a: spec([n, n]), b: spec([n, n]) },
    bind: ["b"],
    gflop: (2 * n ** 3) / 1e9,
  });

const convolution = (c: number, h: number, handwritten: number): Row =>
  layer({
    name: `conv-${c}-${h}`,
    title: `conv 3×3, ${c} → ${c} @${h}²`,
    entry: "convolution",
    specs: { x: spec([1, c, h, h]), weight: spec([c, c, 3, 3]), bias: spec([c]) },
    bind: ["weight", "bias"],
    gflop: (2 * c * c * 9 * h * h) / 1e9,
    handwritten,
  });

const image = spec([4, 128, 32, 32]);
const gradients = { x: image, ct: image, weight: spec([128, 128, 3, 3]) };
const gradientFlop = (2 * 4 * 128 * 128 * 9 * 32 * 32) / 1e9;

const attention = (t: number, heads: number): Row => {
  const part = spec([heads, t, 64]);
  return layer({
    name: `attention-${t}`,
    title: `attention T = ${t}, ${heads} × 64`,
    entry: "selfAttention",
    specs: { query: part, key: part, value: part },
    gflop: (4 * heads * t * t * 64) / 1e9,
  });
};

const batch = 8;
const network = { x: spec([batch, 3, 32, 32]), t: spec([batch], "i32"), y: spec([batch], "i32") };

export const rows: readonly Row[] = [
  product(512),
  product(1024),
  convolution(128, 32, 272),
  convolution(256, 16, 267),
  convolution(192, 64, 272),
  layer({
    name: "input-gradient",
    title: "conv input gradient, 128 @32², N = 4",
    entry: "inputGradient",
    specs: gradients,
    bind: ["weight"],
    gflop: gradientFlop,
    handwritten: 268,
  }),
  layer({
    name: "weight-gradient",
    title: "conv weight gradient, 128 @32², N = 4",
    entry: "weightGradient",
    specs: gradients,
    gflop: gradientFlop,
  }),
  layer({
    name: "norm-silu",
    title: "GroupNorm(32) + SiLU, 192 @64²",
    entry: "normalised",
    specs: { x: spec([1, 192, 64, 64]), scale: spec([192]), bias: spec([192]) },
    bind: ["scale", "bias"],
    // About 12 operations an element: a test of memory and of exp.
    gflop: (12 * 192 * 64 * 64) / 1e9,
  }),
  attention(1024, 3),
  attention(256, 6),
  {
    name: "unet",
    title: "ADM UNet 32², forward, batch 8",
    source: "../../examples/guided-diffusion/networks/unet.ts",
    entry: "unet",
    specs: { params: specsOf(small), ...network },
    statics: { config: small, dropout: undefined },
    bind: ["params"],
    gflop: 34.7,
  },
  {
    name: "guidance",
    title: "noisy classifier 32², input gradient, batch 8",
    source: "../programs/guidance.ts",
    entry: "guidance",
    specs: { params: specsOf(smallClassifier), ...network },
    statics: { config: smallClassifier },
    bind: ["params"],
    gflop: 19.79,
  },
];
