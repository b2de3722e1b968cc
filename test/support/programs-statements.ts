/** Statements of generated programs: calls of ops, maps, static control flow. */

import { isFloat } from "../../dsl/dtype.ts";
import { fromElements } from "../../dsl/evaluate.ts";
import type { Draw } from "../../dsl/op.ts";
import { sizeOf } from "../../dsl/shape.ts";
import { type AnyTensor, isTensor } from "../../dsl/tensor.ts";
import { noise } from "../../dsl/testing/noise.ts";
import { expressionOf } from "./calls.ts";
import { type AnyOp, manifest } from "./manifest.ts";
import type { Choices } from "./programs-choices.ts";
import { floatFunctions, lambdaOf } from "./programs-lambda.ts";
import {
  define,
  differentiatesLambda,
  nameIn,
  pick,
  type Scope,
  type Sized,
  shapeIn,
  sizedLike,
  take,
} from "./programs-values.ts";

/** Writes a statement into a body; nothing where the values in scope allow none of its kind. */
export type Statement = (scope: Scope, choices: Choices) => void;

/** Elements that look random, of the kind that an op asks for: only their types are written into the program. */
const sample = (
  shape: readonly number[],
  { dtype = "f32", domain: [low, high] = [-8, 8], below }: NonNullable<Parameters<Draw["tensor"]>[1]>,
): AnyTensor => {
  const next = noise(sizeOf(shape));
  const unit = (): number => (next() + 1) / 2;
  const size = sizeOf(shape);
  if (isFloat(dtype))
    return fromElements(
      { shape, dtype },
      Float32Array.from({ length: size }, () => low + (high - low) * unit()),
    );
  const values = Array.from({ length: size }, () => Math.floor(unit() * (dtype === "bool" ? 2 : (below ?? 8))));
  return fromElements(
    { shape, dtype },
    dtype === "bool" ? Uint8Array.from(values) : dtype === "i32" ? Int32Array.from(values) : Uint32Array.from(values),
  );
};

/** An op's own drawing of arguments, over the values in scope. */
const drawIn = (scope: Scope, choices: Choices, texts: Map<AnyTensor, string>): Draw => ({
  integer: choices.integer,
  oneOf: choices.oneOf,
  shape: ({ minRank = 0, maxRank = Math.max(3, minRank) } = {}) => [...shapeIn(scope, choices, { minRank, maxRank })],
  tensor: (shape, limits = {}) => {
    const tensor = sample(shape, limits);
    const { dtype = "f32", domain, below } = limits;
    texts.set(tensor, take(scope, choices, { shape, dtype, domain, below }));
    return tensor;
  },
});

/** Ops that are called with what their records draw. Those of functions have statements of their own. */
const plainOps: readonly (readonly [string, AnyOp])[] = Object.entries(manifest).filter(
  ([name]) => name !== "map" && name !== "fold",
);

export const callOp: Statement = (scope, choices) => {
  const [name, op] = choices.oneOf(plainOps);
  const texts = new Map<AnyTensor, string>();
  const args = op.record.draw(drawIn(scope, choices, texts));
  const call = `${name}(${args.map((arg) => expressionOf(arg, (tensor) => texts.get(tensor) as string)).join(", ")})`;
  const result = op(...args);
  if (isTensor(result)) {
    define(scope, call, sizedLike(result));
    return;
  }
  const list = result as readonly AnyTensor[];
  const names = list.map(() => nameIn(scope));
  scope.lines.push(`const [${names.join(", ")}] = ${call};`);
  list.forEach((tensor, i) => void scope.values.push({ ...sizedLike(tensor), text: names[i] as string }));
};

/** The type that an element of an operand has in a lambda. */
const elementOf = ({ dtype, bound }: Sized) => ({ type: isFloat(dtype) ? ("f32" as const) : dtype, bound });

/** `map` of one to four operands. Where it is differentiated twice, of few elements: numerically, that is slow. */
export const callMap: Statement = (scope, choices) => {
  const first = pick(scope, choices, ({ dtype }) => dtype !== "bool");
  if (first === undefined) return;
  const { dtype } = first;
  if (isFloat(dtype)) differentiatesLambda(scope);
  const small = scope.order >= 2;
  const shape = small ? choices.oneOf([[], [2]]) : first.shape;
  const domain = isFloat(dtype) ? ([-8, 8] as const) : undefined;
  const operand = { shape, dtype, bound: isFloat(dtype) ? 8 : 2 ** 31 };
  const head = small || first.bound > 8 ? take(scope, choices, { shape, dtype, domain }) : first.text;
  const others = Array.from({ length: choices.below(4) }, () => {
    const form = choices.below(3);
    const into = form === 0 ? shape : form === 1 ? [] : shape.map((dim) => choices.oneOf([dim, 1]));
    const other = choices.chance(4) ? ("bool" as const) : dtype;
    return {
      sized: { ...operand, shape: into, dtype: other },
      text: take(scope, choices, { shape: into, dtype: other, domain: isFloat(other) ? domain : undefined }),
    };
  });
  const operands = [head, ...others.map(({ text }) => text)].join(", ");
  if (others.length === 0 && isFloat(dtype) && choices.chance(6)) {
    const unary = floatFunctions.filter(({ record }) => record.arity === 1);
    const { text, record, bound } = choices.oneOf(unary);
    const inside = take(scope, choices, { shape, dtype, domain: record.domain[0] });
    define(scope, `map(${inside}, ${text})`, { shape, dtype, bound });
    return;
  }
  const gives = choices.chance(6) ? "bool" : "same";
  const { text, bound } = lambdaOf(choices, [operand, ...others.map(({ sized }) => sized)].map(elementOf), gives);
  const result = { shape, dtype: gives === "bool" ? ("bool" as const) : dtype, bound };
  if (choices.chance(5)) {
    const name = nameIn(scope, "f");
    // Parameters take their types from no context here.
    const types = ["number", ...others.map(({ sized }) => (sized.dtype === "bool" ? "boolean" : "number"))];
    const typed = text.replace(/^\((.*?)\)/, (_, names: string) => {
      const list = names.split(", ").map((one, i) => `${one}: ${types[i]}`);
      return `(${list.join(", ")})`;
    });
    scope.lines.push(`const ${name} = ${typed};`);
    define(scope, `map(${operands}, ${name})`, result);
    return;
  }
  define(scope, `map(${operands}, ${text})`, result);
};

/** A float value of any shape with at least so many axes. */
const floats = (
  scope: Scope,
  choices: Choices,
  minRank = 0,
): { readonly text: string; readonly shape: readonly number[] } => {
  const shape = shapeIn(scope, choices, { minRank });
  return { text: take(scope, choices, { shape, dtype: "f32" }), shape };
};

/** Control flow over static values, which the front end unrolls. Each writes lines and gives the value that they make. */
type Template = (scope: Scope, choices: Choices) => void;

const one = (shape: readonly number[], bound = 4): Sized => ({ shape, dtype: "f32", bound });

const templates: readonly Template[] = [
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    const h = nameIn(scope, "h");
    scope.lines.push(`let ${h} = ${text};`, `for (const s of table) { ${h} = add(mul(sin(${h}), s), s); }`);
    define(scope, h, one(shape));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    const parts = nameIn(scope, "parts");
    scope.lines.push(
      `const ${parts}: Tensor[] = [];`,
      `for (let k = 0; k < 4; k++) { if (k === 1) continue; if (k === 3) break; ${parts}.push(mul(${text}, k - 1.5)); }`,
    );
    define(scope, `stack(${parts}, 0)`, one([2, ...shape], 12));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    const others = [0, 1].map(() => take(scope, choices, { shape, dtype: "f32" }));
    define(scope, `[${others.join(", ")}].reduce((h, y) => sub(mul(h, 0.5), tanh(y)), ${text})`, one(shape, 8));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices, 1);
    const [rows, ...rest] = shape as [number];
    const first = nameIn(scope);
    const others = nameIn(scope, "rest");
    scope.lines.push(`const [${first}, ...${others}] = unstack(${text});`);
    define(
      scope,
      `stack([${first}, ...${others}.map((row, k) => add(row, k + 0.5)), ...${others}.slice(0, 1)])`,
      one([rows + Math.min(1, rows - 1), ...rest], 12),
    );
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    const [record, flag] = [nameIn(scope, "record"), choices.oneOf(["true", "false", "config.flag", "!config.flag"])];
    const bias = take(scope, choices, { shape: [], dtype: "f32" });
    scope.lines.push(`const ${record}: Params = { weight: ${text}, ...(${flag} ? { bias: ${bias} } : {}) };`);
    define(
      scope,
      `${record}.bias !== undefined ? add(${record}.weight, ${record}.bias) : mul(${record}.weight, 1.5)`,
      one(shape, 16),
    );
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    define(scope, `power(${text}, ${choices.integer(0, 3)})`, one(shape, 100));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    const [h, k] = [nameIn(scope, "h"), nameIn(scope, "k")];
    scope.lines.push(
      `let [${h}, ${k}] = [${text}, ${choices.integer(0, 3)}];`,
      `while (${k} > 0) { ${h} = cos(${h}); ${k} -= 1; }`,
    );
    define(scope, h, one(shape));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    define(scope, `activation(${text}, "${choices.oneOf(["silu", "tanh", "none", "other"])}")`, one(shape));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    const second = take(scope, choices, { shape, dtype: "f32" });
    define(
      scope,
      `Object.entries({ a: ${text}, b: ${second} }).map(([key, x]) => (key === "a" ? neg(x) : x)).reduce((x, y) => add(x, y))`,
      one(shape, 16),
    );
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    define(scope, `scaled(${choices.oneOf(["0.5", "config.scale", "table.at(-1)"])})(${text})`, one(shape, 16));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices, 2);
    const [rows, columns] = shape.slice(-2) as [number, number];
    define(
      scope,
      `einsum(\`...\${"ij"},jk->...\${"ik"}\`.replaceAll("...", "${"abc".slice(0, shape.length - 2)}"), ${text}, ${take(scope, choices, { shape: [columns, 2], dtype: "f32" })})`,
      one([...shape.slice(0, -2), rows, 2], 100),
    );
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices);
    const [tree, a, b] = [nameIn(scope, "tree"), nameIn(scope), nameIn(scope)];
    const second = take(scope, choices, { shape: [2], dtype: "f32" });
    scope.lines.push(
      `const ${tree} = { a: ${text}, b: [${second}] as const };`,
      `const { a: ${a}, b: [${b}] } = treeMap((x) => mul(x, 0.25), ${tree});`,
    );
    scope.values.push({ ...one(shape), text: a }, { ...one([2]), text: b });
    define(scope, `treeLeaves(${tree}).map((x) => mean(x)).reduce((x, y) => add(x, y))`, one([], 16));
  },
  (scope, choices) => {
    const { text, shape } = floats(scope, choices, 1);
    const x = nameIn(scope);
    scope.lines.push(`const ${x} = ${text};`);
    define(scope, `div(sum(${x}, -1), Math.max(1, ${x}.shape.at(-1)) * ${x}.shape.length)`, one(shape.slice(0, -1)));
  },
  (scope, choices) => {
    const [batch, inputs, outputs] = [choices.integer(1, 2), choices.integer(1, 3), choices.integer(1, 2)];
    const weight = take(scope, choices, { shape: [outputs, inputs], dtype: "f32" });
    const bias = take(scope, choices, { shape: [outputs], dtype: "f32" });
    const x = take(scope, choices, { shape: [batch, inputs], dtype: "f32" });
    define(scope, `nn.linear({ weight: ${weight}, bias: ${bias} }, ${x})`, one([batch, outputs], 200));
  },
  (scope, choices) => {
    const shape = shapeIn(scope, choices);
    const seed = choices.below(1000);
    const key = choices.oneOf([
      `random.key(${seed})`,
      `random.foldIn(random.key(${seed}), ${take(scope, choices, { shape: [], dtype: "i32" })})`,
    ]);
    const drawn = choices.oneOf(["normal", "uniform"]);
    define(scope, `random.${drawn}(${key}, [${shape.join(", ")}])`, one(shape, 6));
  },
];

export const callTemplate: Statement = (scope, choices) => choices.oneOf(templates)(scope, choices);

/** Twice a value already there, so that there is something to share. */
export const repeat: Statement = (scope, choices) => {
  const value = pick(scope, choices, ({ dtype }) => dtype === "f32");
  if (value === undefined) return;
  const again = choices.oneOf(["sin", "tanh", "sigmoid"]);
  define(scope, `add(${again}(${value.text}), mul(${again}(${value.text}), 1))`, { ...value, bound: 2 });
};
