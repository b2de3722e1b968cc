/**
 * Graph: a program as schedules see it. Each node gives one tensor and says by a `Lowering` how; loops are nodes with a graph
 * inside. Named functions are gone, and the padding of a convolution is a movement of its own, so that maps
 * which produce the operand write the zeros around it (after a root they are written by a kernel of their own). Variables are the graph's own: programs share theirs, as those of loading and of calls
 * do, and as each use of one body does.
 */

import type { Lowering, Padding } from "../../dsl/lowering.ts";
import type { TensorType } from "../../dsl/primitive.ts";
import type { Atom, Equation, FoldOperation, Origin, Program, Variable } from "../ir/program.ts";
import type { AttentionLowering } from "./attention.ts";
import { orderNodes } from "./order-nodes.ts";

export interface Node {
  readonly kind: "node";
  readonly output: Variable;
  readonly lowering: Lowering | AttentionLowering;
  readonly operands: readonly Atom[];
  readonly origin: Origin;
  /** What it computes on the way, where it stands for several nodes. */
  readonly inside?: readonly Variable[];
}

export interface Loop {
  readonly kind: "loop";
  readonly outputs: readonly Variable[];
  readonly operation: FoldOperation;
  readonly body: Graph;
  readonly operands: readonly Atom[];
  readonly origin: Origin;
}

export interface Graph {
  readonly name: string;
  readonly parameters: readonly Variable[];
  readonly nodes: readonly (Node | Loop)[];
  readonly results: readonly Atom[];
}

export const outputsOf = (node: Node | Loop): readonly Variable[] =>
  node.kind === "node" ? [node.output] : node.outputs;

/** The graph of a program. */
export const graphOf = (program: Program): Graph => {
  const nodes: (Node | Loop)[] = [];
  const renamed = new Map<Variable, Atom>();
  const atomOf = (atom: Atom): Atom => (atom.kind === "variable" ? (renamed.get(atom) ?? atom) : atom);
  const padded = new Map<string, Variable>();

  const add = (output: Variable, lowering: Lowering, operands: readonly Atom[], origin: Origin): Variable => {
    nodes.push({ kind: "node", output, lowering, operands, origin });
    return output;
  };
  const made = (type: TensorType, name: string | undefined): Variable => ({
    kind: "variable",
    type,
    ...(name !== undefined && { name }),
  });
  const own = (variable: Variable): Variable => {
    const fresh: Variable = { ...made(variable.type, variable.name), of: variable };
    renamed.set(variable, fresh);
    return fresh;
  };

  /** The operand with its padding written out: cropped, then padded. */
  const pad = (operand: Atom, padding: Padding, origin: Origin): Atom => {
    const { low, high, interior } = padding;
    const { shape, dtype } = operand.type;
    const isPlain = [...low, ...high, ...interior].every((number) => number === 0);
    if (isPlain) return operand;
    const key = `${variableNumber(operand)} ${low} ${high} ${interior}`;
    const known = padded.get(key);
    if (known !== undefined) return known;
    // Spans between elements come first, so that a crop may cut into them.
    const spread = shape.map((dim, axis) => (dim === 0 ? 0 : dim + (dim - 1) * (interior[axis] as number)));
    const name = operand.kind === "variable" ? operand.name : undefined;
    const grown = spread.map((dim, axis) => dim + Math.max(0, low[axis] as number) + Math.max(0, high[axis] as number));
    let current = add(
      made({ shape: grown, dtype }, name),
      {
        kind: "move",
        movement: { kind: "pad", low: low.map((n) => Math.max(0, n)), interior, value: 0 },
      },
      [operand],
      origin,
    );
    if ([...low, ...high].some((number) => number < 0)) {
      const cropped = grown.map(
        (dim, axis) => dim + Math.min(0, low[axis] as number) + Math.min(0, high[axis] as number),
      );
      current = add(
        made({ shape: cropped, dtype }, name),
        {
          kind: "move",
          movement: {
            kind: "affine",
            reads: low.map((n, axis) => ({ offset: Math.max(0, -n), terms: [{ axis, step: 1 }] })),
          },
        },
        [current],
        origin,
      );
    }
    padded.set(key, current);
    return current;
  };

  const numbers = new Map<Atom, number>();
  const variableNumber = (atom: Atom): number => {
    let number = numbers.get(atom);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(atom, number);
    }
    return number;
  };

  const inline = (body: Program, { operands, outputs }: Equation): void => {
    const actual = operands.map(atomOf);
    body.parameters.forEach((parameter, i) => void renamed.set(parameter, actual[i] as Atom));
    body.equations.forEach(write);
    body.results.forEach((result, i) => void renamed.set(outputs[i] as Variable, atomOf(result)));
  };

  const write = (equation: Equation): void => {
    const { operation, outputs, origin } = equation;
    switch (operation.kind) {
      case "primitive": {
        const operands = equation.operands.map(atomOf);
        const output = own(outputs[0] as Variable);
        const lowering = operation.primitive.lower(
          operation.params,
          operands.map(({ type }) => type),
          output.type,
        );
        if (lowering.kind === "products" && lowering.padding !== undefined) {
          const { padding, ...plain } = lowering;
          add(output, plain, [pad(operands[0] as Atom, padding, origin), ...operands.slice(1)], origin);
        } else if (lowering.kind === "order") {
          const write = (type: TensorType, by: Lowering, of: readonly Atom[]): Variable =>
            add(made(type, output.name), by, of, origin);
          const count = output.type.shape[lowering.axis] as number;
          const places = orderNodes(operands[0] as Atom, lowering.axis, lowering.descending, count, write);
          add(output, { kind: "move", movement: { kind: "reshape" } }, [places], origin);
        } else add(output, lowering, operands, origin);
        return;
      }
      case "fold": {
        const operands = equation.operands.map(atomOf);
        nodes.push({
          kind: "loop",
          outputs: outputs.map(own),
          operation,
          body: graphOf(operation.body),
          operands,
          origin,
        });
        return;
      }
      case "composite":
      case "customVjp":
      case "checkpoint":
        inline(operation.body, equation);
        return;
      default:
        operation satisfies never;
    }
  };

  const parameters = program.parameters.map(own);
  program.equations.forEach(write);
  return { name: program.name, parameters, nodes, results: program.results.map(atomOf) };
};
