/** Graphs with their regions: what is known of a program before schedules are chosen, and the same whichever they are. */

import type { Program } from "../ir/program.ts";
import { attentionPays, withAttention } from "./attention.ts";
import type { DeviceClass } from "./device-class.ts";
import { type Graph, graphOf } from "./graph.ts";
import { withOwnResults } from "./own-results.ts";
import { type Regions, regionsOf } from "./regions.ts";

export interface RegionGraph {
  /** As the program has it, and with results of its own. */
  readonly plain: Graph;
  readonly graph: Graph;
  readonly regions: Regions;
  /** The same of the body of a loop in it. */
  readonly bodyOf: (body: Graph) => RegionGraph;
}

/** The two programs that `split` gives; without bound parameters the first is empty. */
export interface Parted<Part = Program> {
  readonly load: Part;
  readonly call: Part;
}

const regionGraphOf = (plain: Graph, device: DeviceClass): RegionGraph => {
  const graph = withAttention(withOwnResults(plain), (attention) => attentionPays(attention, device));
  const bodies = new Map<Graph, RegionGraph>();
  const bodyOf = (body: Graph): RegionGraph => {
    const known = bodies.get(body) ?? regionGraphOf(body, device);
    bodies.set(body, known);
    return known;
  };
  return { plain, graph, regions: regionsOf(graph, device), bodyOf };
};

export const regionGraphs = ({ load, call }: Parted, device: DeviceClass): Parted<RegionGraph> => ({
  load: regionGraphOf(graphOf(load), device),
  call: regionGraphOf(graphOf(call), device),
});
