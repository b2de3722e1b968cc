/** Text of a tensor's elements, as NumPy lays it out: nested brackets, columns aligned, the middle of large axes left out. */

import type { Dense } from "./primitive.ts";
import { type Shape, sizeOf, stridesOf } from "./shape.ts";
import { type AnyTensor, describe, interpretedOf } from "./tensor.ts";

/** Significant digits of a float. */
const digits = 4;
/** A tensor of more elements is summarised: its long axes show their first and last places. */
const summarised = 1000;
const edge = 3;
const lineWidth = 100;

/** The places of an axis that are shown; `undefined` stands for those left out. */
const placesOf = (dim: number, short: boolean): (number | undefined)[] => {
  const all = Array.from({ length: dim }, (_, i) => i);
  return short && dim > 2 * edge ? [...all.slice(0, edge), undefined, ...all.slice(-edge)] : all;
};

/** Decimals that show `digits` significant digits of a number, without zeros at the end. */
const decimalsOf = (value: number): number => {
  const [, fraction = ""] = Number(value.toPrecision(digits)).toString().split(".");
  return fraction.length;
};

const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

/** One notation for all floats that are shown: fixed where it is short, else scientific. */
const floatFormat = (values: readonly number[]): ((value: number) => string) => {
  const sizes = values.map(Math.abs).filter((size) => size > 0 && size < Infinity);
  const fixed = sizes.every((size) => size >= 1e-4 && size < 1e6);
  const decimals = fixed ? largest(sizes.map(decimalsOf)) : 0;
  return (value) => {
    if (!Number.isFinite(value)) return `${value}`;
    return fixed ? value.toFixed(decimals) : value.toExponential(digits - 1);
  };
};

/** The elements of a tensor. Lines after the first are indented to stand under it when the type is written before. */
export const formatElements = (dense: Dense): string => {
  const { data, shape, dtype } = dense;
  const short = sizeOf(shape) > summarised;
  const strides = stridesOf(shape);
  const shown: number[] = [];
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) shown.push(data[offset] as number);
    else
      for (const place of placesOf(shape[axis] as number, short))
        if (place !== undefined) collect(axis + 1, offset + place * (strides[axis] as number));
  };
  collect(0, 0);

  const float = dtype === "f32" || dtype === "f16";
  const textOf = float ? floatFormat(shown) : dtype === "bool" ? (value: number) => `${value !== 0}` : String;
  const width = largest(shown.map((value) => textOf(value).length));
  const margin = describe(dense).length + 1;

  const write = (axis: number, offset: number): string => {
    if (axis === shape.length) return textOf(data[offset] as number).padStart(shape.length === 0 ? 0 : width);
    const items = placesOf(shape[axis] as number, short).map((place) =>
      place === undefined ? "..." : write(axis + 1, offset + place * (strides[axis] as number)),
    );
    return `[${joinItems(items, shape, axis, margin + axis + 1)}]`;
  };
  return write(0, 0);
};

/** Rows stand below each other, with an empty line between blocks; elements fill lines. */
const joinItems = (items: readonly string[], shape: Shape, axis: number, margin: number): string => {
  const indent = " ".repeat(margin);
  const inner = shape.length - axis - 1;
  if (inner > 0) return items.join(`,${"\n".repeat(inner)}${indent}`);
  const [first = "", ...rest] = items;
  let text = first;
  let column = margin + first.length;
  for (const item of rest) {
    const wraps = column + 2 + item.length > lineWidth;
    text += wraps ? `,\n${indent}${item}` : `, ${item}`;
    column = (wraps ? margin : column + 2) + item.length;
  }
  return text;
};

/** A tensor as text: its type and its elements, `f32[3] [1, 2, 3]`. Inside a gradient, those of the primal. */
export const format = (tensor: AnyTensor): string =>
  `${describe(tensor)} ${interpretedOf(tensor).interpreter.print(tensor)}`;

/** Writes a tensor to the console as text: see `format`. */
export const print = (tensor: AnyTensor): void => {
  console.log(format(tensor));
};
