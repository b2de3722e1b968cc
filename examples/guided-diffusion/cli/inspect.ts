/** `adm inspect`: what is in a checkpoint, and which released network it fits. */

import type { Command } from "commander";
import { type Checkpoint, openCheckpoint } from "../files/checkpoint.ts";
import { countOf, widthOf } from "../files/elements.ts";
import { openFile } from "../files/file.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { explainMismatch } from "../networks/explain-mismatch.ts";
import { type ParameterShapes, parameterShapes } from "../networks/parameters.ts";
import { type Preset, presets } from "../networks/presets.ts";
import { partOf } from "../training/flat-state.ts";
import { UsageError } from "./faults.ts";
import { shapesOf } from "./open-weights.ts";

interface Known {
  readonly preset: string;
  readonly part: "network" | "classifier";
  readonly config: UNetConfig | ClassifierConfig;
}

const knownNetworks: readonly Known[] = Object.entries<Preset>(presets).flatMap(([preset, { config, classifier }]) => [
  { preset, part: "network" as const, config },
  ...(classifier === undefined ? [] : [{ preset, part: "classifier" as const, config: classifier.config }]),
]);

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;

/** How many keys and shapes two lists do not share. */
const distance = (found: ParameterShapes, wanted: ParameterShapes): number => {
  const lines = (shapes: ParameterShapes): string[] => Object.entries(shapes).map(([key, dims]) => `${key} ${dims}`);
  const other = new Set(lines(wanted));
  const shared = lines(found).filter((line) => other.has(line)).length;
  return Object.keys(found).length + other.size - 2 * shared;
};

const isUNet = (shapes: ParameterShapes): boolean =>
  Object.keys(shapes).some((key) => key.startsWith("output_blocks."));

/** What the keys alone say of the network. */
const traits = (shapes: ParameterShapes): string => {
  const label = shapes["label_emb.weight"];
  const unet = isUNet(shapes);
  const last = shapes["out.2.weight"]?.[0];
  return [
    unet ? "a UNet" : "a classifier",
    label === undefined ? "unconditional" : `class-conditional with ${label[0]} classes`,
    ...(unet && last !== undefined ? [`${shapes["input_blocks.0.0.weight"]?.[1]} channels in, ${last} out`] : []),
  ].join(", ");
};

const fitText = (shapes: ParameterShapes, against: string | undefined): string[] => {
  // Every network has it, whatever its config.
  if (!Object.hasOwn(shapes, "time_embed.0.weight"))
    return ["fits: no network of this kind; it has no time_embed.0.weight"];
  const fitting = knownNetworks.filter(({ config }) => explainMismatch(shapes, config) === undefined);
  const lines: string[] = [];
  if (fitting.length > 0) {
    const names = (part: Known["part"]): string =>
      fitting
        .filter((known) => known.part === part)
        .map(({ preset }) => preset)
        .join(", ");
    if (names("network") !== "") lines.push(`fits: the network of ${names("network")}`);
    if (names("classifier") !== "") lines.push(`fits: the classifier of ${names("classifier")}`);
    lines.push(
      "the order of attention cannot be read from keys or shapes: of the released networks only 64 has the new one",
    );
  }
  const wanted = against === undefined ? undefined : knownNetworks.filter(({ preset }) => preset === against);
  if (fitting.length > 0 && wanted === undefined) return lines;
  if (fitting.length === 0) lines.push(`fits: no preset; it is ${traits(shapes)}`);
  const part = isUNet(shapes) ? "network" : "classifier";
  const candidates = (wanted ?? knownNetworks).filter((known) => known.part === part);
  const [nearest] = candidates
    .map((known) => ({ known, far: distance(shapes, parameterShapes(known.config)) }))
    .sort((a, b) => a.far - b.far);
  if (nearest === undefined || nearest.far === 0) return lines;
  const { preset, config } = nearest.known;
  return [...lines, `against the ${part} of ${preset}:`, `${explainMismatch(shapes, config)}`];
};

/** The network of a saved run is among its moments and averages. */
const networkIn = (shapes: ParameterShapes): ParameterShapes => {
  const params = partOf(shapes, "params");
  return Object.keys(params).length === 0 ? shapes : params;
};

/** What `inspect` prints of a file. */
export const describeCheckpoint = (
  checkpoint: Checkpoint,
  { keys = true, preset }: { readonly keys?: boolean; readonly preset?: string } = {},
): string => {
  const entries = [...checkpoint.entries];
  const counts = new Map<string, number>();
  let [parameters, bytes] = [0, 0];
  for (const [, { dtype, shape }] of entries) {
    counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
    parameters += countOf(shape);
    bytes += countOf(shape) * widthOf(dtype);
  }
  const width = Math.max(0, ...entries.map(([key]) => key.length));
  return [
    ...(keys ? entries.map(([key, { dtype, shape }]) => `${key.padEnd(width)}  ${dtype}[${shape.join(", ")}]`) : []),
    `${checkpoint.name}: ${entries.length} tensors, ${parameters.toLocaleString("en-US")} parameters, ${megabytes(bytes)}`,
    `dtypes: ${[...counts].map(([dtype, count]) => `${dtype} × ${count}`).join(", ") || "none"}`,
    ...Object.entries(checkpoint.metadata ?? {}).map(([name, text]) => `says ${name}: ${text}`),
    ...fitText(networkIn(shapesOf(checkpoint)), preset),
  ].join("\n");
};

interface InspectFlags {
  readonly preset?: string;
  readonly keys: boolean;
}

const inspect = async (file: string, flags: InspectFlags): Promise<void> => {
  if (flags.preset !== undefined && !Object.hasOwn(presets, flags.preset))
    throw new UsageError(
      `--preset ${flags.preset}: there is no such preset; they are ${Object.keys(presets).join(", ")}`,
    );
  const source = await openFile(file);
  try {
    console.log(describeCheckpoint(await openCheckpoint(source), flags));
  } finally {
    await source.close();
  }
};

export const registerInspect = (program: Command): void => {
  program
    .command("inspect")
    .argument("<file>", "a checkpoint: .pt, .safetensors or .npz")
    .description("list keys, dtypes and shapes of a checkpoint, and the preset that it fits")
    .option("--preset <name>", "compare with this preset, and say what differs")
    .option("--no_keys", "leave the list of keys out")
    .action((file: string, given: { preset?: string; no_keys?: boolean }) =>
      inspect(file, { ...given, keys: given.no_keys !== true }),
    );
};
