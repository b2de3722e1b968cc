/** The state of training as one record of tensors by name, as files and devices hold it, and back. */

import { type Dyn, type Host, type Tensor, toHost } from "typegrad";
import { initTraining, type TrainState } from "./state.ts";

type Tree<T> = Readonly<Record<string, T>>;

/** A state whose leaves are of one kind: tensors, host data, tensors of a device. */
type StateOf<T> = Omit<TrainState<Tree<T>>, "optimiser"> & {
  readonly optimiser: { readonly step: T; readonly mean: Tree<T>; readonly square: Tree<T> };
};

const under = <T>(prefix: string, tree: Tree<T>): [string, T][] =>
  Object.entries(tree).map(([key, value]) => [`${prefix}/${key}`, value]);

/** `params/KEY`, `mean/KEY`, `square/KEY`, `average0/KEY` …, and `step`. */
export const flattenState = <T>({ params, optimiser, averages }: StateOf<T>): Tree<T> =>
  Object.fromEntries<T>([
    ["step", optimiser.step],
    ...under("params", params),
    ...under("mean", optimiser.mean),
    ...under("square", optimiser.square),
    ...averages.flatMap((average, i) => under(`average${i}`, average)),
  ]);

/** The state before the first step, as a run starts with it. */
export const initialState = (params: Tree<Tensor>, averages: number): Tree<Host> =>
  Object.fromEntries(
    Object.entries(flattenState<Tensor<Dyn, Dyn>>(initTraining(params, averages))).map(([name, value]) => [
      name,
      toHost(value),
    ]),
  );

/** The tensors under a prefix, by what follows it. */
export const partOf = <T>(flat: Tree<T>, prefix: string): Tree<T> =>
  Object.fromEntries(
    Object.entries(flat).flatMap(([name, value]) =>
      name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), value]] : [],
    ),
  );

export const unflattenState = <T>(flat: Tree<T>, averages: number): StateOf<T> => ({
  params: partOf(flat, "params"),
  optimiser: { step: flat.step as T, mean: partOf(flat, "mean"), square: partOf(flat, "square") },
  averages: Array.from({ length: averages }, (_, i) => partOf(flat, `average${i}`)),
});
