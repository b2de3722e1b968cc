/** A vitest reporter whose line is the last of a run: `12 passed, 0 failed, 1 skipped`. */

import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Counts over the modules of a run. A module that does not load, and an error outside of tests, count as failures. */
const count = (modules: readonly TestModule[], errors: readonly SerializedError[]): Record<string, number> => {
  const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) counts[test.result().state]++;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    counts.failed += module.errors().length;
  }
  return counts;
};

export const summary = (): Reporter => {
  // A run that breaks off before its end has failed.
  let line = "0 passed, 1 failed";
  process.once("exit", () => process.stdout.write(`${line}\n`));
  return {
    onTestRunEnd: (modules, errors, reason) => {
      const { passed = 0, failed = 0, skipped = 0, pending = 0 } = count(modules, errors);
      const broken = reason === "passed" ? 0 : Math.max(0, 1 - failed);
      line = `${passed} passed, ${failed + pending + broken} failed, ${skipped} skipped`;
    },
  };
};
