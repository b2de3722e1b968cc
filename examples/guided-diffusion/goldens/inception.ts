/** The Inception network of the metrics, filled by the rule, on images that are stored. */

import { fileURLToPath } from "node:url";
import { type Host, type Tensor, tensor } from "typegrad";
import { inceptionShapes } from "../evaluation/inception-parameters.ts";
import { spread } from "../networks/fill.ts";
import { numbersOf, same, within } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import type { Folder } from "./folder.ts";
import { type InceptionInputs, inceptionOutputs } from "./inception-program.ts";
import { type Finding, type GoldenCase, skipped } from "./row.ts";
import { boundOf, type StoredError } from "./tolerance.ts";

const source = fileURLToPath(new URL("inception-program.ts", import.meta.url));

interface Description {
  readonly keys: readonly (readonly [key: string, shape: readonly number[]])[];
  readonly errors: Readonly<Record<string, StoredError>>;
}

/** Of one image: 5.7 · 10⁹ multiplications (arXiv 1512.00567), and as many additions. */
const flopsOfImage = 11.4e9;

export async function* inceptionCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  if (folder.has("inception.json") && folder.has("inception.safetensors"))
    yield { name: "inception", run: () => inceptionFindings(folder, device) };
}

/** Kernels are followed by a ReLU, and so are twice as wide as the last layer. */
const filled = (key: string, shape: readonly number[], k: number): Tensor => {
  const count = shape.reduce((size, dim) => size * dim, 1);
  const scale = shape.length === 1 ? 0.2 : Math.sqrt(((key === "fc.weight" ? 12 : 24) * (shape[0] as number)) / count);
  const offset = /bn\.(weight|running_var)$/.test(key) ? 1 : 0;
  const data = Float32Array.from(spread(k + 1, count), (value) => offset + scale * value);
  return tensor({ dtype: "f32", shape, data }) as Tensor;
};

async function* inceptionFindings(folder: Folder, device: GoldenDevice): AsyncGenerator<Finding> {
  const { keys, errors } = await folder.json<Description>("inception.json");
  yield same("keys and shapes", Object.entries(inceptionShapes), keys);
  const stored = await folder.tensors("inception.safetensors");
  const images = stored.host("images") as Host;
  const flops = (images.shape[0] as number) * flopsOfImage;
  if (flops > device.mostFlops) {
    yield skipped("features", `skipped, ${(flops / 1e9).toFixed(1)} GFLOP`);
    return;
  }
  const params = Object.fromEntries(keys.map(([key, shape], k) => [key, filled(key, shape, k)]));
  const inputs = { params, images: channelsLast(images) } as unknown as InceptionInputs;
  const run = await device.prepare(inceptionOutputs, source, { images: images.shape[0] as number }, inputs);
  const found = await run(inputs);
  const bound = (name: string): number => boundOf(device, errors[name] as StoredError);
  yield within("pool", numbersOf(found.pool as Tensor), numbersOf(stored.host("pool")), bound("pool"));
  const spatial = numbersOf(found.spatial as unknown as Tensor);
  yield within("spatial_nhwc_flat", spatial, numbersOf(stored.host("spatial_nhwc_flat")), bound("spatial"));
  // The evaluator's logits have no bias, the stored ones have.
  const bias = numbersOf(params["fc.bias"] as Tensor);
  const logits = Float64Array.from(
    numbersOf(found.logits as unknown as Tensor),
    (x, i) => x + (bias[i % bias.length] as number),
  );
  yield within("logits", logits, numbersOf(stored.host("logits")), bound("logits"));
}

/** As files of images have them. */
const channelsLast = ({ shape, data }: Host): Tensor<[number, number, number, number], "u32"> => {
  const [batch, channels, height, width] = shape as unknown as readonly [number, number, number, number];
  const places = height * width;
  const moved = Uint8Array.from({ length: data.length }, (_, i) => {
    const [image, place, channel] = [
      Math.floor(i / (places * channels)),
      Math.floor(i / channels) % places,
      i % channels,
    ];
    return Number(data[(image * channels + channel) * places + place]);
  });
  return tensor({ dtype: "u8", shape: [batch, height, width, channels], data: moved });
};
