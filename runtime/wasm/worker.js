// @ts-check
/**
 * One thread of a pool. It takes messages to load plans; between them it stays in `serve`, where it looks for runs, and sleeps
 * when none comes.
 */

import { arrived, done, ended, failed, generation, looks, phase, readCommand, stop, writeFault } from "./control.js";
import { makeProgram } from "./execute.js";

/** @import { Definition } from "./execute.js" */

/**
 * @typedef {{ readonly kind: "start", readonly memory: WebAssembly.Memory, readonly index: number, readonly of: number, readonly tells: boolean }
 *   | { readonly kind: "load", readonly definition: Definition, readonly dropped: readonly number[] }} Message
 */

/** @typedef {{ readonly kind: "ready" } | { readonly kind: "done" } | { readonly kind: "failed", readonly text: string }} Answer */

/**
 * Looks at a word until it is another than `value`, then sleeps.
 * @param {Int32Array} control @param {number} word @param {number} value
 */
const awaitChange = (control, word, value) => {
  for (let i = 0; i < looks; i++) if (Atomics.load(control, word) !== value) return;
  while (Atomics.load(control, word) === value) Atomics.wait(control, word, value);
};

/**
 * @param {Extract<Message, { kind: "start" }>} start
 * @param {(answer: Answer) => void} answer
 */
const makeWorker = ({ memory, index, of, tells }, answer) => {
  const control = new Int32Array(memory.buffer);
  /** @type {Map<number, ReturnType<typeof makeProgram>>} */
  const programs = new Map();
  let seen = 0;

  const barrier = () => {
    const now = Atomics.load(control, phase);
    if (Atomics.add(control, arrived, 1) + 1 === of) {
      Atomics.store(control, arrived, 0);
      if (Atomics.load(control, failed) !== 0) Atomics.store(control, stop, 1);
      Atomics.add(control, phase, 1);
      Atomics.notify(control, phase);
    } else awaitChange(control, phase, now);
    return Atomics.load(control, stop) === 0;
  };
  /** @param {string} what @param {unknown} error */
  const fault = (what, error) => writeFault(control, `${what}: ${error}`);

  /** Runs what comes until it is sent back to its messages. */
  const serve = () => {
    for (;;) {
      awaitChange(control, generation, seen);
      seen = Atomics.load(control, generation);
      const command = readCommand(control);
      if (command === undefined) return;
      // What throws here, outside of kernels, ends the worker and with it the device: others wait at a barrier for it.
      const run = programs.get(command.id);
      if (run === undefined) throw new Error(`internal: no plan ${command.id}`);
      run(command);
      if (Atomics.add(control, ended, 1) + 1 < of) continue;
      Atomics.store(control, ended, 0);
      Atomics.store(control, done, seen);
      Atomics.notify(control, done);
      if (tells) answer({ kind: "done" });
    }
  };

  /** @param {Extract<Message, { kind: "load" }>} message */
  const load = ({ definition, dropped }) => {
    for (const id of dropped) programs.delete(id);
    try {
      programs.set(definition.id, makeProgram(memory, definition, { index, of, barrier, fault }));
      answer({ kind: "ready" });
    } catch (error) {
      answer({ kind: "failed", text: `${error}` });
    }
    serve();
  };
  answer({ kind: "ready" });
  serve();
  return load;
};

/** @type {ReturnType<typeof makeWorker> | undefined} */
let load;

/** @param {Message} message @param {(answer: Answer) => void} answer */
const receive = (message, answer) => {
  if (message.kind === "load") load?.(message);
  else load = makeWorker(message, answer);
};

if (typeof globalThis.postMessage === "function") {
  const scope = /** @type {{ onmessage: unknown, postMessage(answer: Answer): void }} */ (
    /** @type {unknown} */ (globalThis)
  );
  scope.onmessage = (/** @type {{ data: Message }} */ { data }) => receive(data, (answer) => scope.postMessage(answer));
} else {
  // Not written as a literal, which bundlers for browsers would look for.
  const threads = "node:worker_threads";
  import(threads).then(({ parentPort }) => {
    parentPort.on("message", (/** @type {Message} */ message) =>
      receive(message, (answer) => parentPort.postMessage(answer)),
    );
  });
}
