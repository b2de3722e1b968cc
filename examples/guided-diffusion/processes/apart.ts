/** Work in a process beside this one: the memory that it takes goes back to the system when that process ends. */

import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Answer, Fault, Work } from "./work.ts";

/** Sources are read as by the commands of `package.json`, whatever has started this process. */
const execArgv = [
  "--import",
  pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href,
  "--conditions=typegrad-source",
];

/** How long a process waits for more work, for which what it has loaded need not be loaded again. */
const idleMilliseconds = 2000;

/** The one process, while it works or waits. */
let beside: ChildProcess | undefined;
let resting: NodeJS.Timeout | undefined;

const forget = (child: ChildProcess): void => {
  if (beside === child) beside = undefined;
};

const start = (): ChildProcess => {
  const child = fork(fileURLToPath(new URL("./work.ts", import.meta.url)), { execArgv, serialization: "advanced" });
  // What a call is at work on, nobody waits for any more.
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  return child.once("exit", () => {
    process.off("exit", kill);
    forget(child);
  });
};

/** The process that waits, or a new one; this one does not end before it. */
const wake = (): ChildProcess => {
  clearTimeout(resting);
  beside ??= start();
  beside.ref();
  beside.channel?.ref();
  return beside;
};

/** Lets it wait, which does not keep this process from its end. */
const rest = (child: ChildProcess): void => {
  child.unref();
  child.channel?.unref();
  const end = (): void => {
    forget(child);
    if (child.connected) child.disconnect();
  };
  resting = setTimeout(end, idleMilliseconds).unref();
};

/** The error of the other process as one of this, by its name and its fields; and so the errors in it. */
const errorOf = ({ fields, cause, errors }: Fault): Error =>
  Object.assign(
    new Error(fields.message, cause && { cause: errorOf(cause) }),
    fields,
    errors && { errors: errors.map(errorOf) },
  );

const answerTo = (work: Work, signal: AbortSignal | undefined): Promise<unknown> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = wake();
    const settle = (): void => {
      signal?.removeEventListener("abort", stop);
      child.off("message", answered).off("error", failed).off("exit", ended);
    };
    const answered = (answer: Answer): void => {
      settle();
      rest(child);
      if (answer.kind === "done") resolve(answer.value);
      else reject(errorOf(answer.error));
    };
    const failed = (error: unknown): void => {
      settle();
      forget(child);
      child.kill("SIGKILL");
      reject(error);
    };
    const ended = (code: number | null, killer: string | null): void =>
      failed(new Error(`the process that ran ${work.name} ended by ${killer ?? `code ${code}`} and gave nothing`));
    const stop = (): void => failed(signal?.reason);
    signal?.addEventListener("abort", stop);
    child.on("message", answered).on("error", failed).on("exit", ended);
    try {
      child.send(work);
    } catch (error) {
      // What cannot be copied.
      failed(error);
    }
  });

/** What a promise gives, or the signal's reason where it is aborted before. */
const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
};

let turn: Promise<unknown> = Promise.resolve();

/**
 * What a function gives that a module exports, called with plain data in another process, one call at a time.
 * @throws what the function throws; where the signal is aborted its reason, at once, also while others have their turn
 */
export const apart = <F extends (...args: never[]) => unknown>(
  module: URL,
  name: string,
  args: Parameters<F>,
  signal?: AbortSignal,
): Promise<Awaited<ReturnType<F>>> => {
  const answer = turn.then(() => answerTo({ module: module.href, name, args }, signal));
  turn = answer.catch(() => undefined);
  return unlessAborted(answer as Promise<Awaited<ReturnType<F>>>, signal);
};
