/** What runs in a page: plans out of files that the test serves. */

import type { DeviceTensor } from "../../runtime/device.ts";
import { type DeviceKind, openDevice } from "../../runtime/index.ts";

export interface PageRun {
  readonly description: string;
  readonly values: readonly number[];
  readonly steps: readonly string[];
  readonly timings: number;
  readonly aborted: string;
}

/** Calls the plan of a file with one vector of floats; then again, ended after two steps. */
export const run = async (kind: DeviceKind, file: string, data: Float32Array): Promise<PageRun> => {
  const device = await openDevice({ kind, software: true });
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  const loaded = await device.load(bytes);
  const x = { dtype: "f32", shape: [data.length], data } as const;
  const steps: string[] = [];
  let timings = 0;
  const result = (await loaded.call([x], {
    onStep: (done, total) => void steps.push(`${done}/${total}`),
  })) as DeviceTensor;
  const timed = loaded.call([x], {
    onTimings: (all) => {
      timings = all.length;
    },
  });
  // Not every adapter has timestamps.
  await timed.catch(() => undefined);
  const controller = new AbortController();
  const ended = loaded.call([x], {
    signal: controller.signal,
    onStep: (done) => {
      if (done === 2) controller.abort(new Error("ended"));
    },
  });
  const aborted = await ended.then(
    () => "not",
    (error: Error) => error.message,
  );
  const values = Array.from((await result.read()).data as Float32Array);
  const { description } = device;
  device.close();
  return { description, values, steps, timings, aborted };
};
