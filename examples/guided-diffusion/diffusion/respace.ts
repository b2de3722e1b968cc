/** Fewer steps: a schedule that skips through another (Improved DDPM, arXiv 2102.09672, section 4). */

import { type Schedule, scheduleOf } from "./schedule.ts";

/** Halves go to the even neighbour, as Python rounds. */
const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
};

/** The smallest whole stride that gives `count` steps of 0 … `steps` − 1, as DDIM takes them. */
const strided = (steps: number, count: number): number[] => {
  for (let stride = 1; stride < steps; stride++) {
    if (Math.ceil(steps / stride) === count) return Array.from({ length: count }, (_, i) => i * stride);
  }
  const counts = Array.from({ length: Math.max(0, steps - 1) }, (_, i) => Math.ceil(steps / (i + 1)));
  const below = counts.find((found) => found < count);
  const above = counts.findLast((found) => found > count);
  const near = [below, above].filter((found) => found !== undefined).map((found) => `ddim${found}`);
  throw new RangeError(
    `respacing "ddim${count}": no whole stride through ${steps} steps gives ${count}${near.length === 0 ? "" : `; near it are ${near.join(" and ")}`}`,
  );
};

/** `count` places of 0 … `size` − 1 in equal distances, both ends among them, each rounded. */
const spread = (size: number, count: number): number[] => {
  const stride = count <= 1 ? 1 : (size - 1) / (count - 1);
  const places: number[] = [];
  // The original adds the stride again and again, and so must we: i · stride rounds elsewhere.
  for (let i = 0, place = 0; i < count; i++, place += stride) places.push(roundHalfEven(place));
  return places;
};

/** The counts of `"10,15,20"`, after a prefix of the spacing perhaps. */
const countsOf = (text: string, prefix = ""): number[] =>
  text.split(",").map((part) => {
    if (!/^\s*\d+\s*$/.test(part)) {
      throw new RangeError(
        `respacing "${prefix}${text}": "${part}" is no number of steps; write "250", counts of equal sections such as "10,15,20", or "ddim25"`,
      );
    }
    return Number(part);
  });

/**
 * The steps that are kept of `steps`, in rising order.
 *
 * `"ddim25"`: 25 by the smallest whole stride, from 0. `"250"`: 250 in equal distances. `"10,15,20"`, or a list: as many in
 * each of three equal sections, the first sections one longer where the steps do not divide. `""`: all.
 * @throws RangeError where there are no such steps
 */
export const spaceTimesteps = (steps: number, spacing: string | readonly number[]): number[] => {
  if (spacing === "") return Array.from({ length: steps }, (_, t) => t);
  if (typeof spacing === "string" && spacing.startsWith("ddim")) {
    const [count = 0, ...rest] = countsOf(spacing.slice("ddim".length), "ddim");
    if (rest.length > 0)
      throw new RangeError(`respacing "${spacing}": ddim takes one number of steps, such as "ddim25"`);
    return strided(steps, count);
  }
  const counts = typeof spacing === "string" ? countsOf(spacing) : spacing;
  let start = 0;
  return counts.flatMap((count, section) => {
    const size = Math.floor(steps / counts.length) + (section < steps % counts.length ? 1 : 0);
    if (!Number.isInteger(count) || count < 0 || count > size) {
      throw new RangeError(
        `respacing "${counts.join(",")}": section ${section + 1} has ${size} steps of ${steps}, and cannot give ${count}`,
      );
    }
    const kept = spread(size, count).map((place) => start + place);
    start += size;
    return kept;
  });
};

/**
 * The schedule that keeps some steps of another: ᾱ at those steps is what it was, and β = 1 − ᾱₜ / ᾱ of the step kept before.
 * All tables are made anew from β; the network is told the same t.
 * @throws RangeError where there are no such steps, or fewer than two
 */
export const respace = (schedule: Schedule, spacing: string | readonly number[]): Schedule => {
  const kept = spaceTimesteps(schedule.steps, spacing);
  let before = 1;
  const beta = Float64Array.from(kept, (step) => {
    const alphaBar = schedule.alphaBar[step] as number;
    const value = 1 - alphaBar / before;
    before = alphaBar;
    return value;
  });
  return scheduleOf(beta, {
    t: Float64Array.from(kept, (step) => schedule.t[step] as number),
    timestepMap: Int32Array.from(kept, (step) => schedule.timestepMap[step] as number),
    originalSteps: schedule.originalSteps,
  });
};
