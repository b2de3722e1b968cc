/**
 * Loops in WebAssembly text. A loop ends with one branch: on its variable if somebody asked for that, else on a pointer
 * that moves, else on a counter.
 */

import type { Statement } from "../kernel/kernel.ts";
import type { Running, Scope } from "./wat-addresses.ts";
import type { WatNames } from "./wat-names.ts";
import { add, get, type I32, i32, indent, set, sub, tee, times } from "./wat-text.ts";

/** The variable takes first … limit − 1. It is empty only where the limit is not known, and may then pass `most`. */
export interface LoopRange {
  readonly first: I32;
  readonly limit: I32;
  /** The limit is at most this. */
  readonly most?: number;
}

/** The lines of a body, and where a pin goes: before these lines. */
export interface PinnedBody {
  readonly lines: readonly string[];
  readonly pins: readonly number[];
}

const isFused = (statement: Statement | undefined): boolean =>
  statement?.kind === "assign" && statement.value.kind === "op" && statement.value.op === "fma";

/** More sums of products than this in a block, and the optimiser of V8 in Node 20 loses its way. */
const mostWithoutPins = 8;

/**
 * Where the body of a loop is held in place. V8's optimiser in Node 20 sinks the arithmetic of a block below all its
 * loads, and spills; a branch that is never taken keeps what stands before it there. One stands after each run of
 * fused sums, where a body has many.
 */
export const pinned = (statements: readonly Statement[], lines: readonly string[]): PinnedBody => {
  const fused = statements.filter(isFused).length;
  // Each statement of such a body is one line, but what its scope computes first.
  const straight = statements.every(({ kind }) => kind === "let" || kind === "assign" || kind === "store");
  if (fused <= mostWithoutPins || !straight) return { lines, pins: [] };
  const ends = statements.flatMap((statement, at) =>
    isFused(statement) && !isFused(statements[at + 1]) && at + 1 < statements.length ? [at + 1] : [],
  );
  return { lines, pins: ends };
};

/** Never true: addresses are multiples of four. */
const printPin = (label: string, pointer: string, number: number): string =>
  `(br_if $${label} (i32.eq ${get(pointer)} (i32.const ${1 + 2 * (number % 63)})))`;

/** Writes the loop around its body, when all that the body asks of the scope is known. */
export const closeLoop = (
  scope: Scope,
  { first, limit, most }: LoopRange,
  body: PinnedBody,
  names: WatNames,
): string[] => {
  const label = names.fresh(`next_${scope.variable?.name ?? "turn"}`);
  const before: string[] = [];
  const known = typeof limit === "number" && typeof first === "number";
  let bound = limit;
  if (!known && most !== undefined) {
    const held = names.local("limit", "i32");
    before.push(set(held, limit), `(if (i32.gt_s ${get(held)} ${i32(most)}) (then ${set(held, most)}))`);
    bound = get(held);
  }
  const { running } = scope;
  for (const { name, step, outer } of running) before.push(set(name, add(outer, times(first, step))));
  const moved = ({ name, step }: Running): I32 => add(get(name), step);
  const counter = running.find(({ step, outer }) => step === 1 && outer === 0);
  const pointer = counter ?? running.find(({ step }) => step !== 0);
  let last: string;
  if (counter !== undefined) last = `(i32.lt_u ${tee(counter.name, moved(counter))} ${i32(bound)})`;
  else if (pointer !== undefined) {
    const end = names.local(`${pointer.name}_end`, "i32");
    before.push(set(end, add(pointer.outer, times(bound, pointer.step))));
    last = `(i32.ne ${tee(pointer.name, moved(pointer))} ${get(end)})`;
  } else {
    const left = names.local("left", "i32");
    before.push(set(left, sub(bound, first)));
    last = tee(left, sub(get(left), 1));
  }
  const hold = body.pins.length > 0 ? running.find(({ step }) => step !== 0 && step % 4 === 0)?.name : undefined;
  const done = hold === undefined ? "" : names.fresh("done");
  const lines =
    hold === undefined
      ? body.lines
      : body.lines.flatMap((line, at) => {
          const number = body.pins.indexOf(at);
          return number < 0 ? [line] : [printPin(done, hold, number), line];
        });
  const advance = running.filter((each) => each !== pointer).map((each) => set(each.name, moved(each)));
  const loop = [`(loop $${label}`, ...indent([...scope.start, ...lines, ...advance, `(br_if $${label} ${last})`]), ")"];
  const whole = hold === undefined ? loop : [`(block $${done}`, ...indent(loop), ")"];
  if (known || most === undefined) return [...before, ...whole];
  return [...before, `(if (i32.gt_s ${i32(bound)} ${i32(first)}) (then`, ...indent(whole), "))"];
};
