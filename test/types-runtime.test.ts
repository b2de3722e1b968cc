/** What the types accept, run time accepts; and the converse; each but for the rules listed here. Results have their types. */

import { beforeAll, expect, it } from "vitest";
import { DTypeError } from "../dsl/dtype.ts";
import { ShapeError } from "../dsl/shape.ts";
import { isTensor } from "../dsl/tensor.ts";
import { type Call, changedCalls, drawnCalls, sourceOf } from "./support/calls.ts";
import { checkStatements, refusalsIn } from "./support/check-types.ts";
import { manifest, opsByName } from "./support/manifest.ts";

const seed = 20260;

interface Judged {
  readonly call: Call;
  readonly source: string;
  /** The checker's message, where it refuses the call. */
  readonly refusedByTypes: string | undefined;
  /** What was thrown. */
  readonly refusedByRun: unknown;
  /** The checker's message, where the result that came is not of the type that it was to have. */
  readonly resultMisfit: string | undefined;
}

interface Rule {
  readonly why: string;
  readonly holds: (judged: Judged) => boolean;
}

/** Calls that run and that the types nevertheless refuse, on purpose. */
const typesAreStricter: readonly Rule[] = [
  {
    why: "JavaScript counts with booleans, so a lambda may take a bool operand for a number",
    holds: ({ call }) => call.op === "map" && /to bool/.test(call.change),
  },
];

/** Calls that the types accept and that do not run: what is refused is data. */
const runTimeIsStricter: readonly Rule[] = [
  {
    why: "types see that a number is a number, not whether an integer type holds its value",
    holds: ({ refusedByRun }) => refusedByRun instanceof DTypeError && / is no [iu]32/.test(refusedByRun.message),
  },
];

const run = ({ op, args }: Call): { readonly result?: unknown; readonly error?: unknown } => {
  try {
    return { result: manifest[op]?.(...args) };
  } catch (error) {
    return { error };
  }
};

/** The type of what came. `Tensor` is invariant, so that no other shape and dtype fits it. */
const typeOf = (result: unknown): string => {
  if (isTensor(result)) return `Tensor<[${(result.shape as readonly number[]).join(", ")}], "${result.dtype}">`;
  return Array.isArray(result) ? `readonly [${result.map(typeOf).join(", ")}]` : "unknown";
};

const judge = (): Judged[] => {
  const bySource = new Map<string, Call>();
  for (const [, op] of opsByName) {
    for (const [i, call] of drawnCalls(op, 8, seed).entries()) {
      for (const each of [call, ...changedCalls(call, 10, i)]) {
        const source = sourceOf(each);
        if (!bySource.has(source)) bySource.set(source, each);
      }
    }
  }
  const runs = [...bySource.values()].map(run);
  const messages = checkStatements([
    ...bySource.keys(),
    ...[...bySource.keys()].map((source, i) => `((_: ${typeOf(runs[i]?.result)}) => {})(${source.replace(/;$/, "")});`),
  ]);
  return [...bySource].map(([source, call], i) => ({
    call,
    source,
    refusedByTypes: messages[i],
    refusedByRun: runs[i]?.error,
    resultMisfit: messages[bySource.size + i],
  }));
};

let judged: readonly Judged[] = [];

// Thousands of calls: the checker takes seconds, on a busy machine many.
beforeAll(() => {
  judged = judge();
}, 120_000);

/** The first calls of a list, for people. */
const report = (found: readonly Judged[]): string[] =>
  found
    .slice(0, 20)
    .map(
      ({ source, call, refusedByTypes, refusedByRun }) =>
        `${source} // ${call.change}\n  types: ${refusedByTypes ?? "accepted"}\n  run time: ${refusedByRun ?? "accepted"}`,
    )
    .concat(found.length > 20 ? [`and ${found.length - 20} more`] : []);

it("accepts every drawn call, in types and at run time", () => {
  expect(
    report(judged.filter(({ call, ...by }) => call.change === "" && (by.refusedByTypes ?? by.refusedByRun))),
  ).toEqual([]);
  for (const [name] of opsByName) expect(judged.some(({ call }) => call.op === name)).toBe(true);
});

/** The calls that none of the rules explains; each rule must explain one. */
const unexplained = (found: readonly Judged[], rules: readonly Rule[]): readonly Judged[] => {
  for (const { why, holds } of rules) expect(found.some(holds), `no call shows that ${why}`).toBe(true);
  return found.filter((by) => !rules.some(({ holds }) => holds(by)));
};

it("runs what the types accept, but for the rules listed", () => {
  const refused = judged.filter((by) => by.refusedByTypes === undefined && by.refusedByRun !== undefined);
  expect(report(unexplained(refused, runTimeIsStricter))).toEqual([]);
});

it("accepts in types what runs, but for the rules listed", () => {
  const refused = judged.filter((by) => by.refusedByTypes !== undefined && by.refusedByRun === undefined);
  expect(report(unexplained(refused, typesAreStricter))).toEqual([]);
});

it("gives a result of the type that it says", () => {
  const accepted = judged.filter((by) => by.refusedByTypes === undefined && by.refusedByRun === undefined);
  expect(accepted.length).toBeGreaterThan(judged.length / 4);
  expect(
    accepted
      .filter((by) => by.resultMisfit !== undefined)
      .map(({ source, resultMisfit }) => `${source}\n  ${resultMisfit}`),
  ).toEqual([]);
});

it("refuses many changed calls, each with an error of ours", () => {
  const refused = judged.filter((by) => by.refusedByRun !== undefined);
  expect(refused.length).toBeGreaterThan(judged.length / 10);
  const strange = refused.filter(
    (by) => !(by.refusedByRun instanceof ShapeError || by.refusedByRun instanceof DTypeError),
  );
  expect(report(strange)).toEqual([]);
  // The op that the user called: that of the statement, or one that its lambda calls.
  const anonymous = refused.filter(({ source, refusedByRun }) => {
    const { message } = refusedByRun as Error;
    return ![...source.matchAll(/ops\.(\w+)\(/g)].some(([, op]) => /^(: | )/.test(message.replace(op as string, "")));
  });
  expect(report(anonymous)).toEqual([]);
});

it("says at run time what a type's refusal says", () => {
  const texts = judged.filter((by) => by.refusedByTypes !== undefined && refusalsIn(by.refusedByTypes).length > 0);
  const differing = texts.filter(
    (by) => !refusalsIn(by.refusedByTypes as string).includes((by.refusedByRun as Error | undefined)?.message ?? ""),
  );
  expect(report(differing)).toEqual([]);
});
