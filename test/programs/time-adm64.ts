/** Times the front end and the passes on ADM's network for 64 × 64 images; prints seconds as JSON. */

import { openSources } from "../../compiler/frontend/source.ts";
import { pullback } from "../../compiler/grad.ts";
import { countEquations, type Program } from "../../compiler/ir/program.ts";
import { optimise } from "../../compiler/passes.ts";
import { readAdm64, readTypedAdm64 } from "./adm64.ts";

/** Seconds of the processor: what they are on a quiet machine, whatever else runs. */
const used = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const seconds = (run: () => void): number => {
  const [start, before] = [performance.now(), used()];
  run();
  return Math.min((performance.now() - start) / 1000, used() - before);
};

let program: Program | undefined;
const forward = (sources = openSources()): void => {
  program = optimise(readAdm64(sources).program);
};

const cold = seconds(() => forward());
const sinceStart = Math.min(process.uptime(), used());
const sources = openSources();
forward(sources);
const warm = Math.min(...[1, 2, 3].map(() => seconds(() => forward(sources))));
const read = program as Program;
const gradient = seconds(() =>
  optimise(
    pullback(
      read,
      read.parameters.map(({ type }) => type.dtype === "f32"),
    ),
  ),
);
const typed = seconds(() => readTypedAdm64(openSources()));
console.log(JSON.stringify({ sinceStart, cold, warm, gradient, typed, equations: countEquations(read) }));
