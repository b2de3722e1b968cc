/** Results are made where they belong: a graph whose results it makes itself, each once. */

import type { Atom, Variable } from "../ir/program.ts";
import type { Graph, Node } from "./graph.ts";

/** The lowering of a copy. */
export const sameElements = { kind: "move", movement: { kind: "reshape" } } as const;

/** Parameters, constants and results that stand twice are copied. */
export const withOwnResults = (graph: Graph): Graph => {
  const made = new Set<Atom>(graph.nodes.flatMap((node) => (node.kind === "node" ? [node.output] : [])));
  const taken = new Set<Atom>();
  const copies: Node[] = [];
  const results = graph.results.map((result): Atom => {
    if (made.has(result) && !taken.has(result)) {
      taken.add(result);
      return result;
    }
    const name = result.kind === "variable" ? result.name : undefined;
    const output: Variable = { kind: "variable", type: result.type, ...(name !== undefined && { name }) };
    copies.push({
      kind: "node",
      output,
      lowering: sameElements,
      operands: [result],
      origin: { place: undefined, path: [] },
    });
    return output;
  });
  return copies.length === 0 ? graph : { ...graph, nodes: [...graph.nodes, ...copies], results };
};
