/** The images that flags name, to train on and to measure with, and whether the network takes them. */

import type { Dataset } from "../data/dataset.ts";
import { folderDataset } from "../data/folder.ts";
import { datasets, type Part } from "../data/packages.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { UsageError } from "./faults.ts";
import { isFolder } from "./samples.ts";

export interface DataFlags {
  readonly data_dir: string;
  readonly held_out: number;
  readonly held_out_dir?: string;
  readonly random_crop: boolean;
  readonly random_flip: boolean;
  readonly broken_images: "refuse" | "skip";
}

/** What images must suit. */
export interface TrainedNetwork {
  readonly config: UNetConfig | ClassifierConfig;
  readonly imageSize: number;
  /** Classes that it is told or tells, if any. */
  readonly classes: number | undefined;
}

export interface TrainingData {
  readonly train: Dataset;
  /** Where `--held_out` asks for some. */
  readonly heldOut: Dataset | undefined;
}

export const isFolderOf = ({ data_dir }: DataFlags): boolean => datasets[data_dir] === undefined;

/** @throws UsageError where the network does not take such images, or so many classes */
const checkDataset = (dataset: Dataset, { config, imageSize, classes }: TrainedNetwork): void => {
  const { name, channels, height } = dataset;
  if (config.inChannels !== channels)
    throw new UsageError(
      `${name} has images of ${channels} channels, and the network takes ${config.inChannels}; set --image_channels ${channels}`,
    );
  if (height !== imageSize)
    throw new UsageError(
      `${name} has images of ${height} × ${dataset.width}, and the network is of size ${imageSize}; set --image_size ${height}`,
    );
  if (classes !== undefined && dataset.classes > classes)
    throw new UsageError(
      `${name} has ${dataset.classes} classes, and the network ${classes}; set --num_classes ${dataset.classes}`,
    );
};

/** A set that is known by name, or a folder. */
const datasetOf = async (
  name: string,
  part: Part,
  flags: DataFlags,
  network: TrainedNetwork,
  say: (text: string) => void,
  classNames?: readonly string[],
): Promise<Dataset> => {
  const open = datasets[name];
  if (open !== undefined) return open(part);
  if (!(await isFolder(name)))
    throw new UsageError(
      `${name}: there is no such data set, and no folder of images; the sets are ${Object.keys(datasets).join(", ")}`,
    );
  const channels = network.config.inChannels;
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`images of ${channels} channels cannot be read from files`);
  const varies = part === "train";
  let broken = 0;
  return folderDataset(name, {
    size: network.imageSize,
    channels,
    randomCrop: varies && flags.random_crop,
    randomFlip: varies && flags.random_flip,
    classNames,
    ...(flags.broken_images === "skip" && {
      onBroken: ({ message }) => say(`skipped, number ${++broken}: ${message}`),
    }),
  });
};

/** @throws UsageError, RangeError for images that are not there, or that the network does not take */
export const trainingData = async (
  flags: DataFlags,
  network: TrainedNetwork,
  say: (text: string) => void,
): Promise<TrainingData> => {
  const train = await datasetOf(flags.data_dir, "train", flags, network, say);
  checkDataset(train, network);
  if (flags.held_out === 0) return { train, heldOut: undefined };
  const name = flags.held_out_dir ?? flags.data_dir;
  if (flags.held_out_dir === undefined && isFolderOf(flags))
    throw new UsageError(
      `--held_out ${flags.held_out}: say which images by --held_out_dir; those of ${name} are trained on`,
    );
  const heldOut = await datasetOf(name, "test", flags, network, say, train.classNames);
  checkDataset(heldOut, network);
  return { train, heldOut };
};
