/** Tensors of a device: who holds which memory, and when it is given back. */

import type { DType } from "../dsl/dtype.ts";
import type { Backend, Memory } from "./backend.ts";
import type { DeviceTensor } from "./device.ts";
import { ArgumentError } from "./errors.ts";
import { decodeHost, describe, sizeOf } from "./host.ts";
import type { Queue } from "./queue.ts";

interface Held {
  readonly tensors: Tensors;
  readonly memory: Memory;
  /** Why the tensor has no memory any more. */
  gone?: string;
}

export interface Tensors {
  readonly make: (memory: Memory, dtype: DType, shape: readonly number[]) => DeviceTensor;
  /** @throws ArgumentError where the tensor is spent, or another device's */
  readonly memoryOf: (name: string, tensor: DeviceTensor) => Memory;
  /** Takes the memory away from a tensor. */
  readonly spend: (tensor: DeviceTensor, why: string) => void;
}

/** Of all devices, so that a tensor of another one is known for what it is. */
const held = new WeakMap<object, Held>();

export const isDeviceTensor = (value: unknown): value is DeviceTensor =>
  typeof value === "object" && value !== null && held.has(value);

export const makeTensors = (backend: Backend, queue: Queue): Tensors => {
  // A run that is queued may still use the memory.
  const free = (memory: Memory): void => void queue(() => backend.free(memory)).catch(() => undefined);
  const dropped = new FinalizationRegistry<Memory>(free);

  const memoryOf = (name: string, tensor: DeviceTensor): Memory => {
    const own = held.get(tensor) as Held;
    const what = describe(tensor.dtype, tensor.shape);
    if (own.gone !== undefined) throw new ArgumentError(`${name}: the tensor ${what} ${own.gone}`);
    if (own.tensors !== tensors)
      throw new ArgumentError(`${name}: the tensor ${what} is of another device; read it there and put it here`);
    return own.memory;
  };
  const spend = (tensor: DeviceTensor, why: string): void => {
    (held.get(tensor) as Held).gone = why;
    dropped.unregister(tensor);
  };
  const tensors: Tensors = {
    memoryOf,
    spend,
    make: (memory, dtype, shape) => {
      const tensor: DeviceTensor = Object.freeze({
        dtype,
        shape,
        read: async () => {
          const from = memoryOf("read", tensor);
          const bytes = await queue(() => backend.read(from, 4 * sizeOf(shape)));
          return decodeHost(bytes, dtype, shape);
        },
        dispose: () => {
          if (held.get(tensor)?.gone !== undefined) return;
          spend(tensor, "was disposed of; call dispose after the last use");
          free(memory);
        },
      });
      held.set(tensor, { tensors, memory });
      dropped.register(tensor, memory, tensor);
      return tensor;
    },
  };
  return tensors;
};
