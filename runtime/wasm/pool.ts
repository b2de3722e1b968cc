/** Threads that run plans: workers over a shared memory, or the calling thread where memory cannot be shared. */

import { DeviceError } from "../errors.ts";
import { makeQueue } from "../queue.ts";
import { done, generation, takeFault, writeCommand } from "./control.js";
import { type Command, type Definition, makeProgram } from "./execute.js";
import { spawn, type WorkerThread } from "./spawn.ts";

export interface Pool {
  readonly threads: number;
  readonly load: (definition: Definition) => Promise<void>;
  readonly drop: (id: number) => void;
  /** @throws DeviceError where the device is lost or closed */
  readonly check: () => void;
  /** @throws DeviceError where a kernel traps or a worker dies */
  readonly run: (command: Command) => Promise<void>;
  readonly lost: Promise<DeviceError>;
  readonly close: () => void;
}

/** `Atomics.waitAsync`, which is younger than the rest; without it workers send a message. */
type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
) => { readonly async: boolean; readonly value: string | Promise<string> };
const { waitAsync } = Atomics as unknown as { readonly waitAsync?: WaitAsync };

const trapped = (text: string): DeviceError =>
  new DeviceError(`internal: a kernel trapped: ${text}; the call is lost, and the device goes on`);

export const makeThreads = async (memory: WebAssembly.Memory, threads: number): Promise<Pool> => {
  const control = new Int32Array(memory.buffer);
  const exclusive = makeQueue();
  const dropped: number[] = [];
  let failure: DeviceError | undefined;
  let reportLoss: (error: DeviceError) => void;
  const lost = new Promise<DeviceError>((resolve) => {
    reportLoss = resolve;
  });
  /** What is awaited of the workers: one thing at a time. */
  let waiting: { readonly answered: () => void; readonly failed: (error: Error) => void } | undefined;
  let ready = 0;
  let refusal: DeviceError | undefined;

  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  const fail = (error: DeviceError): void => {
    if (failure !== undefined) return;
    failure = error;
    for (const worker of workers) worker.terminate();
    waiting?.failed(error);
    reportLoss(error);
  };
  const workers: WorkerThread[] = [];
  const hold = (on: boolean): void => {
    for (const worker of workers) worker.hold(on);
  };
  /** Waits for what `begin` sets going. */
  const awaiting = async (begin: (answered: () => void) => void): Promise<void> => {
    check();
    hold(true);
    try {
      await new Promise<void>((answered, failed) => {
        waiting = { answered, failed };
        begin(answered);
      });
    } finally {
      waiting = undefined;
      hold(false);
    }
  };
  /** Messages to every worker, which each answers once. */
  const tell = (message: (index: number) => Parameters<WorkerThread["post"]>[0]): Promise<void> =>
    awaiting(() => {
      ready = 0;
      refusal = undefined;
      for (const [index, worker] of workers.entries()) worker.post(message(index));
    });
  const wake = (command: Command | undefined): number => {
    const next = (Atomics.load(control, generation) + 1) | 0;
    writeCommand(control, command);
    Atomics.store(control, generation, next);
    Atomics.notify(control, generation);
    return next;
  };
  const awaitDone = async (next: number, answered: () => void): Promise<void> => {
    if (waitAsync === undefined) return;
    for (let now = Atomics.load(control, done); now !== next; now = Atomics.load(control, done))
      await waitAsync(control, done, now).value;
    answered();
  };

  for (let index = 0; index < threads; index++)
    workers.push(
      await spawn({
        onAnswer: (answer) => {
          if (answer.kind === "done") {
            waiting?.answered();
            return;
          }
          if (answer.kind === "failed") refusal ??= new DeviceError(answer.text);
          // All have answered before the next message, or a late answer would be taken for one to that.
          if (++ready < threads) return;
          if (refusal === undefined) waiting?.answered();
          else waiting?.failed(refusal);
        },
        onEnd: (reason) =>
          fail(
            new DeviceError(
              `the device is lost, with what was on it: worker ${index} died: ${reason}; openDevice gives a new one`,
            ),
          ),
      }),
    );
  await tell((index) => ({ kind: "start", memory, index, of: threads, tells: waitAsync === undefined }));

  return {
    threads,
    lost,
    check,
    load: (definition) =>
      exclusive(async () => {
        check();
        wake(undefined);
        const gone = dropped.splice(0);
        await tell(() => ({ kind: "load", definition, dropped: gone }));
      }),
    drop: (id) => void dropped.push(id),
    run: (command) =>
      exclusive(async () => {
        await awaiting((answered) => void awaitDone(wake(command), answered));
        const fault = takeFault(control);
        if (fault !== undefined) throw trapped(fault);
      }),
    close: () => fail(new DeviceError("the device was closed")),
  };
};

/** Without shared memory: runs in the calling thread, a turn of the event loop apart. */
export const makeInline = (memory: WebAssembly.Memory): Pool => {
  const programs = new Map<number, ReturnType<typeof makeProgram>>();
  let failure: DeviceError | undefined;
  let reportLoss: (error: DeviceError) => void;
  const lost = new Promise<DeviceError>((resolve) => {
    reportLoss = resolve;
  });
  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  const fault = (what: string, error: unknown): never => {
    throw trapped(`${what}: ${error}`);
  };
  return {
    threads: 1,
    lost,
    check,
    load: async (definition) => {
      check();
      programs.set(definition.id, makeProgram(memory, definition, { index: 0, of: 1, barrier: () => true, fault }));
    },
    drop: (id) => void programs.delete(id),
    run: async (command) => {
      check();
      await new Promise((resolve) => setTimeout(resolve, 0));
      programs.get(command.id)?.(command);
    },
    close: () => {
      failure ??= new DeviceError("the device was closed");
      reportLoss(failure);
    },
  };
};
