/** Submission of commands, never far ahead of the device: what runs can be ended between iterations, and memory stays bounded. */

import type { Health } from "./health.ts";

/** Resolves when what was submitted is done. It is handled where nobody waits for it. */
export type Submit = (encoder: GPUCommandEncoder) => Promise<{ readonly done: Promise<unknown> }>;

/** One runs while the next is ready. */
const mostAhead = 2;

export const makeSubmit = ({ queue }: GPUDevice, health: Health): Submit => {
  const ahead: Promise<unknown>[] = [];
  return async (encoder) => {
    queue.submit([encoder.finish()]);
    const done = health.guard(queue.onSubmittedWorkDone());
    done.catch(() => undefined);
    ahead.push(done);
    if (ahead.length > mostAhead) await ahead.shift();
    return { done };
  };
};
