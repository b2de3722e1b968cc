/** Where tensors lie: a buffer, and how places become addresses in it. */

import type { DType } from "../../dsl/dtype.ts";
import { addIndices, type Index, scaleIndex } from "../kernel/index-expression.ts";
import type { Buffer, Storage } from "../kernel/kernel.ts";

export interface Location {
  readonly buffer: Buffer;
  /** Elements between neighbours along each axis. */
  readonly strides: readonly number[];
  /** Where the first element is: the step of a loop moves it. */
  readonly offset: Index;
}

/** f16 lies as f32, rounded when it is stored. */
export const storageOf = (dtype: DType): Storage => (dtype === "f16" ? "f32" : dtype);

export const addressOf = ({ strides, offset }: Location, places: readonly Index[]): Index =>
  addIndices(offset, ...places.map((place, axis) => scaleIndex(place, strides[axis] as number)));

/** Strides of elements that lie side by side, the last axis of `order` fastest. */
export const stridesInOrder = (shape: readonly number[], order: readonly number[]): number[] => {
  const strides = shape.map(() => 0);
  let step = 1;
  for (const axis of [...order].reverse()) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
};
