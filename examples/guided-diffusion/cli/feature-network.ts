/** The network in whose features samples are compared, as flags name it. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { openDigitsOn } from "../evaluation/digits-on-engine.ts";
import { type Extract, openInception } from "../evaluation/extract.ts";
import { type Checkpoint, openCheckpoint } from "../files/checkpoint.ts";
import { openFile } from "../files/file.ts";
import type { Target } from "../plans/load-compiled.ts";
import type { Engine } from "../sampling/engine.ts";
import { type DeviceFlags, targetOf } from "./engine-of-flags.ts";
import { UsageError } from "./faults.ts";
import { inceptionOf } from "./inception-weights.ts";
import { inColor } from "./samples.ts";
import { shippedFeatures } from "./shipped-weights.ts";

export interface FeatureFlags extends DeviceFlags {
  /** The data set that samples are compared with. */
  readonly data_dir: string;
  readonly features?: string;
  readonly inception?: string;
}

/** SHA-256 of files, one after the other, as far as it takes to tell them apart. */
export const filesDigest = (...files: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
};

/** A network of features that is opened when it is first asked for. */
export interface FeatureNetwork {
  /** What rows call it: a name, and the digest of its file. */
  readonly name: string;
  /** Whether its classes are those of the samples' labels. */
  readonly knowsClasses: boolean;
  readonly open: () => Promise<Extract>;
  /** Closes what was opened for it alone. */
  readonly close: () => void;
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const withCheckpoint = async <T>(file: string, work: (checkpoint: Checkpoint) => Promise<T>): Promise<T> => {
  const source = await openFile(file);
  try {
    return await work(await openCheckpoint(source));
  } finally {
    await source.close();
  }
};

/**
 * The network for images of [channels, height, width].
 * @throws UsageError where it does not take such images, or cannot run on the device
 */
export const featureNetwork = (
  flags: FeatureFlags,
  engine: Engine,
  [channels, height, width]: readonly [number, number, number],
): FeatureNetwork => {
  const { inception, features, data_dir, device } = flags;
  const size = `${height} × ${width} × ${channels}`;
  if (inception === undefined) {
    const file = features ?? shippedFeatures(data_dir);
    if (size !== "28 × 28 × 1")
      throw new UsageError(
        `samples are ${size}, and the network of features takes 28 × 28 × 1; compare in those of --inception`,
      );
    return {
      name: `digits ${filesDigest(file)}`,
      knowsClasses: true,
      open: once(() => withCheckpoint(file, (weights) => openDigitsOn(engine, weights))),
      close: () => undefined,
    };
  }
  if (device === "direct") throw new UsageError("--inception: Inception runs compiled alone; take --device wasm");
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`samples are ${size}, and Inception takes images of 1 or 3 channels`);
  let target: Target | undefined;
  const open = (): Promise<Extract> =>
    withCheckpoint(inception, async (checkpoint) => {
      const weights = inceptionOf(checkpoint);
      target = await targetOf(flags);
      const extract = await openInception([height, width], { ...target, weights });
      return (images) => extract(inColor(images));
    });
  return {
    name: `inception ${filesDigest(inception)}`,
    knowsClasses: false,
    open: once(open),
    close: () => target?.device.close(),
  };
};
