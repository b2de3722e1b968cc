/** A plan in a device: calls, and binding. */

import { boundValues, type Operand, operandsOf } from "./arguments.ts";
import type { Area, Prepared } from "./backend.ts";
import { bindPlan } from "./bind.ts";
import { runCall } from "./call.ts";
import type { Core } from "./core.ts";
import type { CallOptions, Loaded, LoadOptions, Reader } from "./device.ts";
import { ArgumentError } from "./errors.ts";
import type { Plan, PlanTensor } from "./plan.ts";
import type { Queue } from "./queue.ts";

type Values = Readonly<Record<string, unknown>>;

/** What is given back when a loaded plan is dropped. It must not refer to the plan's object, which would then stay. */
interface Owned {
  readonly queue: Queue;
  readonly release: () => void;
}

const giveBack = ({ queue, release }: Owned): void => void queue(release).catch(() => undefined);
const dropped = new FinalizationRegistry<Owned>(giveBack);

/** A copy of bytes that are the caller's, who may change them while the call waits for its turn. */
const snapshot = (operand: Operand): Operand =>
  operand.bytes === undefined ? operand : { ...operand, bytes: operand.bytes.slice() };

/** Reads bound tensors by their number; trees are looked at as a whole first. */
const readerOf = (plan: Plan, values: Values | Reader): ((number: number) => unknown) => {
  if (typeof values === "function") return (number) => (values as Reader)((plan.bound[number] as PlanTensor).name);
  const leaves = boundValues(plan, values);
  return (number) => leaves[number];
};

/** What a bound plan stands on, which must stay while it does. */
interface Base {
  readonly packed: Area;
  readonly loaded: Loaded;
}

/** A plan that is ready, or with a base the same with its bound parameters packed. */
export const makeLoaded = (core: Core, plan: Plan, prepared: Prepared, base?: Base): Loaded => {
  const { queue } = core;
  const bound = plan.parameters.filter((parameter) => parameter.bound).map(({ name }) => name);
  let disposed = false;

  const call = async (args: readonly unknown[], options: CallOptions = {}): Promise<unknown> => {
    if (disposed) throw new ArgumentError(`${plan.name} was disposed of; load the plan again`);
    if (base === undefined && bound.length > 0)
      throw new ArgumentError(
        `${plan.name}: ${bound.join(", ")} must be bound first: const ready = await loaded.bind({ ${bound.join(", ")} })`,
      );
    options.signal?.throwIfAborted();
    const operands = operandsOf(core.tensors, plan, args).map(snapshot);
    for (const { tensor, donated, name } of operands)
      if (donated && tensor !== undefined)
        core.tensors.spend(tensor, `was donated to a call as "${name}" and is spent; use what the call gave`);
    try {
      return await queue(() => runCall(core, plan, prepared, base?.packed, operands, options));
    } finally {
      // Until here the tensors are referred to, so their memory is not given back under the call.
      operands.length = 0;
    }
  };

  const bind = async (values: Values | Reader, options: LoadOptions = {}): Promise<Loaded> => {
    if (disposed) throw new ArgumentError(`${plan.name} was disposed of; load the plan again`);
    if (bound.length === 0)
      throw new ArgumentError(`${plan.name} has no bound parameters; name them when it is compiled: bind: ["params"]`);
    const packed = await bindPlan(core, plan, prepared, readerOf(plan, values), options);
    return makeLoaded(core, plan, prepared, { packed, loaded: base?.loaded ?? loaded });
  };

  const owned: Owned = { queue, release: (base?.packed ?? prepared).release };
  const dispose = (): void => {
    disposed = true;
    if (dropped.unregister(loaded)) giveBack(owned);
  };
  const loaded = Object.assign((...args: readonly unknown[]) => call(args), {
    call,
    bind,
    plan,
    dispose,
  }) as unknown as Loaded;
  dropped.register(loaded, owned, loaded);
  return loaded;
};
