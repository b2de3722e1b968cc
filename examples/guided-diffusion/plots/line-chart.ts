/** Lines over two axes. */

import type { Axis } from "./axis.ts";
import { at, element, label, type Svg } from "./svg.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
  /** What stands beside the point. */
  readonly note?: string;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly color: string;
  readonly dashed?: boolean;
  /** Whether each point has a dot; where there are few of them. */
  readonly dots?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Of the whole chart with its labels. */
  readonly width: number;
  readonly height: number;
}

/** Told apart by those who see no red and green too (Okabe and Ito, 2008). */
export const colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"] as const;

const gray = "#777";
const room = { top: 48, right: 16, bottom: 42, left: 56 } as const;

/** A chart as a part of a picture, its upper left corner at 0, 0. */
export const lineChart = ({ title, x, y, series, width, height }: LineChart): Svg => {
  const [wide, high] = [width - room.left - room.right, height - room.top - room.bottom];
  const across = (value: number): number => wide * x.place(value);
  const down = (value: number): number => high * (1 - y.place(value));
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): Svg =>
    element("line", { x1, y1, x2, y2, stroke });

  const grid = y.ticks.flatMap(({ value, text }) => [
    line(0, down(value), wide, down(value), "#e4e4e4"),
    label(-8, down(value) + 4, text, { anchor: "end", color: gray }),
  ]);
  const below = x.ticks.flatMap(({ value, text }) => [
    line(across(value), high, across(value), high + 4, gray),
    label(across(value), high + 17, text, { anchor: "middle", color: gray }),
  ]);
  const names = [
    label(wide / 2, high + 35, x.label, { anchor: "middle" }),
    label(-42, high / 2, y.label, { anchor: "middle", turn: -90 }),
  ];

  // As many columns as there is room for, in rows one over another; a name is about as wide as letters are on average.
  const longest = Math.max(1, ...series.map(({ name }) => 36 + 6.2 * name.length));
  const columns = Math.max(1, Math.min(series.length, Math.floor(wide / longest)));
  const rows = Math.max(1, Math.ceil(series.length / columns));
  const legend =
    series.length < 2
      ? []
      : series.map(({ name, color, dashed }, i) =>
          at(
            (i % columns) * longest,
            -12 - 14 * (rows - 1 - Math.floor(i / columns)),
            element("line", {
              x1: 0,
              y1: -4,
              x2: 18,
              y2: -4,
              stroke: color,
              "stroke-width": 2,
              "stroke-dasharray": dashed ? "5 3" : undefined,
            }),
            label(23, 0, name),
          ),
        );

  const lines = series.flatMap(({ points, color, dashed, dots }) => [
    element("polyline", {
      points: points.map(({ x, y }) => `${across(x).toFixed(2)},${down(y).toFixed(2)}`).join(" "),
      fill: "none",
      stroke: color,
      "stroke-width": dots ? 2 : 1.25,
      "stroke-linejoin": "round",
      "stroke-dasharray": dashed ? "5 3" : undefined,
    }),
    ...(dots ? points.map(({ x, y }) => element("circle", { cx: across(x), cy: down(y), r: 3, fill: color })) : []),
    ...points.flatMap(({ x, y, note }) =>
      note === undefined ? [] : [label(across(x) + 6, down(y) - 5, note, { size: 10, color })],
    ),
  ]);
  return at(
    room.left,
    room.top,
    label(0, -16 - 14 * rows, title, { size: 12, bold: true, color: "#000" }),
    ...grid,
    ...below,
    ...names,
    line(0, high, wide, high, gray),
    ...legend,
    ...lines,
  );
};
