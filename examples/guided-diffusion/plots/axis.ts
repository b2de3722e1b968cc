/** Axes: where values lie between 0 and 1, and which of them are written. */

export interface Axis {
  readonly label: string;
  /** From 0 at the beginning of the axis to 1 at its end. */
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

/** Steps of 1, 2 or 5 times a power of ten: the one that parts a length into about `count`. */
const niceStep = (length: number, count: number): number => {
  const power = 10 ** Math.floor(Math.log10(length / count));
  return power * ([1, 2, 5].find((factor) => factor * power * count >= length * 0.8) ?? 10);
};

/** Few digits, without the rounding of binary fractions. */
const textOf = (value: number): string => `${Number(value.toPrecision(6))}`;

/** The least and the most of any number of values; a call takes only so many arguments. */
const endsOf = (values: readonly number[]): readonly [least: number, most: number] => [
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
];

interface LinearOptions {
  /** Ends that the axis reaches at least. */
  readonly include?: readonly number[];
  /** About how many ticks. */
  readonly count?: number;
}

/** An axis over all values, from tick to tick. */
export const linearAxis = (
  label: string,
  values: readonly number[],
  { include = [], count = 5 }: LinearOptions = {},
): Axis => {
  const all = [...values, ...include].filter(Number.isFinite);
  const [least, most] = endsOf(all);
  const step = niceStep(most - least || Math.abs(most) || 1, count);
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9));
  return {
    label,
    place: (value) => (value / step - first) / (last - first),
    ticks: Array.from({ length: last - first + 1 }, (_, i) => ({
      value: (first + i) * step,
      text: textOf((first + i) * step),
    })),
  };
};

/** A logarithmic axis over positive values, with ticks at 1, 2 and 5 times powers of ten, or at powers alone where they are many. */
export const logAxis = (label: string, values: readonly number[]): Axis => {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  const [least, most] = endsOf(logs);
  const factors = most - least > 3 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: Math.ceil(most) - Math.floor(least) + 2 }, (_, i) => Math.floor(least) + i);
  const marks = powers.flatMap((power) => factors.map((factor) => factor * 10 ** power));
  const first = marks.findLast((mark) => Math.log10(mark) <= least + 1e-9) as number;
  const last = marks.find((mark) => mark > first && Math.log10(mark) >= most - 1e-9) as number;
  const [from, to] = [Math.log10(first), Math.log10(last)];
  return {
    label,
    place: (value) => (Math.log10(value) - from) / (to - from),
    ticks: marks.filter((mark) => mark >= first && mark <= last).map((value) => ({ value, text: textOf(value) })),
  };
};

/** An axis of some values alone, at log₂(1 + value): those that double are about as far apart, and 0 has a place too. */
export const doublingAxis = (label: string, values: readonly number[]): Axis => {
  const most = Math.log2(1 + Math.max(...values));
  return {
    label,
    place: (value) => (most === 0 ? 0.5 : 0.04 + (0.92 * Math.log2(1 + value)) / most),
    ticks: [...new Set(values)].sort((a, b) => a - b).map((value) => ({ value, text: textOf(value) })),
  };
};
