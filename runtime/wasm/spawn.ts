/** Starts workers, in browsers and in Node. */

import type { Answer, Message } from "./worker.js";

export interface WorkerThread {
  readonly post: (message: Message) => void;
  /** Whether the process stays alive for it: only while something is awaited of it. */
  readonly hold: (on: boolean) => void;
  readonly terminate: () => void;
}

interface Events {
  readonly onAnswer: (answer: Answer) => void;
  /** It died. */
  readonly onEnd: (reason: string) => void;
}

/** The part of a worker of Node that is used here. */
interface NodeWorker {
  postMessage(message: Message): void;
  ref(): void;
  unref(): void;
  terminate(): void;
  on(event: string, listener: (value: never) => void): void;
}

export const spawn = async ({ onAnswer, onEnd }: Events): Promise<WorkerThread> => {
  if (typeof Worker === "function") {
    // Written so that bundlers find the file.
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => onAnswer(data);
    worker.onerror = ({ message }) => onEnd(message ?? "its script did not load");
    return {
      post: (message) => worker.postMessage(message),
      hold: () => undefined,
      terminate: () => worker.terminate(),
    };
  }
  const module = "node:worker_threads";
  const threads = (await import(/* @vite-ignore */ module)) as { readonly Worker: new (url: URL) => NodeWorker };
  const worker = new threads.Worker(new URL("./worker.js", import.meta.url));
  worker.on("message", onAnswer);
  worker.on("error", (error: Error) => onEnd(error.message));
  worker.on("exit", (code: number) => onEnd(`it ended with code ${code}`));
  return {
    post: (message) => worker.postMessage(message),
    hold: (on) => (on ? worker.ref() : worker.unref()),
    terminate: () => worker.terminate(),
  };
};
