/**
 * 3 × 3 convolutions with stride 1 by Winograd's F(2 × 2) and F(4 × 4).
 *
 *   grid(block of tiles) {
 *     loop tile { loop channels { V[plane][tile][channel] = Bᵀ d B } }
 *     loop block of columns {
 *       loop plane { loop panel { loop four tiles { loop part of the channels { M[plane][tile][column] += Σ V · U } } } }
 *       loop tile { loop columns { finish(Aᵀ M A) } }
 *   }}
 *
 * Where the blocks of tiles are too few to fill a machine, V is made by a kernel of its own, and the grid of the second has
 * blocks of columns too.
 */

import { type Emitter, emitter, within } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  type Index,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
  unflattenIndex,
} from "../kernel/index-expression.ts";
import { type Buffer, type Kernel, type Local, scratchBuffer, type Value } from "../kernel/kernel.ts";
import { load, operation } from "../kernel/values.ts";
import type { Contraction, Convolution3x3, ScheduleServices } from "./contraction.ts";
import { finishLanes, mergeBuffers } from "./contraction-finish.ts";
import { bytesOf, flopsOf, placeAt } from "./contraction-form.ts";
import { emitTileSums } from "./register-tile.ts";
import { divisorFrom } from "./sum-levels.ts";
import { planeGap, type WinogradBlocks, winogradBlocks } from "./winograd-blocks.ts";
import { chooseWinograd, type WinogradOptions, winogradDefaults } from "./winograd-choice.ts";
import { inputLine, outputLine, transformPlane, type WinogradSize } from "./winograd-transforms.ts";
import { type WinogradWeights, winogradWeights } from "./winograd-weights.ts";

interface Winograd extends WinogradBlocks {
  readonly contraction: Contraction;
  readonly convolution: Convolution3x3;
  readonly size: WinogradSize;
  readonly weights: WinogradWeights;
  /** Transformed inputs: of one block in scratch, or of all. */
  readonly inputs: Buffer;
  readonly products: Buffer;
  readonly between: Buffer;
}

const inputPlane = ({ tilesEach, convolution }: Winograd): number => tilesEach * convolution.channel.size + planeGap;
const productPlane = ({ tilesEach, columnsEach }: Winograd): number => tilesEach * columnsEach + planeGap;

/** The first element of a block's transformed inputs. */
const inputBase = (winograd: Winograd, block: Index): Index =>
  winograd.inputs.space === "scratch" ? indexOf(0) : scaleIndex(block, winograd.planes * inputPlane(winograd));

/** The image, and the row and column of results, at which a tile begins. */
const cornerOf = ({ convolution, size }: Winograd, tile: Index): readonly [Index, Index, Index] => {
  const { image, y, x } = convolution;
  const [n, row, column] = unflattenIndex(tile, [image.size, y.size / size, x.size / size]) as [Index, Index, Index];
  return [n, scaleIndex(row, size), scaleIndex(column, size)];
};

/** What stands between the two passes of a transform: for the large one in memory, which is faster than so many locals. */
const keeper =
  (emit: Emitter, { size, between }: Winograd) =>
  (row: number, column: number, value: Value): (() => Value) => {
    if (size === 2) {
      const held = emit.name("g", value);
      return () => held;
    }
    const place = indexOf(4 * (row * (size + 2) + column));
    emit.store(between, place, value);
    return () => load(between, place, 4);
  };

const tileLoop = (
  emit: Emitter,
  winograd: Winograd,
  block: Index,
  body: (tile: Index, inBlock: Index) => void,
): void => {
  const { tiles, tilesEach } = winograd;
  const first = scaleIndex(block, tilesEach);
  const left = tiles % tilesEach === 0 ? undefined : addIndices(indexOf(tiles), scaleIndex(first, -1));
  emit.loop("tile", tilesEach, (inBlock) => body(addIndices(first, inBlock), inBlock), left);
};

/** V = Bᵀ d B of one tile. */
const emitInputTile = (emit: Emitter, winograd: Winograd, block: Index, tile: Index, inBlock: Index): void => {
  const { contraction, convolution, size, inputs } = winograd;
  const { a } = contraction;
  const { image, y, x, channel, kernelY, kernelX } = convolution;
  const [n, row, column] = cornerOf(winograd, tile);
  const [down, right] = [coefficientOf(a.index, y) as number, coefficientOf(a.index, x) as number];
  emit.loop("channel", channel.size / 4, (four) => {
    const from = placeAt(
      a,
      new Map([
        [image, n],
        [y, row],
        [x, column],
        [channel, scaleIndex(four, 4)],
        [kernelY, indexOf(0)],
        [kernelX, indexOf(0)],
      ]),
    );
    const to = addIndices(inputBase(winograd, block), scaleIndex(inBlock, channel.size), scaleIndex(four, 4));
    transformPlane(
      emit,
      (inner, line) => inputLine(inner, size, line),
      size + 2,
      (i, j) => load(a.buffer, offsetIndex(from, i * down + j * right), 4),
      (i, j, value) => emit.store(inputs, offsetIndex(to, (i * (size + 2) + j) * inputPlane(winograd)), value),
      keeper(emit, winograd),
    );
  });
};

/** M = V · U of one block of tiles and one of columns. */
const emitProducts = (emit: Emitter, winograd: Winograd, block: Index, columnBlock: Index): void => {
  const { convolution, planes, tiles, tilesEach, columnsEach, weights, inputs, products } = winograd;
  const channels = convolution.channel.size;
  // Parts are summed on their own: errors grow with the root of a part and that of their number, least where both are alike.
  const channelsEach = divisorFrom(channels, Math.max(16, Math.sqrt(channels)));
  const parts = channels / channelsEach;
  const fours = Math.ceil(tilesEach / 4);
  // The last block may have fewer tiles; three more at most are computed from whatever is there.
  const last = tiles - (winograd.blocks - 1) * tilesEach;
  const count =
    winograd.blocks === 1 || Math.ceil(last / 4) === fours
      ? undefined
      : addIndices(indexOf(Math.ceil(tiles / 4)), scaleIndex(block, -tilesEach / 4));
  emit.loop("plane", planes, (plane) =>
    emit.loop("panel", columnsEach / 8, (panel) =>
      emit.loop(
        "four",
        fours,
        (four) => {
          const row = addIndices(inputBase(winograd, block), scaleIndex(plane, inputPlane(winograd)));
          const to = addIndices(
            scaleIndex(plane, productPlane(winograd)),
            scaleIndex(four, 4 * columnsEach),
            scaleIndex(panel, 8),
          );
          emit.loop("part", parts, (part) => {
            const first = scaleIndex(part, channelsEach);
            const sums = emitTileSums<Index>(emit, {
              rows: 4,
              vectors: 2,
              loops: (body) => emit.loop("k", channelsEach, (k) => body(addIndices(first, k))),
              row: (i, k) =>
                load(inputs, addIndices(row, scaleIndex(four, 4 * channels), offsetIndex(k, i * channels))),
              vector: (j, k) =>
                load(weights.buffer, offsetIndex(weights.place(columnBlock, plane, panel, k), 4 * j), 4),
            });
            const each = (visit: (sum: Local, place: Index) => void): void => {
              for (const [i, line] of sums.entries())
                for (const [j, sum] of line.entries()) visit(sum, offsetIndex(to, i * columnsEach + 4 * j));
            };
            if (parts > 1)
              emit.when([within(part, 1, parts)], () =>
                each((sum, place) => emit.assign(sum, operation("add", sum, load(products, place, 4)))),
              );
            each((sum, place) => emit.store(products, place, sum));
          });
        },
        count,
      ),
    ),
  );
};

/** The results of one tile, Aᵀ M A. */
const emitOutputTile = (emit: Emitter, winograd: Winograd, columnBlock: Index, tile: Index, inBlock: Index): void => {
  const { contraction, convolution, size, products, columnsEach } = winograd;
  const { image, y, x, column } = convolution;
  const [n, row, col] = cornerOf(winograd, tile);
  emit.loop("column", columnsEach / 4, (four) => {
    const from = addIndices(scaleIndex(inBlock, columnsEach), scaleIndex(four, 4));
    const first = addIndices(scaleIndex(columnBlock, columnsEach), scaleIndex(four, 4));
    transformPlane(
      emit,
      (inner, line) => outputLine(inner, size, line),
      size + 2,
      (i, j) => load(products, offsetIndex(from, (i * (size + 2) + j) * productPlane(winograd)), 4),
      (i, j, value) => {
        const places = new Map([
          [image, n],
          [y, offsetIndex(row, i)],
          [x, offsetIndex(col, j)],
          [column, first],
        ]);
        finishLanes(emit, { contraction, lane: column }, emit.name("result", value), places, 4);
      },
      keeper(emit, winograd),
    );
  });
};

const emitColumns = (emit: Emitter, winograd: Winograd, block: Index, columnBlock: Index): void => {
  emitProducts(emit, winograd, block, columnBlock);
  tileLoop(emit, winograd, block, (tile, inBlock) => emitOutputTile(emit, winograd, columnBlock, tile, inBlock));
};

export const scheduleWinograd = (
  contraction: Contraction,
  services: ScheduleServices,
  options: WinogradOptions = winogradDefaults,
): readonly Kernel[] | undefined => {
  const { convolution } = contraction;
  if (convolution === undefined) return undefined;
  const size = chooseWinograd(contraction, convolution, services, options);
  if (size === undefined) return undefined;
  const { column, channel } = convolution;
  const cut = winogradBlocks(convolution, size, services.device);
  const { planes, tilesEach, blocks, columnsEach, shared } = cut;
  const columnBlocks = column.size / columnsEach;
  const inputSize = planes * (tilesEach * channel.size + planeGap);
  const winograd: Winograd = {
    contraction,
    convolution,
    size,
    ...cut,
    weights: winogradWeights(contraction, convolution, size, cut, services),
    inputs: shared
      ? services.temporary(`${contraction.name} inputs transformed`, blocks * inputSize)
      : scratchBuffer("inputs", inputSize),
    products: scratchBuffer("products", planes * (tilesEach * columnsEach + planeGap)),
    between: scratchBuffer("between", 4 * planes),
  };
  const block = indexVariable("block", blocks);
  const text = `F(${size} × ${size}, 3 × 3): ${blocks * tilesEach} blocks of ${size} × ${size} results, ${tilesEach} at a time; channels in ${columnBlocks} groups of ${columnsEach}${shared ? "; a kernel before it transforms the inputs" : ""}`;
  services.log(`${contraction.name}: ${text}`);
  const cost = { flops: flopsOf(contraction), bytes: bytesOf(contraction) };
  const notes = [...contraction.notes, text];
  const output = mergeBuffers([winograd.weights.buffer], contraction.buffers);
  const emit = emitter();
  if (shared) {
    const columnBlock = indexVariable("columns", columnBlocks);
    emitColumns(emit, winograd, indexOf(block), indexOf(columnBlock));
    const products: Kernel = {
      name: contraction.name,
      buffers: mergeBuffers([winograd.inputs], output),
      grid: [columnBlock, block].filter((axis) => axis.size !== 1),
      body: emit.statements,
      cost,
      notes,
    };
    return [inputKernel(winograd), products];
  }
  const at = indexOf(block);
  tileLoop(emit, winograd, at, (tile, inBlock) => emitInputTile(emit, winograd, at, tile, inBlock));
  emit.loop("columns", columnBlocks, (columns) => emitColumns(emit, winograd, at, columns));
  const buffers = mergeBuffers([contraction.a.buffer], output);
  return [{ name: contraction.name, buffers, grid: [block], body: emit.statements, cost, notes }];
};

/** The transformed inputs of all tiles, by a kernel of their own. */
const inputKernel = (winograd: Winograd): Kernel => {
  const { contraction, tiles, tilesEach, inputs, size } = winograd;
  const tile = indexVariable("tile", tiles);
  const emit = emitter();
  const [block, inBlock] = unflattenIndex(indexOf(tile), [winograd.blocks, tilesEach]) as [Index, Index];
  emitInputTile(emit, winograd, block, indexOf(tile), inBlock);
  return {
    name: `${contraction.name} inputs`,
    buffers: [contraction.a.buffer, inputs],
    grid: [tile],
    body: emit.statements,
    cost: { flops: 4 * inputs.size, bytes: 4 * (contraction.a.buffer.size + inputs.size) },
    notes: [`transforms inputs for F(${size} × ${size}, 3 × 3)`],
  };
};
