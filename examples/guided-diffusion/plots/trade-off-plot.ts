/** What guidance gives and takes, as the paper draws it (arXiv 2105.05233, figures 4 and 5). */

import { doublingAxis, linearAxis } from "./axis.ts";
import { colors, type LineChart, lineChart, type Series } from "./line-chart.ts";
import { at, label, picture, type Svg } from "./svg.ts";

/** What a sampler gives at one scale. */
export interface Measured {
  readonly scale: number;
  readonly frechet: number;
  readonly precision: number;
  readonly recall: number;
  readonly score: number;
  readonly agreement?: number | undefined;
}

export interface TradeOffPlot {
  readonly title: string;
  /** Of what the features are, and how many samples there were. */
  readonly about: string;
  /** By sampler, in the order of scales. */
  readonly samplers: Readonly<Record<string, readonly Measured[]>>;
}

const [width, height] = [400, 280];

export const tradeOffPlot = ({ title, about, samplers }: TradeOffPlot): Svg => {
  const names = Object.keys(samplers);
  const all = Object.values(samplers).flat();
  const x = doublingAxis(
    "guidance scale",
    all.map(({ scale }) => scale),
  );
  const size = { width, height };
  /** A line for each sampler, of one of its numbers over the scale. */
  const lines = (of: (row: Measured) => number | undefined, color?: string, prefix = ""): Series[] =>
    names.map((name, i) => ({
      name: `${prefix}${names.length > 1 || prefix === "" ? name : ""}`.replace(/, $/, ""),
      color: color ?? (colors[i % colors.length] as string),
      dashed: i % 2 === 1,
      dots: true,
      points: (samplers[name] ?? []).flatMap((row) => {
        const y = of(row);
        return y === undefined ? [] : [{ x: row.scale, y }];
      }),
    }));
  const share = (text: string, values: readonly number[]) => linearAxis(text, values, { include: [1] });
  const classified = all.flatMap(({ agreement }) => (agreement === undefined ? [] : [agreement]));
  const charts: LineChart[] = [
    {
      ...size,
      title: "Fréchet distance",
      x,
      y: linearAxis(
        "distance: less is better",
        all.map(({ frechet }) => frechet),
        { include: [0] },
      ),
      series: lines(({ frechet }) => frechet),
    },
    {
      ...size,
      title: "Precision and recall",
      x,
      y: share(
        "share",
        all.flatMap(({ precision, recall }) => [precision, recall]),
      ),
      series: [
        ...lines(({ precision }) => precision, colors[0], "precision, "),
        ...lines(({ recall }) => recall, colors[1], "recall, "),
      ],
    },
    classified.length > 0
      ? {
          ...size,
          title: "Samples of the class that was asked for",
          x,
          y: linearAxis("share", classified, { include: [0, 1] }),
          series: lines(({ agreement }) => agreement),
        }
      : {
          ...size,
          title: "Inception Score",
          x,
          y: linearAxis(
            "score",
            all.map(({ score }) => score),
          ),
          series: lines(({ score }) => score),
        },
    {
      ...size,
      title: "Precision against recall, by scale",
      x: linearAxis(
        "recall",
        all.map(({ recall }) => recall),
      ),
      y: linearAxis(
        "precision",
        all.map(({ precision }) => precision),
      ),
      series: names.map((name, i) => ({
        name,
        color: colors[i % colors.length] as string,
        dashed: i % 2 === 1,
        dots: true,
        points: (samplers[name] ?? []).map(({ scale, precision, recall }) => ({
          x: recall,
          y: precision,
          note: `${scale}`,
        })),
      })),
    },
  ];
  return picture(
    2 * width + 16,
    2 * height + 64,
    label(16, 28, title, { size: 15, bold: true, color: "#000" }),
    label(16, 46, about, { color: "#777" }),
    ...charts.map((chart, i) => at(8 + (i % 2) * width, 60 + Math.floor(i / 2) * height, lineChart(chart))),
  );
};
