/** The panels of columns and the tiles of rows in a grid point, each with what stands at its edges. */

import { type Emitter, within } from "../kernel/emit.ts";
import {
  addIndices,
  type Index,
  type IndexVariable,
  indexOf,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
  unflattenIndex,
} from "../kernel/index-expression.ts";
import type { Blocks } from "./contraction-blocks.ts";
import { type AxisPlaces, type ContractionForm, sizeOf } from "./contraction-form.ts";

/** Columns under way together. */
export interface PanelAt {
  /** The places of the first lane of each vector, and how many of its lanes there are. */
  readonly vectors: readonly { readonly places: AxisPlaces; readonly lanes: number }[];
  /** Which panel of the grid point it is. */
  readonly inBlock: Index;
}

/** Rows under way together. */
export interface RowsAt {
  readonly rows: readonly AxisPlaces[];
  readonly inBlock: Index;
}

/** Runs `body` for whole items or for the last one, which has less. */
const wholeOrLast = (
  emit: Emitter,
  index: Index,
  count: number,
  whole: number,
  rest: number,
  body: (extent: number) => void,
): void => {
  if (rest === 0) body(whole);
  else if (count === 1) body(rest);
  else
    emit.when(
      [within(index, 0, count - 1)],
      () => body(whole),
      () => body(rest),
    );
};

/** Loops over one block's items of `count`, each block having `each` but perhaps the last. */
const blockLoop = (
  emit: Emitter,
  name: string,
  count: number,
  each: number,
  block: Index,
  body: (index: Index, inBlock: Index) => void,
): void => {
  const first = scaleIndex(block, each);
  const left = count % each === 0 ? undefined : addIndices(indexOf(count), scaleIndex(first, -1));
  emit.loop(name, each, (index) => body(addIndices(first, index), index), left);
};

const placesOf = (axes: readonly IndexVariable[], flat: Index): AxisPlaces => {
  const places = unflattenIndex(
    flat,
    axes.map(({ size }) => size),
  );
  return new Map(axes.map((axis, i) => [axis, places[i] as Index]));
};

export const panelLoop = (
  emit: Emitter,
  { columns, lane }: ContractionForm,
  { tile, panels, panelsEach }: Pick<Blocks, "tile" | "panels" | "panelsEach">,
  block: Index,
  body: (at: PanelAt) => void,
): void => {
  const width = 4 * tile.vectors;
  const others = columns.filter((axis) => axis !== lane);
  const lanePanels = Math.ceil(lane.size / width);
  blockLoop(emit, "panel", panels, panelsEach, block, (panel, inBlock) => {
    const otherPlaces = placesOf(others, quotient(panel, lanePanels));
    const lanePanel = others.length === 0 ? panel : remainder(panel, lanePanels);
    wholeOrLast(emit, lanePanel, lanePanels, width, lane.size % width, (extent) => {
      const vectors = Array.from({ length: Math.ceil(extent / 4) }, (_, j) => ({
        places: new Map([...otherPlaces, [lane, offsetIndex(scaleIndex(lanePanel, width), 4 * j)]]),
        lanes: Math.min(4, extent - 4 * j),
      }));
      body({ vectors, inBlock });
    });
  });
};

export const rowsLoop = (
  emit: Emitter,
  { rows }: ContractionForm,
  { tile, rowTiles, rowTilesEach }: Pick<Blocks, "tile" | "rowTiles" | "rowTilesEach">,
  block: Index,
  body: (at: RowsAt) => void,
): void =>
  blockLoop(emit, "tile", rowTiles, rowTilesEach, block, (rowTile, inBlock) =>
    wholeOrLast(emit, rowTile, rowTiles, tile.rows, sizeOf(rows) % tile.rows, (height) => {
      const first = scaleIndex(rowTile, tile.rows);
      const places = Array.from({ length: height }, (_, i) => placesOf(rows, offsetIndex(first, i)));
      body({ rows: places, inBlock });
    }),
  );
