/** Weights of 3 × 3 convolutions in Winograd's form: [column block][plane][panel][channel][8]. */

import { emitter } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  flattenIndex,
  type Index,
  indexOf,
  indexVariable,
  offsetIndex,
  printIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Value } from "../kernel/kernel.ts";
import { load, vectorOf } from "../kernel/values.ts";
import type { Contraction, Convolution3x3, ScheduleServices } from "./contraction.ts";
import { placeAt } from "./contraction-form.ts";
import { planeGap, type WinogradBlocks, winogradWeightSize } from "./winograd-blocks.ts";
import { transformPlane, type WinogradSize, weightLine } from "./winograd-transforms.ts";

const panelWidth = 8;

export interface WinogradWeights {
  readonly buffer: Buffer;
  /** The place of the first lane of a panel, at a channel. */
  readonly place: (columnBlock: Index, plane: Index, panel: Index, channel: Index) => Index;
}

/** Equal for convolutions that read the same weights in the same order. */
export const weightsKey = ({ b }: Contraction, { column, channel, kernelY, kernelX }: Convolution3x3): string => {
  const names = new Map([
    [column, "column"],
    [channel, "channel"],
    [kernelY, "y"],
    [kernelX, "x"],
  ]);
  return `${column.size}x${channel.size} ${printIndex(b.index, (variable) => names.get(variable) ?? variable.name)}`;
};

export const winogradWeights = (
  contraction: Contraction,
  convolution: Convolution3x3,
  size: WinogradSize,
  cut: WinogradBlocks,
  services: ScheduleServices,
): WinogradWeights => {
  const { column, channel, kernelY, kernelX } = convolution;
  const { b } = contraction;
  const { planes, columnsEach: columnBlock } = cut;
  const columnBlocks = column.size / columnBlock;
  const planeStride = columnBlock * channel.size + planeGap;
  const place = (block: Index, plane: Index, panel: Index, at: Index): Index =>
    addIndices(
      scaleIndex(flattenIndex([block, plane], [columnBlocks, planes]), planeStride),
      flattenIndex([panel, at, indexOf(0)], [columnBlock / panelWidth, channel.size, panelWidth]),
    );
  const build = (target: Buffer): Kernel => {
    const block = indexVariable("block", columnBlocks);
    const panel = indexVariable("panel", columnBlock / panelWidth);
    const emit = emitter();
    emit.loop("channel", channel.size, (at) =>
      emit.loop("half", panelWidth / 4, (half) => {
        const first = addIndices(
          scaleIndex(indexOf(block), columnBlock),
          scaleIndex(indexOf(panel), panelWidth),
          scaleIndex(half, 4),
        );
        const element = (y: number, x: number, lane: number): Index =>
          placeAt(
            b,
            new Map([
              [column, offsetIndex(first, lane)],
              [channel, at],
              [kernelY, indexOf(y)],
              [kernelX, indexOf(x)],
            ]),
          );
        const four = (y: number, x: number): Value => {
          if (coefficientOf(b.index, column) === 1) return load(b.buffer, element(y, x, 0), 4);
          const lane = (i: number): Value => load(b.buffer, element(y, x, i));
          return vectorOf([lane(0), lane(1), lane(2), lane(3)]);
        };
        transformPlane(
          emit,
          (inner, line) => weightLine(inner, size, line),
          3,
          four,
          (row, col, value) => {
            const to = place(indexOf(block), indexOf(row * (size + 2) + col), indexOf(panel), at);
            emit.store(target, addIndices(to, scaleIndex(half, 4)), value);
          },
          (_row, _column, value) => {
            const held = emit.name("g", value);
            return () => held;
          },
        );
      }),
    );
    return {
      name: `${contraction.name} weights`,
      buffers: [b.buffer, target],
      grid: [block, panel].filter((axis) => axis.size !== 1),
      body: emit.statements,
      cost: { flops: column.size * channel.size * planes * 8, bytes: 4 * (b.buffer.size + target.size) },
      notes: [`transforms ${b.buffer.name} for F(${size} × ${size}, 3 × 3)`],
    };
  };
  const key = `winograd ${size} ${columnBlock} ${weightsKey(contraction, convolution)}`;
  const buffer = services.derive({
    key,
    name: `${b.buffer.name} transformed`,
    size: winogradWeightSize(convolution, cut),
    source: b.buffer,
    build,
  });
  return { buffer, place };
};
