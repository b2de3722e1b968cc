// @ts-check
/**
 * The words by which the caller and the workers of a pool talk, in the first page of the shared memory, each on cache lines
 * of its own (two, since neighbours are fetched in pairs).
 *
 * The caller writes the command, then raises `generation`. Each worker runs its share; the last to end sets `done` to that
 * generation. `arrived` and `phase` are the barrier inside a run.
 */

/** @import { Command } from "./execute.js" */

export const generation = 0;
export const arrived = 32;
export const phase = 64;
export const done = 96;
export const ended = 128;
/** Set by a thread whose kernel trapped; the last to arrive at the next barrier then sets `stop`, which all read behind it. */
export const failed = 160;
export const stop = 192;
const command = 224;
/** Bytes of the message of a fault: how many, then they. */
const text = 2048;
const textLimit = 4096;

export const controlBytes = text + 4 + textLimit;

/**
 * How often a thread looks at a word before it sleeps. Waking takes about 25 µs, and a bound below that makes one sleep bring
 * the next; a look takes 5 to 12 ns.
 */
export const looks = 20_000;

/** @param {Int32Array} control @param {Command | undefined} run `undefined` sends workers back to their messages. */
export const writeCommand = (control, run) => {
  control.set(
    run === undefined
      ? [0]
      : [1, run.id, run.steps === "load" ? 0 : 1, run.from, run.to, run.first ? 1 : 0, run.table, run.times],
    command,
  );
};

/** @param {Int32Array} control @returns {Command | undefined} */
export const readCommand = (control) => {
  const [on = 0, id = 0, steps, from = 0, to = 0, first, table = 0, times = 0] = control.subarray(command, command + 8);
  if (on === 0) return undefined;
  return {
    id,
    steps: steps === 0 ? "load" : "call",
    from,
    to,
    first: first === 1,
    table: table >>> 0,
    times: times >>> 0,
  };
};

/** @param {Int32Array} control @param {string} message */
export const writeFault = (control, message) => {
  // The first thread that fails tells.
  if (Atomics.compareExchange(control, failed, 0, 1) !== 0) return;
  const bytes = new TextEncoder().encode(message).subarray(0, textLimit);
  control[text / 4] = bytes.length;
  new Uint8Array(control.buffer).set(bytes, text + 4);
};

/** @param {Int32Array} control The message of a fault, which is forgotten; `undefined` where there was none. */
export const takeFault = (control) => {
  if (Atomics.load(control, failed) === 0) return undefined;
  // A copy, since decoders take no shared memory.
  const start = text + 4;
  const bytes = new Uint8Array(control.buffer).slice(start, start + /** @type {number} */ (control[text / 4]));
  Atomics.store(control, failed, 0);
  Atomics.store(control, stop, 0);
  return new TextDecoder().decode(bytes);
};
