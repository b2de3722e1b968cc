/** Batches of random programs: many exports to a module, one reading of the library for all; failures are shrunk. */

import fc from "fast-check";
import { openModules, specOf } from "./compiled.ts";
import { type GeneratedProgram, programHeader, programOf } from "./programs.ts";
import { checkAgreement, type DeviceStages, showArguments } from "./programs-agreement.ts";
import { largestChoice, type Recipe, recipeAt } from "./programs-choices.ts";

export interface Failure {
  readonly index: number;
  /** Seed, source, arguments and both values of the program, shrunk. */
  readonly report: string;
}

export interface SuiteReport {
  readonly programs: number;
  readonly entries: number;
  readonly undefinedEntries: number;
  /** Programs whose difference says nothing (`Agreement`). */
  readonly leftOut: readonly number[];
  readonly failures: readonly Failure[];
  /** The text of all programs. */
  readonly text: string;
}

export interface SuiteOptions {
  readonly seed: number;
  readonly count: number;
  /** Index of the first program. */
  readonly from?: number;
  /** Told of each failure when it is found. */
  readonly onFailure?: (failure: Failure) => void;
  readonly devices?: DeviceStages;
}

const programsPerModule = 50;

const moduleOf = (programs: readonly GeneratedProgram[]): string =>
  programHeader + programs.map(({ text }) => text).join("");

const messageOf = (check: () => void): string | undefined => {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

/** What a recipe's program gets wrong, with nothing beside it. Without the checker, whose start takes most of the time. */
const faultOf = (recipe: Recipe, devices?: DeviceStages): string | undefined => {
  const program = programOf(recipe, "program");
  const modules = openModules({ "program.ts": moduleOf([program]) });
  const specs = Object.fromEntries(program.args.map((arg, i) => [`x${i}`, specOf(arg)]));
  return messageOf(() => checkAgreement(modules, "program.ts", "program", program, { specs }, devices));
};

/** The words of a message up to its first number: a shrunk program must fail in the same way. */
const kindOf = (message: string | undefined): string | undefined =>
  message?.replaceAll(/ in f(32|64), [^,:]+/g, "").replace(/(: entry )?\d[\s\S]*$/, "");

const recipes: fc.Arbitrary<Recipe> = fc.array(fc.array(fc.nat({ max: largestChoice })));

const shrinkAttempts = 400;

/** The simplest recipe found that fails like the given one. */
const shrunk = (recipe: Recipe, kind: string | undefined, devices?: DeviceStages): Recipe => {
  let best = recipe;
  let attempts = 0;
  for (let progress = true; progress; ) {
    progress = false;
    for (const { value } of recipes.shrink(best as number[][], undefined)) {
      if (attempts++ >= shrinkAttempts) return best;
      if (value.length === 0 || kindOf(faultOf(value, devices)) !== kind) continue;
      best = value;
      progress = true;
      break;
    }
  }
  return best;
};

const reportOf = (seed: number, index: number, message: string, devices?: DeviceStages): string => {
  const recipe = recipeAt(seed, index);
  const alone = faultOf(recipe, devices);
  const simple = alone === undefined ? recipe : shrunk(recipe, kindOf(alone), devices);
  const program = programOf(simple, "program");
  return [
    `seed ${seed}, program ${index}${alone === undefined ? ", among others of its module only" : ""}`,
    program.text,
    showArguments(program.args),
    alone === undefined ? message : faultOf(simple, devices),
  ].join("\n");
};

/** Checks programs `from` to `from + count - 1` of a seed. */
export const checkPrograms = ({ seed, count, from = 0, onFailure, devices }: SuiteOptions): SuiteReport => {
  const failures: Failure[] = [];
  const leftOut: number[] = [];
  let entries = 0;
  let undefinedEntries = 0;
  const indices = Array.from({ length: count }, (_, i) => from + i);
  const programs = indices.map((index) => programOf(recipeAt(seed, index), `p${index}`));
  const names = (i: number): string => `programs${Math.floor(i / programsPerModule)}.ts`;
  const texts: Record<string, string> = {};
  for (let i = 0; i < count; i += programsPerModule)
    texts[names(i)] = moduleOf(programs.slice(i, i + programsPerModule));
  const modules = openModules(texts);
  for (const [i, index] of indices.entries()) {
    try {
      const agreement = checkAgreement(
        modules,
        names(i),
        `p${index}`,
        programs[i] as GeneratedProgram,
        undefined,
        devices,
      );
      entries += agreement.entries;
      undefinedEntries += agreement.undefinedEntries;
      if (agreement.leftOut) leftOut.push(index);
    } catch (error) {
      const failure: Failure = { index, report: reportOf(seed, index, (error as Error).message, devices) };
      failures.push(failure);
      onFailure?.(failure);
    }
  }
  return { programs: count, entries, undefinedEntries, leftOut, failures, text: Object.values(texts).join("") };
};
