/**
 * Random programs as TypeScript text: statements over a pool of typed values, and arguments for them.
 *
 * Values stay bounded, and arguments in the domains of the ops that take them, so that a difference between two runs is
 * one of meaning and not of a large number's last digit.
 */

import { type DType, isFloat } from "../../dsl/dtype.ts";
import { fromElements } from "../../dsl/evaluate.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { noise } from "../../dsl/testing/noise.ts";
import { typeText } from "./compiled.ts";
import { manifest } from "./manifest.ts";
import { type Choices, choicesOf, type Recipe } from "./programs-choices.ts";
import { statement } from "./programs-regions.ts";
import type { Scope, Value } from "./programs-values.ts";

export interface GeneratedProgram {
  /** `export const name = (…) => { … };` */
  readonly text: string;
  readonly args: readonly unknown[];
  /** Error of the direct run in f64: difference quotients of difference quotients have few digits. */
  readonly precision: number;
  /** Whether difference quotients are taken, which may be undefined: NaN says so. */
  readonly quotients: boolean;
}

const transforms = [
  "checkpoint",
  "composite",
  "customVjp",
  "grad",
  "jvp",
  "scalar",
  "treeLeaves",
  "treeMap",
  "valueAndGrad",
  "vjp",
];

/** What stands above the programs of a module. */
export const programHeader = `import { ${[...Object.keys(manifest), ...transforms].sort().join(", ")}, type Tensor } from "typegrad";
import * as nn from "typegrad/nn";
import * as random from "typegrad/random";

interface Params { readonly weight: Tensor; readonly bias?: Tensor }
const table = [0.5, -1.25, 2] as const;
const config = { scale: 0.75, widths: [2, 3], flag: true };
const within = (x: number, low: number, high: number): number => low + (high - low) * (0.5 + 0.5 * Math.tanh(x));
const power = (x: Tensor, n: number): Tensor => (n === 0 ? x : mul(power(x, n - 1), x));
const scaled = (factor = 1) => (x: Tensor) => mul(x, factor);
function activation(x: Tensor, name: string): Tensor {
  if (name === "none") return x;
  switch (name) {
    case "silu":
      return silu(x);
    case "tanh":
      return tanh(x);
    default:
      break;
  }
  if (name !== "other") throw new Error(\`no activation \${name}\`);
  return sin(x);
}
`;

const dtypes: readonly DType[] = ["f32", "f32", "f32", "f32", "f32", "i32", "u32", "bool", "f16"];

const draw = (shape: readonly number[], dtype: DType, seed: number): AnyTensor => {
  const next = noise(seed);
  const size = sizeOf(shape);
  if (isFloat(dtype))
    return fromElements(
      { shape, dtype },
      Float32Array.from({ length: size }, () => 2 * next()),
    );
  const values = Array.from({ length: size }, () => Math.floor((dtype === "bool" ? 1 : 8) * (next() + 1)));
  if (dtype === "bool") return fromElements({ shape, dtype }, Uint8Array.from(values));
  return fromElements(
    { shape, dtype },
    dtype === "u32" ? Uint32Array.from(values) : Int32Array.from(values, (x) => x - 8),
  );
};

interface Parameters {
  readonly args: readonly unknown[];
  readonly texts: readonly string[];
}

/** Tensors and small trees of them; the first is of floats. */
const parametersIn = (scope: Scope, choices: Choices): Parameters => {
  const args: unknown[] = [];
  const texts: string[] = [];
  const count = choices.integer(1, 4);
  for (let i = 0; i < count; i++) {
    const leaf = (text: string): AnyTensor => {
      const shape = Array.from({ length: choices.below(4) }, () => choices.integer(1, 3));
      const tensor = draw(shape, scope.values.length === 0 ? "f32" : choices.oneOf(dtypes), choices.below(1000));
      const value: Value = { text, shape, dtype: tensor.dtype, bound: isFloat(tensor.dtype) ? 2 : 8 };
      scope.values.push(value);
      return tensor;
    };
    const name = `x${i}`;
    const arg = choices.oneOf([
      () => leaf(name),
      () => ({ weight: leaf(`${name}.weight`), rest: [leaf(`${name}.rest[0]`)] }),
    ])();
    args.push(arg);
    texts.push(`${name}: ${typeText(arg)}`);
  }
  return { args, texts };
};

/** The last value, and some of the others: what is not returned may be left out by the compiler. */
const resultOf = ({ values }: Scope, choices: Choices): string => {
  const made = values.filter(({ text }) => !text.startsWith("x"));
  const kept = (made.length > 0 ? made : values).filter((_, i, list) => i === list.length - 1 || choices.below(3) < 2);
  return `{ last: ${kept.at(-1)?.text}, others: [${kept
    .slice(0, -1)
    .map(({ text }) => text)
    .join(", ")}] }`;
};

export const programOf = (recipe: Recipe, name: string): GeneratedProgram => {
  const [first = [], ...rest] = recipe;
  const scope: Scope = {
    parent: undefined,
    values: [],
    lines: [],
    order: 0,
    depth: 0,
    shared: { next: 0, lambdaOrder: 0 },
  };
  const choices = choicesOf(first);
  const { args, texts } = parametersIn(scope, choices);
  for (const numbers of rest) statement(scope, choicesOf(numbers));
  const text = `export const ${name} = (${texts.join(", ")}) => {\n${scope.lines.join("\n")}\nreturn ${resultOf(scope, choices)};\n};\n`;
  return { text, args, precision: scope.shared.lambdaOrder < 2 ? 1e-6 : 1e-4, quotients: scope.shared.lambdaOrder > 0 };
};
