/** The course of a training run: what it was trained on, what was held out, and the parts of the process. */

import { linearAxis, logAxis } from "./axis.ts";
import { colors, lineChart, type Series } from "./line-chart.ts";
import { at, label, picture, type Svg } from "./svg.ts";

/** A row of a log: numbers by column. `mse_q0` to `mse_q3` are `mse` by quarter of the process. */
export type Row = Readonly<Record<string, number | string>>;

export interface LossPlot {
  readonly title: string;
  /** The column that is drawn: `loss`, `mse`. */
  readonly column: string;
  readonly losses: readonly Row[];
  /** Rows of the same column for `weights`. */
  readonly heldOut: readonly Row[];
}

const [width, height] = [440, 300];

/** Points of a line; a pixel needs no more than one of them. */
const mostPoints = 1000;

const thinned = (points: Series["points"]): Series["points"] => {
  const each = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => (points.length - 1 - i) % each === 0);
};

const pointsOf = (rows: readonly Row[], column: string): Series["points"] =>
  thinned(
    rows.flatMap(({ step, [column]: value }) =>
      typeof step === "number" && typeof value === "number" && value > 0 ? [{ x: step, y: value }] : [],
    ),
  );

const valuesOf = (series: readonly Series[]): number[] => series.flatMap(({ points }) => points.map(({ y }) => y));

/** @throws RangeError where no row has a number in the column */
export const lossPlot = ({ title, column, losses, heldOut }: LossPlot): Svg => {
  const weights = [...new Set(heldOut.map((row) => `${row.weights}`))];
  const means: Series[] = [
    { name: "training", color: "#999", points: pointsOf(losses, column) },
    ...weights.map((name, i) => ({
      name: `held out, ${name}`,
      color: colors[i % colors.length] as string,
      dots: true,
      points: pointsOf(
        heldOut.filter((row) => `${row.weights}` === name),
        column,
      ),
    })),
  ];
  const quarters = [0, 1, 2, 3].map(
    (quarter): Series => ({
      name: `${quarter + 1}`,
      color: colors[quarter] as string,
      points: pointsOf(losses, `${column}_q${quarter}`),
    }),
  );
  const all = valuesOf(means);
  if (all.length === 0) throw new RangeError(`there is nothing to draw: no row has ${column}`);
  const x = linearAxis(
    "step",
    means.flatMap(({ points }) => points.map((point) => point.x)),
    { include: [0] },
  );
  const size = { width, height, x };
  const parted = valuesOf(quarters);
  const charts = [
    lineChart({ ...size, title: column, y: logAxis(column, all), series: means }),
    ...(parted.length === 0
      ? []
      : [
          lineChart({
            ...size,
            title: "by quarter of the process, the first with the least noise",
            y: logAxis(column, parted),
            series: quarters,
          }),
        ]),
  ];
  return picture(
    charts.length * width + 16,
    height + 44,
    label(16, 28, title, { size: 15, bold: true, color: "#000" }),
    ...charts.map((chart, i) => at(8 + i * width, 40, chart)),
  );
};
