/** Two sides of one row, in turns: what else happens on the machine happens to both. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Row } from "./rows.ts";
import type { Settings } from "./side.ts";
import type { Reply, Request, SideName } from "./worker.ts";

export interface Plan {
  readonly rounds: number;
  /** For one side in one round. */
  readonly milliseconds: number;
}

export type Outcome =
  | { readonly kind: "timed"; readonly median: number; readonly best: number; readonly runs: number }
  | { readonly kind: "cannot"; readonly why: string };

export interface Comparison {
  readonly outcomes: readonly Outcome[];
  /** The largest difference between the first two results, by the largest magnitude. */
  readonly difference: number | undefined;
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (place: number): number => sorted[Math.floor(place)] as number;
  return (at((sorted.length - 1) / 2) + at(sorted.length / 2)) / 2;
};

const differenceOf = (a: Float32Array, b: Float32Array): number => {
  if (a.length !== b.length) return Number.NaN;
  let [error, largest] = [0, 0];
  a.forEach((value, i) => {
    error = Math.max(error, Math.abs(value - (b[i] as number)));
    largest = Math.max(largest, Math.abs(value));
  });
  return error / largest;
};

/** A process for one side. It is stopped whenever it is not asked, so that its threads do not spin beside the other's. */
const openProcess = (): { readonly ask: (request: Request) => Promise<Reply>; readonly end: () => void } => {
  const child: ChildProcess = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), [], {
    execArgv: [
      "--import",
      "tsx",
      "--conditions=typegrad-source",
      ...process.execArgv.filter((flag) => /relaxed/.test(flag)),
    ],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ask = async (request: Request): Promise<Reply> => {
    child.kill("SIGCONT");
    const reply = await new Promise<Reply>((resolve) => {
      const onExit = (code: number | null): void => resolve({ kind: "cannot", why: `its process ended with ${code}` });
      child.once("exit", onExit);
      child.once("message", (message) => {
        child.off("exit", onExit);
        resolve(message as Reply);
      });
      child.send(request);
    });
    child.kill("SIGSTOP");
    return reply;
  };
  return { ask, end: () => void child.kill("SIGKILL") };
};

/** Opens the sides, warms them up, and times them in turns. */
export const compare = async (
  row: Row,
  names: readonly SideName[],
  settings: Settings,
  { rounds, milliseconds }: Plan,
): Promise<Comparison> => {
  const sides = names.map(() => openProcess());
  try {
    const opened: Reply[] = [];
    for (const [i, side] of sides.entries())
      opened.push(await side.ask({ kind: "open", side: names[i] as SideName, row: row.name, settings }));
    const [first, second] = opened.filter((reply) => reply.kind === "opened");
    const medians: number[][] = names.map(() => []);
    const all: number[][] = names.map(() => []);
    for (let round = -1; round < rounds; round++) {
      for (const [i, side] of sides.entries()) {
        if (opened[i]?.kind !== "opened") continue;
        const reply = await side.ask({ kind: "measure", milliseconds });
        if (reply.kind !== "measured") opened[i] = reply;
        else if (reply.times.length === 0) opened[i] = { kind: "cannot", why: "it is not timed" };
        else if (round >= 0) {
          // The first run after a stop pays for waking up.
          const times = reply.times.length > 2 ? reply.times.slice(1) : reply.times;
          medians[i]?.push(median(times));
          for (const time of times) all[i]?.push(time);
        }
      }
    }
    const outcomes = opened.map((reply, i): Outcome => {
      if (reply.kind !== "opened") return { kind: "cannot", why: reply.kind === "cannot" ? reply.why : "internal" };
      const times = all[i] as number[];
      return { kind: "timed", median: median(medians[i] as number[]), best: Math.min(...times), runs: times.length };
    });
    return { outcomes, difference: first && second ? differenceOf(first.output, second.output) : undefined };
  } finally {
    for (const side of sides) side.end();
  }
};
