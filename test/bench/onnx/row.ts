/** A row as an ONNX graph, and the arrays that it takes. */

import { fileURLToPath } from "node:url";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import { optimise } from "../../../compiler/passes.ts";
import type { Dense } from "../../../dsl/primitive.ts";
import { type Arguments, argumentsOf } from "../arguments.ts";
import type { Row } from "../rows.ts";
import { graphOf } from "./from-program.ts";
import type { Graph } from "./graph.ts";

const isDense = (tree: Arguments): tree is Dense => ArrayBuffer.isView((tree as Dense).data);
const leaves = (tree: Arguments): readonly Dense[] => (isDense(tree) ? [tree] : Object.values(tree).flatMap(leaves));

export const rowGraph = (
  row: Row,
  hasGroups = false,
): { readonly graph: Graph; readonly feeds: Readonly<Record<string, Dense>> } => {
  const source = fileURLToPath(new URL(`../${row.source}`, import.meta.url));
  const { specs, statics } = row;
  const { program } = readProgram(openSources(), source, row.entry, { specs, statics });
  const places = Object.entries(argumentsOf(row)).flatMap(([name, tree]) =>
    leaves(tree).map((dense) => ({ dense, isFrozen: row.bind.includes(name) })),
  );
  const frozen = new Map(places.flatMap(({ dense, isFrozen }, i) => (isFrozen ? [[i, dense] as const] : [])));
  const graph = graphOf(optimise(program), frozen, hasGroups);
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name }) => [name, (places[Number(name.slice(1))] as (typeof places)[number]).dense]),
  );
  return { graph, feeds };
};
