/** Which of Winograd's forms a convolution takes: by its shape, its error and the memory of its weights. */

import { coefficientOf } from "../kernel/index-expression.ts";
import type { Contraction, Convolution3x3, ScheduleServices } from "./contraction.ts";
import { sizeOf } from "./contraction-form.ts";
import type { DeviceClass } from "./device-class.ts";
import { cheapestWay, type Way } from "./weight-forms.ts";
import { winogradBlocks, winogradWeightSize } from "./winograd-blocks.ts";
import type { WinogradSize } from "./winograd-transforms.ts";
import { weightsKey } from "./winograd-weights.ts";

export interface WinogradOptions {
  /** The forms to choose from. */
  readonly sizes: readonly WinogradSize[];
  /** The largest error that is allowed: its root mean square, as a part of that of the results. */
  readonly error: number;
  /** Bytes that the transformed weights of one convolution may take. */
  readonly weightBytes: number;
  /**
   * Cycles of a thread for each byte of weights: about half a cycle to read it from far memory in every call, and as much
   * again, twice, for the memory that holds it. Measured on ADM-64 at batch 1: 1 gives 2.2 GB of weights and 2.0 s a call,
   * 1.5 gives 1.9 GB and 1.9 s.
   */
  readonly bytePrice: number;
}

export const winogradDefaults: WinogradOptions = { sizes: [4, 2], error: 1e-6, weightBytes: 1 << 28, bytePrice: 1.5 };

/**
 * Measured against f64 on 32 to 768 channels, as a part of the results: √(a² + b² √channels), that of the transforms and that
 * of the sums. Direct sums have 1.4e-7 to 2.3e-7.
 */
const errors: Readonly<Record<WinogradSize, readonly [transforms: number, sums: number]>> = {
  2: [1.6e-7, 3.9e-8],
  4: [5e-7, 1.12e-7],
};

/** The root mean square error of a form, as a part of that of the results. */
export const winogradError = (size: WinogradSize, channels: number): number =>
  Math.hypot(errors[size][0], errors[size][1] * channels ** 0.25);

/** Cycles of one transformed weight that is not made beforehand, and of one transformed input or product. */
const weightPrice = 1.5;
const transformPrice = 0.5;

/** Why a form does not fit; `undefined` where it does. */
const objection = (
  size: WinogradSize,
  { y, x, column, channel }: Convolution3x3,
  options: WinogradOptions,
): string | undefined => {
  if (y.size % size !== 0 || x.size % size !== 0) return `${y.size} × ${x.size} is no multiple of ${size}`;
  const bytes = 4 * (size + 2) ** 2 * column.size * channel.size;
  if (bytes > options.weightBytes) return `weights of ${bytes} bytes exceed ${options.weightBytes}`;
  const error = winogradError(size, channel.size);
  if (error > options.error) return `an error of ${error.toExponential(1)} exceeds ${options.error}`;
  return undefined;
};

/** Cycles of eight products, a transform and what is not made beforehand; bytes of transformed weights. */
const transformed = (size: WinogradSize, convolution: Convolution3x3, frozen: boolean, device: DeviceClass): Way => {
  const { column, channel } = convolution;
  const cut = winogradBlocks(convolution, size, device);
  const { planes } = cut;
  // The register tile takes four at a time.
  const tiles = Math.ceil(cut.tiles / 4) * 4;
  const products = (planes * tiles * column.size * channel.size) / 8;
  const weights = planes * column.size * channel.size;
  const transforms = planes * tiles * (channel.size + column.size) * transformPrice;
  return {
    form: `F(${size} × ${size}) by ${cut.columnsEach} columns`,
    cycles: products + transforms + (frozen ? 0 : weightPrice * weights),
    bytes: 4 * winogradWeightSize(convolution, cut),
  };
};

/** The same without transforms, by schedules that reorder weights. */
const direct = ({ image, y, x, column, channel }: Convolution3x3, frozen: boolean): Way => {
  const weights = 9 * column.size * channel.size;
  const cycles = (sizeOf([image, y, x]) * weights) / 8 + (frozen ? 0 : 2 * weights);
  return { form: "direct", cycles, bytes: 4 * weights };
};

/** Whether inputs are read as one tile: a step of the kernel is a step of the result, and channels lie side by side. */
const isPlain = (contraction: Contraction, convolution: Convolution3x3): boolean => {
  const { index } = contraction.a;
  const { y, x, kernelY, kernelX, image, column, channel } = convolution;
  const step = (axis: Convolution3x3["y"]): number | undefined => coefficientOf(index, axis);
  const known = new Set([y, x, kernelY, kernelX, image, column, channel]);
  return (
    step(channel) === 1 &&
    (y.size === 1 || step(y) === step(kernelY)) &&
    (x.size === 1 || step(x) === step(kernelX)) &&
    step(kernelY) !== undefined &&
    step(kernelX) !== undefined &&
    contraction.axes.every(({ variable }) => variable.size === 1 || known.has(variable))
  );
};

export const chooseWinograd = (
  contraction: Contraction,
  convolution: Convolution3x3,
  services: ScheduleServices,
  options: WinogradOptions,
): WinogradSize | undefined => {
  const { column, channel } = convolution;
  const log = (line: string): void => services.log(`${contraction.name}: ${line}`);
  if (column.size % 8 !== 0 || channel.size % 4 !== 0) {
    log(`direct: ${channel.size} → ${column.size} channels are no multiples of 4 and 8`);
    return undefined;
  }
  if (!isPlain(contraction, convolution)) {
    log("direct: the input is not read in whole tiles");
    return undefined;
  }
  const { b } = contraction;
  const frozen = services.isFrozen(b);
  const sizes = options.sizes.filter((size) => {
    const reason = objection(size, convolution, options);
    if (reason !== undefined) log(`not F(${size} × ${size}): ${reason}`);
    return reason === undefined;
  });
  const forms = new Map(sizes.map((size) => [transformed(size, convolution, frozen, services.device), size]));
  const ways = [direct(convolution, frozen), ...forms.keys()];
  const { bytePrice } = options;
  const taken = services.choose({ weights: b, key: weightsKey(contraction, convolution), ways, bytePrice });
  const fastest = cheapestWay(ways, bytePrice);
  if (taken !== fastest) log(`${taken.form} and not ${fastest.form}, so that weights take less memory`);
  else if (taken === ways[0]) log("direct: transforms would cost more than they save");
  return forms.get(taken);
};
