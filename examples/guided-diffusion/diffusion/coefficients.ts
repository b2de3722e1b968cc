/** The numbers of steps as tensors, so that one compiled program serves every step of every schedule. */

import { type Dyn, embedding, expand, type In, reshape, slice, type Tensor, tensor } from "typegrad";
import type { Schedule, Tables } from "./schedule.ts";

/** What broadcasts into S: one number for all of it, or one for each of some axes. */
export type Into<S extends readonly unknown[]> =
  | In<{ readonly [Axis in keyof S]: S[Axis] | 1 } | S, "f32">
  | In<readonly [] | S, "f32">;

/** The numbers that formulas on tensors of shape S read: of one step, or of one step for each example of a batch. */
export type Coefficients<S extends readonly unknown[]> = Tables<Into<NoInfer<S>>>;

/** @throws RangeError */
const checkStep = ({ steps }: Schedule, t: number): void => {
  if (!Number.isInteger(t) || t < 0 || t >= steps)
    throw new RangeError(`step ${t} of a schedule whose steps are 0 to ${steps - 1}`);
};

/** The columns, by name. */
const columnsOf = (schedule: Schedule): Tables<Float64Array> => {
  const { steps: _, originalSteps: __, timestepMap: ___, ...columns } = schedule;
  return columns;
};

/** Each column through a function. */
const mapColumns = <A, B>(columns: Tables<A>, f: (column: A) => B): Tables<B> =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, f(column as A)])) as unknown as Tables<B>;

/**
 * Step `t` of a schedule, each number of rank 0.
 * @throws RangeError where the schedule has no such step
 */
export const coefficientsAt = (schedule: Schedule, t: number): Tables<Tensor<[]>> => {
  checkStep(schedule, t);
  return mapColumns(columnsOf(schedule), (column) => tensor(column[t] as number));
};

/**
 * The steps named, in that order, as columns to fold over or to look up in; all steps in rising order, if none are named.
 * @throws RangeError where the schedule has no such step
 */
export const coefficientTable = (
  schedule: Schedule,
  order: readonly number[] = ascending(schedule),
): Tables<Tensor<[Dyn]>> => {
  for (const t of order) checkStep(schedule, t);
  return mapColumns(columnsOf(schedule), (column) => {
    const data = Float64Array.from(order, (t) => column[t] as number);
    return tensor({ dtype: "f64", shape: [order.length] as [Dyn], data });
  });
};

/** Step 0 first, as encoding goes. */
export const ascending = (schedule: Schedule): number[] => Array.from({ length: schedule.steps }, (_, t) => t);

/** Step 0 last, as sampling goes. */
export const descending = (schedule: Schedule): number[] => ascending(schedule).reverse();

/** A number for each example of a batch of images, from one for all or one for each. */
export const perExample = <B extends number>(number: In<readonly unknown[], "f32">, batch: B): Tensor<[B]> =>
  // Of rank 0 it expands as well.
  reshape(expand(number as Tensor<[B, 1, 1, 1]>, [batch, 1, 1, 1]), [batch]);

/** One row of a table, each number of rank 0. */
export const rowOf = <T extends number>(table: Tables<Tensor<[T]>>, row: number): Tables<Tensor<[]>> =>
  mapColumns(table, (column) => reshape(slice(column, 0, row, row + 1), []));

/** For each example of a batch of images the numbers of its own step: `[B]` indices into a table → `[B, 1, 1, 1]`. */
export const lookUp = <T extends number, B extends number>(
  table: Tables<Tensor<[T]>>,
  steps: Tensor<[B], "i32">,
): Tables<Tensor<[B, 1, 1, 1]>> =>
  mapColumns(table, (column) => reshape(embedding(column, steps), [steps.shape[0], 1, 1, 1]));
