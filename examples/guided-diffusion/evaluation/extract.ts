/** From images to features: a compiled network takes batches of one size, and here come batches of any. */

import { type Host, ShapeError } from "typegrad";
import type { DeviceTensor } from "typegrad/runtime";
import type { TensorFile } from "../files/tensor-file.ts";
import { loadCompiled, type Target } from "../plans/load-compiled.ts";
import { digitFeatures } from "./digits.ts";
import { type Features, rowsOf } from "./features.ts";
import type { Images } from "./images.ts";
import { inceptionFeatures } from "./inception.ts";

/** What a network says of each image of a batch. */
export interface ExtractedFeatures {
  /** For FID, precision and recall. */
  readonly pool: Features;
  /** For sFID, where the network has them. */
  readonly spatial?: Features;
  /** For the Inception Score. */
  readonly logits?: Features;
}

export type Extract = (images: Images) => Promise<ExtractedFeatures>;

export interface ExtractOptions extends Target {
  /** A checkpoint of the network. Its tensors are read one by one, and those that are not the network's not at all. */
  readonly weights: TensorFile;
  /** How many images the network takes at a time; 16 if nothing is said. */
  readonly batch?: number;
}

/**
 * The Inception network on a device, for RGB images of one size.
 * @throws DeviceError; FormatError for a checkpoint without one of its tensors, and an error that names one of another shape
 */
export const openInception = async (
  [height, width]: readonly [height: number, width: number],
  { weights, batch = 16, ...target }: ExtractOptions,
): Promise<Extract> => {
  const source = new URL("./inception.ts", import.meta.url);
  const dims = { B: batch, H: height, W: width };
  const loaded = await loadCompiled(inceptionFeatures, { source, bind: ["params"], dims }, target);
  return inBatches([batch, height, width, 3], (await loaded.bind(readerOf(weights))) as Network);
};

/**
 * The network of digits on a device, for images of 28 × 28 and one channel.
 * @throws as `openInception`
 */
export const openDigits = async ({ weights, batch = 16, ...target }: ExtractOptions): Promise<Extract> => {
  const source = new URL("./digits.ts", import.meta.url);
  const loaded = await loadCompiled(digitFeatures, { source, bind: ["params"], dims: { B: batch } }, target);
  return inBatches([batch, 28, 28, 1], (await loaded.bind(readerOf(weights))) as Network);
};

/** A plan calls its bound tensors by parameter and key: `params.fc.weight`. */
const readerOf =
  ({ read }: TensorFile) =>
  (name: string): Promise<Host> =>
    read(name.slice("params.".length));

/** A network that takes batches of one size, and leaves its results where it ran. */
type Network = (images: Images) => Promise<unknown>;
type Results = Readonly<Record<string, DeviceTensor>>;

/** Runs a network on as many images as it takes at a time; what is missing of the last batch is black, and left out again. */
export const inBatches =
  ([batch, ...image]: Images["shape"], network: Network): Extract =>
  async ({ shape: [count, ...own], data }) => {
    if (own.some((dim, axis) => dim !== image[axis]))
      throw new ShapeError(`images are [${own.join(", ")}], and the network was compiled for [${image.join(", ")}]`);
    const length = image.reduce((size, dim) => size * dim, 1);
    const parts: Record<string, Float32Array> = {};
    for (let start = 0; start < count; start += batch) {
      const part = new Uint8Array(batch * length);
      part.set(data.subarray(start * length, Math.min(start + batch, count) * length));
      const results = (await network({ dtype: "u8", shape: [batch, ...image], data: part })) as Results;
      for (const [name, tensor] of Object.entries(results)) {
        const found = rowsOf((await tensor.read()) as Features, 0, count - start);
        tensor.dispose();
        parts[name] ??= new Float32Array(count * found.shape[1]);
        parts[name].set(found.data, start * found.shape[1]);
      }
    }
    return Object.fromEntries(
      Object.entries(parts).map(([name, data]) => [name, { dtype: "f32", shape: [count, data.length / count], data }]),
    ) as unknown as ExtractedFeatures;
  };
