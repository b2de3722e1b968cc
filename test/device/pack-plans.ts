/**
 * Writes what a machine with a graphics processor needs to run the rows of the benchmark: plans, numbers that they must
 * give, the same rows for PyTorch, and the runtime with the program that runs them, as one file.
 *
 *   tsx --conditions=typegrad-source test/device/pack-plans.ts [ROW …]
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { deviceProgramOf } from "../../compiler/compile.ts";
import { compilePlan } from "../../compiler/compile-plan.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { encodePlan } from "../../runtime/index.ts";
import { openOurs } from "../bench/ours.ts";
import { torchGraph } from "../bench/peers/torch.ts";
import type { Row } from "../bench/rows.ts";
import { type PackedRow, sampleEvery } from "./packed-row.ts";
import { deviceRows } from "./plan-rows.ts";

const folder = ".cache/device-plans";
/** Longer arrays are made up where they are needed. */
const longestArray = 1024;

const planOf = async (row: Row): Promise<Uint8Array> => {
  const file = fileURLToPath(new URL(`../bench/${row.source}`, import.meta.url));
  const { program, signature } = deviceProgramOf(openSources(), file, row.entry, {
    specs: row.specs,
    statics: row.statics,
  });
  return encodePlan(await compilePlan(row.name, program, signature, { device: "webgpu", bind: row.bind }));
};

/** What the row gives on WebAssembly, which tests hold against the direct run. */
const expectedOf = async (row: Row): Promise<number[]> => {
  const side = await openOurs(row, { device: "wasm", threads: 2 });
  if (side === undefined) throw new Error(`${row.name} does not run on WebAssembly`);
  const result = await side.output();
  return Array.from(result).filter((_, i) => i % sampleEvery(result.length) === 0);
};

const torchText = (row: Row): string => {
  const { values, nodes, output } = torchGraph(row);
  const entries = Object.entries(values).map(([name, { dtype, shape, data }]) => [
    name,
    { dtype, shape, ...(data.length <= longestArray && { data: Array.from(data as ArrayLike<number>, Number) }) },
  ]);
  return JSON.stringify({ values: Object.fromEntries(entries), nodes, output });
};

mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);
for (const row of deviceRows) {
  if (wanted.length > 0 && !wanted.includes(row.name)) continue;
  const plan = await planOf(row);
  const packed: PackedRow = { row, expected: await expectedOf(row) };
  writeFileSync(join(folder, `${row.name}.plan`), plan);
  writeFileSync(join(folder, `${row.name}.json`), JSON.stringify(packed));
  writeFileSync(join(folder, `${row.name}.torch.json`), torchText(row));
  console.log(`${row.name}: a plan of ${plan.length} bytes`);
}
await build({
  entryPoints: [fileURLToPath(new URL("run-plans.ts", import.meta.url))],
  outfile: join(folder, "run-plans.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  external: ["webgpu"],
  conditions: ["typegrad-source"],
  logLevel: "warning",
});
process.exit(0);
