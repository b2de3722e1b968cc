/** Ctrl-C as a signal that long work looks at. A second one ends the process, as ever. */

import { Interrupted } from "./faults.ts";

/** Runs work with a signal that Ctrl-C, or a request to end, sets. */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Interrupted("interrupted"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
};
