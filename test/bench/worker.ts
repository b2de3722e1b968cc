/** One side of a row in a process of its own: opens it, then runs it as often as it is told. */

import { openCopying, openOurs, referenceOf } from "./ours.ts";
import { openJax } from "./peers/jax.ts";
import { openOrt } from "./peers/ort.ts";
import { openTorch } from "./peers/torch.ts";
import { rows } from "./rows.ts";
import type { OpenSide, Settings, Side } from "./side.ts";

export type SideName = "ours" | "copying" | "ort" | "jax" | "torch" | "reference";

export type Request =
  | { readonly kind: "open"; readonly side: SideName; readonly row: string; readonly settings: Settings }
  /** Runs for about so many milliseconds, and at least once. */
  | { readonly kind: "measure"; readonly milliseconds: number };

export type Reply =
  | { readonly kind: "opened"; readonly output: Float32Array }
  | { readonly kind: "measured"; readonly times: readonly number[] }
  | { readonly kind: "cannot"; readonly why: string };

const openReference: OpenSide = async (row) => ({
  output: () => referenceOf(row),
});
const sides: Readonly<Record<SideName, OpenSide>> = {
  ours: openOurs,
  copying: openCopying,
  ort: openOrt,
  jax: openJax,
  torch: openTorch,
  reference: openReference,
};

let side: Side | undefined;

const answer = async (request: Request): Promise<Reply> => {
  if (request.kind === "open") {
    const row = rows.find(({ name }) => name === request.row);
    if (row === undefined) throw new Error(`internal: no row ${request.row}`);
    side = await sides[request.side](row, request.settings);
    if (side === undefined) return { kind: "cannot", why: "not known to it" };
    const output = await side.output();
    return { kind: "opened", output };
  }
  const times: number[] = [];
  if (side?.run === undefined) return { kind: "measured", times };
  const end = performance.now() + request.milliseconds;
  do {
    const start = performance.now();
    await side.run();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return { kind: "measured", times };
};

process.on("message", async (request: Request) => {
  const reply = await answer(request).catch((error: unknown): Reply => ({ kind: "cannot", why: String(error) }));
  process.send?.(reply);
});
process.on("disconnect", () => process.exit(0));
