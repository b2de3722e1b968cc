/**
 * `npm run fuzz -- --count 50000 --seed 1`: random programs, run directly, as programs of the compiler and on WebAssembly,
 * in any number.
 *
 * Prints each disagreement when it is found: seed, source, arguments and both values. `--from` starts at another program
 * of the seed. The exit code is 1 if there was one.
 */

import { parseArgs } from "node:util";
import { checkPrograms } from "./support/programs-suite.ts";
import { wasmStages } from "./support/wasm-stage.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
  },
});
const [count, seed, start] = [values.count, values.seed, values.from].map(Number) as [number, number, number];
if (![count, seed, start].every(Number.isSafeInteger)) throw new Error("count, seed and from are whole numbers");

/** Programs whose sources are open at one time. */
const batch = 500;
const totals = { programs: 0, entries: 0, undefinedEntries: 0, leftOut: 0, failures: 0 };
const began = performance.now();
for (let from = start; from < start + count; from += batch) {
  const report = checkPrograms({
    seed,
    from,
    count: Math.min(batch, start + count - from),
    devices: wasmStages,
    onFailure: (failure) => console.log(`${failure.report}\n`),
  });
  totals.programs += report.programs;
  totals.entries += report.entries;
  totals.undefinedEntries += report.undefinedEntries;
  totals.leftOut += report.leftOut.length;
  totals.failures += report.failures.length;
  console.log(
    `${totals.programs} programs of seed ${seed}: ${totals.entries} entries compared, ${totals.undefinedEntries} undefined, ${totals.leftOut} programs left out, ${totals.failures} disagreements; ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
}
process.exitCode = totals.failures > 0 ? 1 : 0;
