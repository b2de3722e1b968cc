/** Compiled plans in a folder, each under the SHA-256 of all that determines it. */

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface PlanCache {
  /** The bytes that were kept under a key. */
  readonly read: (key: string) => Uint8Array | undefined;
  /** Keeps bytes; where they cannot be written, a warning says so and nothing is kept. */
  readonly write: (key: string, bytes: Uint8Array) => void;
}

/** How many plans are kept: those that were used last. */
const most = 100;

/** Numbers that JSON has no form for, and `undefined`, as records that stand for nothing else. */
const spelled = (_: string, value: unknown): unknown => {
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint")
    throw new TypeError(`internal: a plan cannot be kept under a key with a ${typeof value} in it`);
  const isPlain =
    value !== undefined && (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0)));
  return isPlain ? value : { "not JSON": Object.is(value, -0) ? "-0" : String(value) };
};

/** The key of what is known before something is compiled: plain data, in the order in which it is given. */
export const keyOf = (...parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts, spelled)).digest("hex");

/** What is done where the folder allows it, and is no loss where it does not. */
const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** A folder as a cache. It is made when the first plan is written. */
export const openPlanCache = (folder: string): PlanCache => {
  const fileOf = (key: string): string => path.join(folder, `${key}.plan`);
  const usedAt = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  /** What a process that was killed left half-written is a file among the others. */
  const forgetOldest = (): void => {
    const files = readdirSync(folder).flatMap((name) =>
      /\.plan(\.\d+)?$/.test(name) ? [path.join(folder, name)] : [],
    );
    const byUse = files.map((file) => [usedAt(file), file] as const).sort(([a], [b]) => b - a);
    for (const [, file] of byUse.slice(most)) rmSync(file, { force: true });
  };
  return {
    read: (key) => {
      const bytes = attempt(() => readFileSync(fileOf(key)));
      const now = new Date();
      if (bytes !== undefined) attempt(() => utimesSync(fileOf(key), now, now));
      return bytes;
    },
    write: (key, bytes) => {
      // Of this process alone, so that two that write one plan do not write into each other's.
      const temporary = `${fileOf(key)}.${process.pid}`;
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(temporary, bytes);
        renameSync(temporary, fileOf(key));
        forgetOldest();
      } catch (error) {
        attempt(() => rmSync(temporary, { force: true }));
        process.stderr.write(`the compiled plan is not kept in ${folder}: ${(error as Error).message}\n`);
      }
    },
  };
};
