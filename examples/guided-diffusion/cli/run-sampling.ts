/** What the commands that sample have in common: batch after batch on a device, and a file of what is done. */

import { type BatchInput, openSampler, type SampleTask } from "../sampling/sample-images.ts";
import { type DeviceFlags, engineOf } from "./engine-of-flags.ts";
import { Interrupted } from "./faults.ts";
import { openProgress } from "./progress.ts";
import { toBytes, writeSamples } from "./samples.ts";

export interface SamplingRun {
  readonly device: DeviceFlags;
  readonly task: Omit<SampleTask, "signal" | "onLoad">;
  readonly count: number;
  readonly out: string;
  readonly signal: AbortSignal;
  /** What sample `i` is made of. */
  readonly inputOf: (first: number) => Promise<Omit<BatchInput, "first">>;
  /** Whether labels are written beside the images. */
  readonly hasLabels: boolean;
}

/**
 * Samples, and writes them when all are done; those of whole batches, where it is interrupted.
 * @throws Interrupted when that happens
 */
export const runSampling = async (run: SamplingRun): Promise<void> => {
  const { task, count, signal, inputOf } = run;
  const engine = await engineOf(run.device);
  const progress = openProgress();
  try {
    process.stderr.write(`${task.schedule.steps} steps on ${engine.description}; compiling\n`);
    const sampler = await openSampler(engine, {
      ...task,
      signal,
      onLoad: (done, total) => progress.step(done, total, "weights"),
    });
    progress.end();
    const [channels, height, width] = task.image;
    const pixels = channels * height * width;
    const images = new Uint8Array(count * pixels);
    const labels: number[] = [];
    const batches = Math.ceil(count / task.batch);
    const steps = openProgress();
    let done = 0;
    try {
      for (let i = 0; i < batches; i++) {
        const input = await inputOf(done);
        const x = await sampler({ first: done, ...input }, (at, total) =>
          steps.step(i * total + at, batches * total, `batch ${i + 1} of ${batches}, step`),
        );
        const kept = Math.min(task.batch, count - done);
        images.set(toBytes(x, [task.batch, ...task.image]).subarray(0, kept * pixels), done * pixels);
        labels.push(...(input.labels ?? []).slice(0, kept));
        done += kept;
      }
    } catch (error) {
      if (!(error instanceof Interrupted) || done === 0) throw error;
    } finally {
      steps.end();
    }
    const file = await writeSamples(run.out, {
      images: { dtype: "u8", shape: [done, height, width, channels], data: images.subarray(0, done * pixels) },
      ...(run.hasLabels && { labels: { dtype: "i64", shape: [done], data: BigInt64Array.from(labels, BigInt) } }),
    });
    console.log(file);
    if (done < count) throw new Interrupted(`interrupted: ${done} of ${count} samples are in ${file}`);
  } finally {
    progress.end();
    engine.close();
  }
};
