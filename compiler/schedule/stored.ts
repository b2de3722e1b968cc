/** Which tensors of a graph are stored, and which are computed where they are read. */

import { sizeOf } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";
import { costOf } from "./cost.ts";
import type { DeviceClass } from "./device-class.ts";
import type { Graph, Node } from "./graph.ts";
import { type SumPieces, sumPieces } from "./sum-pieces.ts";
import { isUniformConstant } from "./walk.ts";

export const isRoot = ({ lowering: { kind } }: Node): boolean =>
  kind === "reduce" || kind === "scan" || kind === "products" || kind === "weightedAverage" || kind === "scatterAdd";

export const nameOf = ({ name, type }: Variable): string => `${name ?? "a value"} ${type.dtype}[${type.shape}]`;

/** Where a chain of movement that only selects and orders places begins: what a sum of products can read in place. */
export const baseOf = (atom: Atom, definition: (variable: Variable) => Node | undefined): Atom => {
  if (atom.kind === "constant") return atom;
  const node = definition(atom);
  if (node === undefined || node.lowering.kind !== "move") return atom;
  const { movement } = node.lowering;
  return movement.kind === "affine" || movement.kind === "reshape"
    ? baseOf(node.operands[0] as Atom, definition)
    : atom;
};

const isConcat = (atom: Atom, definition: (variable: Variable) => Node | undefined): boolean => {
  const lowering = atom.kind === "variable" ? definition(atom)?.lowering : undefined;
  return lowering?.kind === "move" && lowering.movement.kind === "concat";
};

/** A map of fewer operations than this is computed again by each region that reads it, rather than stored. */
const cheap = 2;
/** Up to four times, as where an image is doubled, one region computes an element again: a kernel costs more than so many operations. */
const dear = 256;

/** The pieces of a sum over joined tensors, if nothing but the sum needs them joined. */
const piecesOf = (
  root: Node,
  definition: (variable: Variable) => Node | undefined,
  isStored: (variable: Variable) => boolean,
  device: DeviceClass,
): SumPieces | undefined => {
  const { lowering, output } = root;
  if (lowering.kind !== "products" || output.type.dtype !== "f32") return undefined;
  // Winograd's transforms, which WebGPU has not, take one tensor, and save more than joining it costs.
  const isWide = lowering.axes.filter(({ result, size }) => result === null && size === 3).length === 2;
  if (isWide && device.kind === "wasm") return undefined;
  const inPlace = (variable: Variable): Node | undefined => {
    const node = isStored(variable) ? undefined : definition(variable);
    return node?.lowering.kind === "move" && node.lowering.movement.kind !== "pad" ? node : undefined;
  };
  const found = sumPieces(root, inPlace);
  const fits = (base: Atom): boolean => {
    if (base.kind === "constant" || base.type.dtype !== "f32") return false;
    const node = isStored(base) ? undefined : definition(base);
    return node === undefined || node.lowering.kind === "map";
  };
  return found?.bases.every(fits) ? found : undefined;
};

export interface Stored {
  readonly stored: ReadonlySet<Variable>;
  /** How many copies of parts of what it reads a sum of products may take as buffers of their own. */
  readonly copiesFor: (root: Node) => number;
}

/** Tensors that must be stored, or are better stored than computed again. */
export const storedOf = (
  graph: Graph,
  definition: (variable: Variable) => Node | undefined,
  device: DeviceClass,
  log: (line: string) => void,
): Stored => {
  const stored = new Set<Variable>();
  const joins: Node[] = [];
  const store = (atom: Atom): void => {
    if (atom.kind === "variable" && definition(atom) !== undefined) stored.add(atom);
  };
  graph.results.forEach(store);
  for (const node of graph.nodes) {
    if (node.kind === "loop") node.operands.forEach(store);
    else if (isRoot(node)) {
      store(node.output);
      if (node.lowering.kind === "reduce" || node.lowering.kind === "scan") continue;
      // Of an average with weights, what scores are computed of besides may be computed there.
      const tiled = node.lowering.kind === "weightedAverage" ? node.operands.slice(0, 3) : node.operands;
      const bases = tiled.map((operand) => baseOf(operand, definition));
      if (bases.some((base) => isConcat(base, definition))) joins.push(node);
      else bases.forEach(store);
    }
  }
  // Read in pieces what nothing else needs joined.
  const copies = new Map<Variable, number>();
  const isStored = (variable: Variable): boolean => stored.has(variable);
  const [fit, unfit]: [Node[], Node[]] = [[], []];
  for (const node of joins) (piecesOf(node, definition, isStored, device) === undefined ? unfit : fit).push(node);
  for (const node of [...unfit, ...fit]) {
    const pieces = piecesOf(node, definition, isStored, device);
    node.operands.forEach((operand, i) => {
      if (i !== pieces?.operand) store(baseOf(operand, definition));
    });
    pieces?.bases.forEach(store);
    if (pieces !== undefined) copies.set(node.output, pieces.pieces.length - 1);
  }
  // From results to parameters: how often each element is computed, and by how many regions.
  const evaluations = new Map<Variable, number>();
  const owners = new Map<Variable, Set<Variable>>();
  const demand = (atom: Atom, count: number, by: Iterable<Variable>): void => {
    if (atom.kind === "constant") return;
    evaluations.set(atom, (evaluations.get(atom) ?? 0) + count);
    const set = owners.get(atom) ?? new Set();
    owners.set(atom, set);
    for (const owner of by) set.add(owner);
  };
  for (const node of [...graph.nodes].reverse()) {
    if (node.kind === "loop") continue;
    const { output, lowering, operands } = node;
    const size = sizeOf(output.type.shape);
    if (lowering.kind === "map" && !stored.has(output)) {
      const cost = costOf(lowering.body);
      const regions = owners.get(output)?.size ?? 0;
      const repeated = (evaluations.get(output) ?? 0) / Math.max(1, size);
      const alone = size === 1 && cost < 200;
      const again = repeated < 2 || cost < cheap || (repeated <= 4 && repeated * cost <= dear);
      if (!alone && (regions > 1 ? cost > cheap || repeated > 4 : !again)) stored.add(output);
    }
    const isOwn = stored.has(output);
    const count = isOwn ? size : (evaluations.get(output) ?? 0);
    const by = isOwn ? [output] : (owners.get(output) ?? []);
    operands.forEach((operand) => {
      const own = sizeOf(operand.type.shape);
      // Padding is not computed, and of joined tensors one at each place.
      const isPart =
        lowering.kind === "move" && (lowering.movement.kind === "pad" || lowering.movement.kind === "concat");
      const read = isRoot(node) ? own : isPart ? (count * own) / Math.max(1, size) : count;
      demand(operand, read, by);
    });
  }
  const copiesFor = ({ output }: Node): number => copies.get(output) ?? 0;
  storeForBindings(graph, definition, stored, device.bindings, copiesFor, log);
  return { stored, copiesFor };
};

/** Stores maps on the way to what would read more buffers than a kernel can take. */
const storeForBindings = (
  graph: Graph,
  definition: (variable: Variable) => Node | undefined,
  stored: Set<Variable>,
  bindings: number,
  copiesFor: (root: Node) => number,
  log: (line: string) => void,
): void => {
  /** Stored tensors behind an atom, where it is computed in place. */
  const sourcesOf = (atoms: readonly Atom[]): Set<Atom> => {
    const sources = new Set<Atom>();
    const seen = new Set<Atom>();
    const visit = (atom: Atom): void => {
      if (seen.has(atom)) return;
      seen.add(atom);
      const node = atom.kind === "variable" && !stored.has(atom) ? definition(atom) : undefined;
      if (node === undefined) {
        if (atom.kind === "variable" || !isUniformConstant(atom)) sources.add(atom);
      } else node.operands.forEach(visit);
    };
    atoms.forEach(visit);
    return sources;
  };
  // What a kernel writes, and the step of a loop, are buffers too.
  const most = bindings - 2;
  for (const node of graph.nodes) {
    if (node.kind === "loop" || !stored.has(node.output)) continue;
    for (;;) {
      if (sourcesOf(node.operands).size + copiesFor(node) <= most) break;
      // The map that reads the most of what it may.
      const seen = new Set<Atom>();
      let [best, reads] = [undefined as Variable | undefined, 1];
      const visit = (atom: Atom): void => {
        if (atom.kind === "constant" || seen.has(atom) || stored.has(atom)) return;
        seen.add(atom);
        const inner = definition(atom);
        if (inner === undefined) return;
        inner.operands.forEach(visit);
        const count = sourcesOf(inner.operands).size;
        if (inner.lowering.kind === "map" && count <= most && count > reads) [best, reads] = [atom, count];
      };
      node.operands.forEach(visit);
      if (best === undefined) break;
      log(`${nameOf(best)} is stored: ${nameOf(node.output)} would read more than ${bindings} buffers`);
      stored.add(best);
    }
  }
};
