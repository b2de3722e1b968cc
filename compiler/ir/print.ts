/** The text form of a program, with the names and places of the source. */

import type { MapParams } from "../../dsl/ops/elementwise.ts";
import { describe } from "../../dsl/tensor.ts";
import { printExpression } from "./print-expression.ts";
import {
  type Atom,
  bodiesOf,
  type Equation,
  type FoldOperation,
  type Operation,
  type Program,
  type Variable,
} from "./program.ts";

export interface PrintOptions {
  /** Show the place in the source beside each equation. */
  readonly places?: boolean;
}

/** Variables that are a named one moved: they take its name, with a mark. */
const movedNames = (program: Program, names = new Map<Variable, string>()): Map<Variable, string> => {
  for (const { operation, operands, outputs } of program.equations) {
    const [from, ...others] = operands;
    const [to] = outputs;
    if (
      operation.kind === "primitive" &&
      operation.primitive.kind === "move" &&
      from?.kind === "variable" &&
      to &&
      others.length === 0
    ) {
      const name = from.name ?? names.get(from);
      if (name !== undefined && to.name === undefined) names.set(to, name);
    }
    for (const body of bodiesOf(operation)) movedNames(body, names);
  }
  return names;
};

/** Names for variables, unique in a program and its bodies. */
const namer = (program: Program): ((variable: Variable) => string) => {
  const moved = movedNames(program);
  const names = new Map<Variable, string>();
  const taken = new Set<string>();
  let next = 0;
  return (variable) => {
    let name = names.get(variable);
    if (name !== undefined) return name;
    const given = variable.name ?? moved.get(variable);
    if (given === undefined) name = `%${next++}`;
    else {
      name = given;
      for (let copy = 1; taken.has(name); copy++) name = `${given}'${copy === 1 ? "" : copy}`;
    }
    taken.add(name);
    names.set(variable, name);
    return name;
  };
};

const showConstant = (atom: Extract<Atom, { kind: "constant" }>): string => {
  const { data, shape } = atom.value;
  if (shape.length === 0) return `${Number((data[0] as number).toPrecision(9))}`;
  return `${describe(atom.type)}{${Array.from(data.slice(0, 4), (value) => Number(value.toPrecision(4))).join(", ")}${data.length > 4 ? ", …" : ""}}`;
};

const showValue = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(showValue).join(", ")}]`;
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    return Object.entries(value)
      .map(([key, field]) => `${key} ${showValue(field)}`)
      .join(", ");
  }
  return ArrayBuffer.isView(value) ? "…" : `${value}`;
};

/** The last parts of names such as `block.weight'`, without marks, where they part the names; else the names. */
const shortNames = (names: readonly string[]): readonly string[] => {
  const short = names.map((name) =>
    /^[\w.']+$/.test(name) ? (name.split(".").at(-1) ?? name).replace(/'\d*$/, "") : name,
  );
  return names.map((name, i) =>
    short.some((other, j) => other === short[i] && names[j] !== name) ? name : (short[i] as string),
  );
};

const showFold = ({ steps, reverse, carries, items }: FoldOperation, names: readonly string[]): string => {
  const parts = [
    ["from", names.slice(0, carries)],
    ["over", names.slice(carries, carries + items)],
    ["with", names.slice(carries + items)],
  ] as const;
  const shown = parts.filter(([, list]) => list.length > 0).map(([word, list]) => ` ${word} ${list.join(" ")}`);
  return `fold ${steps} steps${reverse ? ", last first," : ""}${shown.join("")}`;
};

const isMap = (
  operation: Operation,
): operation is Extract<Operation, { kind: "primitive" }> & { readonly params: MapParams } =>
  operation.kind === "primitive" && operation.primitive.kind === "map";

/** The text of a program in parts: its head, the lines of each equation, and its results. */
export interface PrintedProgram {
  readonly head: string;
  readonly equations: readonly (readonly string[])[];
  readonly tail: string;
  /** The name that the text gives a variable of the program. */
  readonly nameOf: (variable: Variable) => string;
}

export const printProgram = (program: Program, options: PrintOptions = {}): string => {
  const { head, equations, tail } = printParts(program, options);
  return `${[head, ...equations.flat(), tail].join("\n")}\n`;
};

export const printParts = (program: Program, options: PrintOptions = {}): PrintedProgram => {
  const nameOf = namer(program);
  const atom = (value: Atom): string => (value.kind === "variable" ? nameOf(value) : showConstant(value));

  const head = (operation: Operation, operands: readonly Atom[]): string => {
    const names = operands.map(atom);
    switch (operation.kind) {
      case "primitive": {
        if (isMap(operation)) {
          const { body } = operation.params;
          const shown = shortNames(names);
          return body.expression === undefined
            ? `map ${names.join(" ")} by a function`
            : `map ${names.join(" ")} { ${printExpression(body.expression, shown)} }`;
        }
        const params = operation.params === null ? "" : showValue(operation.params);
        return `${operation.primitive.name}${params === "" ? "" : `{${params}}`} ${names.join(" ")}`.trimEnd();
      }
      case "fold":
        return showFold(operation, names);
      case "composite":
        return `composite ${operation.name}${operation.statics.length > 0 ? `{${operation.statics.map(showValue).join(", ")}}` : ""} ${names.join(" ")}`;
      case "customVjp":
      case "checkpoint":
        return `${operation.kind} ${names.join(" ")}`;
      default:
        return operation satisfies never;
    }
  };

  const equation = ({ outputs, operation, operands, origin }: Equation, indent: string): string[] => {
    const left = outputs.map((output) => `${nameOf(output)}: ${describe(output.type)}`).join(", ");
    const place =
      options.places && origin.place
        ? `  // ${[...origin.path, `${origin.place.file}:${origin.place.line}`].join(" / ")}`
        : "";
    const line = `${indent}${left} = ${head(operation, operands)}${place}`;
    return [line, ...bodiesOf(operation).flatMap((body) => print(body, `${indent}  `))];
  };

  const parts = ({ name, parameters, equations, results }: Program, indent: string): PrintedProgram => ({
    head: `${indent}${name}(${parameters.map((parameter) => `${nameOf(parameter)}: ${describe(parameter.type)}`).join(", ")}) {`,
    equations: equations.map((one) => equation(one, `${indent}  `)),
    tail: `${indent}  return ${results.map(atom).join(", ")}\n${indent}}`,
    nameOf,
  });
  const print = (body: Program, indent: string): string[] => {
    const { head, equations, tail } = parts(body, indent);
    return [head, ...equations.flat(), tail];
  };
  return parts(program, "");
};
