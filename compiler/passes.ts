/**
 * The passes over Program, and their runner.
 *
 * A pass is a function from programs to programs that gives the identical program where it has nothing to do. It knows no
 * other pass: the order is here alone.
 */

import { checkProgram } from "./ir/check.ts";
import { countEquations, type Program } from "./ir/program.ts";
import { algebra } from "./optimise/algebra.ts";
import { foldConstants } from "./optimise/fold-constants.ts";
import { hoist } from "./optimise/hoist.ts";
import { inline } from "./optimise/inline.ts";
import { prune } from "./optimise/prune.ts";
import { share } from "./optimise/share.ts";

export interface Pass {
  readonly name: string;
  readonly run: (program: Program) => Program;
}

/** Passes that are run in order; those of a nested list again and again, until none of them changes the program. */
export type Passes = readonly (Pass | readonly Pass[])[];

/** What a pass did. */
export interface PassReport {
  readonly name: string;
  readonly before: Program;
  readonly after: Program;
  /** Of the pass alone, without its check. */
  readonly milliseconds: number;
  readonly changed: boolean;
}

export interface RunOptions {
  /** Check the program after each pass. */
  readonly check?: boolean;
  /** Told of each pass that has run, before its result is checked. */
  readonly onPass?: (report: PassReport) => void;
  /** Whether a scheduler knows a composite of this name; all are kept if it is not given. */
  readonly keep?: (name: string) => boolean;
}

/** How often a nested list is run at most. Two rounds are usual: what one finds lets others find little more. */
const mostRounds = 8;

/** The passes that make a program smaller, whatever device it is for. */
export const optimisation = (keep: (name: string) => boolean): Passes => [
  { name: "inline", run: (program) => inline(program, keep) },
  { name: "prune", run: prune },
  [
    { name: "fold-constants", run: foldConstants },
    { name: "algebra", run: algebra },
    { name: "share", run: share },
    { name: "hoist", run: hoist },
    { name: "prune", run: prune },
  ],
];

const checkAfter = (name: string, program: Program): void => {
  try {
    checkProgram(program);
  } catch (cause) {
    const text = (cause as Error).message.replace(/^internal: the program is broken: /, "");
    throw new Error(`internal: pass ${name} broke the program: ${text}`, { cause });
  }
};

const runPass = ({ name, run }: Pass, before: Program, { check, onPass }: RunOptions): Program => {
  const start = performance.now();
  const after = run(before);
  const milliseconds = performance.now() - start;
  const changed = after !== before;
  onPass?.({ name, before, after, milliseconds, changed });
  if (check && changed) checkAfter(name, after);
  return after;
};

/** Runs passes over a program. */
export const runPasses = (program: Program, passes: Passes, options: RunOptions = {}): Program => {
  if (options.check) checkProgram(program);
  let current = program;
  for (const pass of passes) {
    if ("run" in pass) {
      current = runPass(pass, current, options);
      continue;
    }
    // A pass that has seen this very program, and would leave it as it is, is not run on it again.
    const left = new Map<Pass, Program>();
    for (let round = 0; round < mostRounds && pass.some((each) => left.get(each) !== current); round++) {
      for (const each of pass) {
        if (left.get(each) === current) continue;
        current = runPass(each, current, options);
        left.set(each, current);
      }
    }
  }
  return current;
};

/** The optimised program: the same values for the same operands. */
export const optimise = (program: Program, options: RunOptions = {}): Program =>
  runPasses(program, optimisation(options.keep ?? (() => true)), options);

/** One line on a pass: `share  885 → 871 equations, 1.2 ms`. */
export const passLine = ({ name, before, after, milliseconds, changed }: PassReport): string => {
  const count = changed ? `${countEquations(before)} → ${countEquations(after)} equations` : "(unchanged)";
  return `${name.padEnd(14)} ${count}, ${milliseconds.toFixed(1)} ms`;
};
