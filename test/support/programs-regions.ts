/** Statements of generated programs that have a body: helpers, folds, gradients. */

import type { DType } from "../../dsl/dtype.ts";
import { isFloat } from "../../dsl/dtype.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { Choices } from "./programs-choices.ts";
import { reachLimits, sayLittle } from "./programs-identities.ts";
import { moveAbout } from "./programs-moves.ts";
import { callMap, callOp, callTemplate, repeat, type Statement } from "./programs-statements.ts";
import {
  define,
  inner,
  nameIn,
  parameter,
  pick,
  remade,
  type Scope,
  type Sized,
  shapeIn,
  take,
  type Value,
} from "./programs-values.ts";

/** Leaves in a tree: as a pattern or an expression (`write`), and the paths to its leaves. */
interface Form {
  readonly write: (leaves: readonly string[]) => string;
  /** With fields in another order, which means the same. */
  readonly turned: (leaves: readonly string[]) => string;
  readonly paths: readonly string[];
}

/** A tree of so many leaves. One leaf may be the tree itself. */
const formOf = (count: number, choices: Choices): Form => {
  const form = (write: Form["write"], paths: readonly string[], turned = write): Form => ({ write, turned, paths });
  const places = (path: string, length: number): string[] => Array.from({ length }, (_, i) => `${path}[${i}]`);
  const forms: readonly Form[] =
    count === 1
      ? [form(([a]) => `${a}`, [""]), form(([a]) => `{ a: ${a} }`, [".a"]), form(([a]) => `[${a}]`, ["[0]"])]
      : [
          form((leaves) => `[${leaves.join(", ")}]`, places("", count)),
          form(
            ([a, ...rest]) => `{ a: ${a}, b: { c: [${rest.join(", ")}] } }`,
            [".a", ...places(".b.c", count - 1)],
            ([a, ...rest]) => `{ b: { c: [${rest.join(", ")}] }, a: ${a} }`,
          ),
        ];
  return choices.oneOf(forms);
};

const body = (scope: Scope, result: string): string => `{ ${[...scope.lines, `return ${result};`].join("\n")} }`;

/** Some statements of a body. */
const fill = (scope: Scope, choices: Choices, most: number): void => {
  const count = choices.integer(1, most);
  for (let i = 0; i < count; i++) statement(scope, choices);
};

const elementTypes: readonly DType[] = ["f32", "f32", "f32", "f32", "i32", "u32", "bool", "f16"];

/** Float values as parameters of a body, with the expressions that they stand for outside. */
const floatParameters = (
  scope: Scope,
  inside: Scope,
  choices: Choices,
  count: number,
): { readonly values: readonly Value[]; readonly args: readonly string[] } => {
  const args: string[] = [];
  const values = Array.from({ length: count }, () => {
    const shape = shapeIn(scope, choices, { maxRank: 2 });
    const dtype = choices.chance(12) ? ("f16" as const) : ("f32" as const);
    args.push(take(scope, choices, { shape, dtype }));
    return parameter(inside, { shape, dtype, bound: 8 });
  });
  return { values, args };
};

/** A scalar of the newest float of a body and of another, and at times of a parameter. */
const lossOf = (scope: Scope, choices: Choices, parameters: readonly Value[]): string => {
  const newest = scope.values.findLast(({ dtype, shape }) => isFloat(dtype) && sizeOf(shape) > 0);
  const other = pick(scope, choices, ({ dtype }) => isFloat(dtype));
  const also = choices.chance(3) ? parameters.slice(0, 1) : [];
  const terms = [newest, other, ...also]
    .flatMap((value) => value ?? [])
    .map(({ text, shape, dtype, bound }) => {
      const x = dtype === "f16" ? `cast(${text}, "f32")` : text;
      const small = bound > 8 ? `sin(${x})` : x;
      return choices.oneOf([
        `sum(mul(${small}, ${small}))`,
        `mean(${small})`,
        `sum(sin(${small}))`,
        `sum(mul(${small}, ${take(scope, choices, { shape, dtype: "f32" })}))`,
      ]);
    });
  return terms.reduce((sum, term) => `add(${sum}, ${term})`);
};

/** Gradients may be large: the pool has them as they are, and each use squashes them. */
const large = 1000;

const gradient: Statement = (scope, choices) => {
  const twice = scope.order === 0 && choices.chance(4);
  const inside = inner(scope, { order: twice ? 2 : 1 });
  const { values, args } = floatParameters(scope, inside, choices, choices.integer(1, 3));
  const form = formOf(values.length, choices);
  const rest = choices.chance(2) ? take(scope, choices, { shape: [2], dtype: "f32" }) : undefined;
  const extra = rest === undefined ? undefined : parameter(inside, { shape: [2], dtype: "f32", bound: 8 });
  fill(inside, choices, 3);
  const pattern = [form.write(values.map(({ text }) => text)), ...(extra ? [extra.text] : [])].join(", ");
  const given = [form.write(args), ...(rest === undefined ? [] : [rest])].join(", ");
  const f = `(${pattern}) => ${body(inside, lossOf(inside, choices, values))}`;
  const result = nameIn(scope, "g");
  const keep = (paths: readonly string[], at: (path: string) => string): void =>
    paths.forEach((path, i) => void scope.values.push({ ...(values[i] as Value), bound: large, text: at(path) }));
  if (twice) {
    const again = nameIn(scope, "f");
    const [p, q] = [nameIn(scope, "p"), nameIn(scope, "q")];
    const norm = values
      .map(({ dtype }, i) => {
        const g = `${q}${form.paths[i]}`;
        return `sum(square(${dtype === "f16" ? `cast(${g}, "f32")` : g}))`;
      })
      .reduce((sum, term) => `add(${sum}, ${term})`);
    const others = extra ? ", r" : "";
    scope.lines.push(
      `const ${again} = ${f};`,
      `const ${result} = grad((${p}${others}) => { const ${q} = grad(${again})(${p}${others}); return ${norm}; })(${given});`,
    );
    keep(form.paths, (path) => `${result}${path}`);
    return;
  }
  if (choices.chance(3)) {
    const loss = nameIn(scope);
    scope.lines.push(`const [${loss}, ${result}] = valueAndGrad(${f})(${given});`);
    scope.values.push({ text: loss, shape: [], dtype: "f32", bound: large });
  } else scope.lines.push(`const ${result} = grad(${f})(${given});`);
  keep(form.paths, (path) => `${result}${path}`);
};

/** Results of a body that is differentiated: floats, in a tree. */
const resultsOf = (scope: Scope, choices: Choices): readonly Value[] => {
  const found = [0, 1].flatMap(() => pick(scope, choices, ({ dtype }) => isFloat(dtype)) ?? []);
  return choices.chance(2) ? found.slice(0, 1) : found;
};

const pullOrPush: Statement = (scope, choices) => {
  const push = choices.chance(2);
  const inside = inner(scope, { order: push ? 2 : 1 });
  const { values, args } = floatParameters(scope, inside, choices, choices.integer(1, 2));
  const form = formOf(values.length, choices);
  fill(inside, choices, 2);
  const results = resultsOf(inside, choices);
  const out = formOf(results.length, choices);
  const f = `(${form.write(values.map(({ text }) => text))}) => ${body(inside, out.write(results.map(({ text }) => text)))}`;
  const [value, other] = [nameIn(scope), nameIn(scope, "g")];
  const like = (list: readonly Value[]): string[] =>
    list.map(({ shape, dtype }) => take(scope, choices, { shape, dtype }));
  const keep = (name: string, { paths }: Form, list: readonly Value[], bound?: number): void =>
    paths.forEach((path, i) => {
      const one = list[i] as Value;
      scope.values.push({ ...one, bound: bound ?? one.bound, text: `${name}${path}` });
    });
  if (push) {
    scope.lines.push(`const [${value}, ${other}] = jvp(${f})(${form.write(args)}, ${form.turned(like(values))});`);
    keep(value, out, results);
    keep(other, out, results, large);
    return;
  }
  const pull = nameIn(scope, "pull");
  const cotangent = out.turned(like(results));
  scope.lines.push(
    `const [${value}, ${pull}] = vjp(${f})(${form.write(args)});`,
    `const ${other} = ${pull}(${cotangent});`,
  );
  keep(value, out, results);
  keep(other, form, values, large);
};

const loop: Statement = (scope, choices) => {
  const steps = choices.chance(12) ? 0 : choices.integer(1, 3);
  const inside = inner(scope);
  const part = (outer: readonly number[]) => {
    const sized: Sized = {
      shape: shapeIn(scope, choices, { maxRank: 2 }),
      dtype: choices.oneOf(elementTypes),
      bound: 8,
    };
    return {
      sized,
      arg: take(scope, choices, { ...sized, shape: [...outer, ...sized.shape] }),
      value: parameter(inside, sized),
    };
  };
  const items = Array.from({ length: choices.integer(1, 2) }, () => part([steps]));
  const carries = Array.from({ length: choices.integer(1, 3) }, () => part([]));
  const [itemForm, carryForm] = [formOf(items.length, choices), formOf(carries.length, choices)];
  const index = parameter(inside, { shape: [], dtype: "i32", bound: steps });
  fill(inside, choices, 2);
  const next = carries.map(({ sized, value }) => {
    const taken = take(inside, choices, { ...sized, domain: isFloat(sized.dtype) ? [-2, 2] : undefined });
    return isFloat(sized.dtype) && choices.chance(2) ? `add(mul(${value.text}, 0.5), ${taken})` : taken;
  });
  const result = nameIn(scope, "c");
  const patterns = [carryForm, itemForm].map((form, i) =>
    form.write((i === 0 ? carries : items).map(({ value }) => value.text)),
  );
  scope.lines.push(
    `const ${result} = fold(${itemForm.write(items.map(({ arg }) => arg))}, ${carryForm.write(carries.map(({ arg }) => arg))}, (${patterns.join(", ")}, ${index.text}) => ${body(inside, carryForm.turned(next))});`,
  );
  carries.forEach(({ sized }, i) => void scope.values.push({ ...sized, text: `${result}${carryForm.paths[i]}` }));
};

/** Wraps a function of tensors: as it is, or so that the compiler keeps it as a region. */
const helper: Statement = (scope, choices) => {
  const wrap = choices.oneOf(["", "", "checkpoint", "composite"]);
  const inside = inner(scope, { sees: choices.chance(3) ? "nothing" : "all" });
  const count = choices.integer(1, 3);
  const parameters = Array.from({ length: count }, (_, i): Value => {
    const dtype = i === 0 ? "f32" : choices.oneOf(elementTypes);
    return parameter(inside, { shape: shapeIn(scope, choices, { maxRank: 2 }), dtype, bound: 8 });
  });
  fill(inside, choices, 3);
  const results = [0, 1]
    .map((i) => inside.values[inside.values.length - 1 - i] ?? (parameters[0] as Value))
    .slice(0, choices.integer(1, 2));
  const out = formOf(results.length, choices);
  const k = choices.oneOf(["", ", k = 0.5"]);
  const list = parameters.map(({ text }) => text).join(", ");
  const last = results[0] as Value;
  const returned = results.map(({ text }) => text);
  if (k !== "" && last.dtype === "f32") returned[0] = `mul(${last.text}, k)`;
  const f = `(${list}${wrap === "composite" ? "" : k}) => ${body(inside, wrap === "composite" ? out.write(results.map(({ text }) => text)) : out.write(returned))}`;
  const name = nameIn(scope, "f");
  const wrapped = wrap === "" ? f : wrap === "checkpoint" ? `checkpoint(${f})` : `composite("${name}", ${f})`;
  scope.lines.push(`const ${name} = ${wrapped};`);
  const calls = choices.integer(1, 2);
  for (let call = 0; call < calls; call++) {
    const result = nameIn(scope);
    const args = parameters.map(({ shape, dtype }) => take(scope, choices, { shape, dtype }));
    scope.lines.push(`const ${result} = ${name}(${args.join(", ")});`);
    results.forEach((value, i) => void scope.values.push({ ...value, text: `${result}${out.paths[i]}` }));
  }
};

/** A function with a pullback of its own, which need not be its gradient. */
const custom: Statement = (scope, choices) => {
  const inside = inner(scope, { sees: "nothing" });
  const parameters = Array.from({ length: choices.integer(1, 2) }, (_, i): Value => {
    const dtype = i === 0 ? "f32" : choices.oneOf(["f32", "i32"] as const);
    return parameter(inside, { shape: shapeIn(scope, choices, { maxRank: 2 }), dtype, bound: 8 });
  });
  fill(inside, choices, 2);
  const out = pick(inside, choices, ({ dtype }) => dtype === "f32") as Value;
  // Linear in the cotangent, as a pullback is: what it is multiplied by depends on the rest.
  const ct = nameIn(scope);
  const back = inner(inside, { sees: "nothing" });
  const output = parameter(back, out);
  const primals = parameters.map((value) => parameter(back, value));
  const cts = primals.map(({ shape, dtype }) => {
    if (dtype !== "f32" || choices.chance(5)) return "null";
    const factor = take(back, choices, { shape, dtype, domain: [-3, 3] });
    return `mul(${remade(ct, out.shape, shape, choices)}, ${factor})`;
  });
  const f = `(${parameters.map(({ text }) => text).join(", ")}) => ${body(inside, out.text)}`;
  const pullback = `(${[ct, ...[output, ...primals].map(({ text }) => text)].join(", ")}) => ${body(back, `[${cts.join(", ")}]`)}`;
  const args = parameters.map(({ shape, dtype }) => take(scope, choices, { shape, dtype }));
  define(scope, `customVjp(${f}, ${pullback})(${args.join(", ")})`, out);
};

/** Statements by how often they are written. */
const plain: readonly Statement[] = [
  callOp,
  callOp,
  callOp,
  callOp,
  callMap,
  callMap,
  callTemplate,
  repeat,
  sayLittle,
  sayLittle,
  moveAbout,
  moveAbout,
];

/** Regions by the order of derivatives around them. What says something of its own gradient stands mostly under one. */
const regions: readonly (readonly Statement[])[] = [
  [gradient, pullOrPush, loop, gradient, helper, gradient, pullOrPush, loop, custom],
  [loop, helper, custom, loop, helper, gradient, custom],
  [loop, helper, custom],
];

/** One statement of any kind. Bodies have fewer bodies the deeper they stand: of five statements, so many. */
export const statement: Statement = (scope, choices) => {
  const bodies = [2, 2, 1][scope.depth] ?? 0;
  const region = choices.below(5) >= 5 - bodies;
  if (scope.depth === 0 && choices.chance(20)) reachLimits(scope, choices);
  const write = choices.oneOf(region ? (regions[scope.order] as readonly Statement[]) : plain);
  write(scope, choices);
};
