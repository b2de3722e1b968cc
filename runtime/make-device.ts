/** A device for users out of a backend. */

import type { Backend } from "./backend.ts";
import { checkPlan } from "./check-plan.ts";
import type { Device, LoadOptions, Put } from "./device.ts";
import { ArgumentError, PlanError } from "./errors.ts";
import { checkHost, encodeHost, isHost, narrowedDType } from "./host.ts";
import { makeLoaded } from "./loaded.ts";
import type { Plan } from "./plan.ts";
import { decodePlan } from "./plan-file.ts";
import { makeQueue } from "./queue.ts";
import { isDeviceTensor, makeTensors } from "./tensors.ts";
import { mapTree } from "./tree.ts";

export const makeDevice = (backend: Backend): Device => {
  const queue = makeQueue();
  const tensors = makeTensors(backend, queue);
  const core = { backend, queue, tensors };

  const load = async (source: Plan | Uint8Array, options: LoadOptions = {}) => {
    options.signal?.throwIfAborted();
    const plan = source instanceof Uint8Array ? decodePlan(source) : checkPlan(source);
    if (plan.device !== backend.kind)
      throw new PlanError(
        `the plan of ${plan.name} is for ${plan.device}, and this device is ${backend.kind}; compile it for "${backend.kind}", or openDevice("${plan.device}")`,
      );
    return makeLoaded(core, plan, await backend.prepare(plan, options, queue));
  };

  const putLeaf = async (name: string, value: unknown) => {
    if (isDeviceTensor(value)) {
      tensors.memoryOf(name, value);
      return value;
    }
    if (!isHost(value)) throw new ArgumentError(`internal: ${name} is no leaf`);
    checkHost(name, value);
    const dtype = narrowedDType(value);
    const bytes = encodeHost(name, value, dtype);
    return queue(async () => {
      const memory = await tensors.allocate(bytes.length, name);
      backend.write(memory, bytes);
      return tensors.make(memory, dtype, [...value.shape]);
    });
  };
  const put = async <const P>(tree: P): Promise<Put<P>> =>
    (await mapTree("put", tree, (value) => isHost(value) || isDeviceTensor(value), putLeaf)) as Put<P>;

  return {
    kind: backend.kind,
    description: backend.description,
    software: backend.software,
    load: load as Device["load"],
    put,
    lost: backend.lost,
    close: backend.close,
  };
};
