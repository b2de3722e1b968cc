/** The numbers of one step, as calls take them. */

import type { Schedule, Tables } from "../diffusion/schedule.ts";

/** Step `t` of a schedule: of each column its number. */
export const rowAt = (schedule: Schedule, t: number): Tables<number> => {
  const { steps: _, originalSteps: __, timestepMap: ___, ...columns } = schedule;
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]: [string, Float64Array]) => [name, column[t] as number]),
  ) as unknown as Tables<number>;
};
