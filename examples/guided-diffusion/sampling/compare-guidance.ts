/** The same noise, with a classifier's guidance and with none. */

import { drawOf, startNoise } from "./draws.ts";
import type { Engine } from "./engine.ts";
import { openSampler, type SampleTask } from "./sample-images.ts";

interface ComparisonTask extends Omit<SampleTask, "batch"> {
  /** Towards which class each image is guided. */
  readonly labels: readonly number[];
  /** At how many points of their way the guided images are kept, beside the noise that they begin with. */
  readonly points: number;
}

/** All in [−1, 1], [batch, channels, height, width]. */
export interface Comparison {
  readonly guided: Float32Array;
  readonly unguided: Float32Array;
  /** The guided images after `done` steps: the first are noise, the last the images. */
  readonly trajectory: readonly { readonly done: number; readonly x: Float32Array }[];
}

/** Samples a batch with guidance and again without. */
export const compareGuidance = async (
  engine: Engine,
  { labels, points, ...task }: ComparisonTask,
  onStep: (done: number, total: number) => void,
): Promise<Comparison> => {
  const batch = labels.length;
  const sampleGuided = await openSampler(engine, { ...task, batch });
  const sampleAlone = await openSampler(engine, {
    ...task,
    batch,
    classifier: undefined,
    sampling: { ...task.sampling, guide: undefined },
  });

  const { steps } = task.schedule;
  const every = Math.max(1, Math.floor(steps / points));
  // Noise is drawn by the index of an image: both batches begin with this.
  const noise = startNoise(
    labels.map((_, i) => drawOf(task.seed, i)),
    task.image,
  );
  const trajectory = [{ done: 0, x: noise.data }];
  const guided = await sampleGuided({ first: 0, labels }, async (done, _, read) => {
    if ((steps - done) % every === 0) trajectory.push({ done, x: await read() });
    onStep(done, 2 * steps);
  });
  const unguided = await sampleAlone({ first: 0, labels }, (done) => onStep(steps + done, 2 * steps));
  return { guided, unguided, trajectory };
};
