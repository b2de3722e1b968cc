/** Tensors of a device: who holds which memory, and when it is given back. */

import type { DType } from "../dsl/dtype.ts";
import type { Backend, Memory } from "./backend.ts";
import { collect } from "./collect.ts";
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
  /** Memory that becomes a tensor's, or serves while a call runs. Waits for tensors that were dropped, where there is none. */
  readonly allocate: (bytes: number, what: string) => Promise<Memory>;
  readonly make: (memory: Memory, dtype: DType, shape: readonly number[]) => DeviceTensor;
  /** @throws ArgumentError where the tensor is spent, or another device's */
  readonly memoryOf: (name: string, tensor: DeviceTensor) => Memory;
  /** Takes the memory away from a tensor. */
  readonly spend: (tensor: DeviceTensor, why: string) => void;
}

/** Bytes of tensors that may be made before the engine is asked to look for dropped ones; as many as are held, if more. */
const patience = 2 ** 28;

/** Of all devices, so that a tensor of another one is known for what it is. */
const held = new WeakMap<object, Held>();

export const isDeviceTensor = (value: unknown): value is DeviceTensor =>
  typeof value === "object" && value !== null && held.has(value);

export const makeTensors = (backend: Backend, queue: Queue): Tensors => {
  /** Bytes of tensors that were made, and not taken away again, since the engine last looked; and of all tensors. */
  let since = 0;
  let bytesHeld = 0;
  const letGo = ({ bytes }: Memory): void => {
    bytesHeld -= bytes;
    since = Math.max(0, since - bytes);
  };
  // Whoever still uses the memory refers to the tensor, so nobody does.
  const dropped = new FinalizationRegistry<Memory>((memory) => {
    since = 0;
    letGo(memory);
    backend.free(memory);
  });
  const lookForDropped = async (): Promise<void> => {
    await collect();
    since = 0;
  };
  const allocate = async (bytes: number, what: string): Promise<Memory> => {
    if (since > Math.max(patience, bytesHeld - since)) await lookForDropped();
    try {
      return await backend.allocate(bytes, what);
    } catch {
      await lookForDropped();
      return backend.allocate(bytes, what);
    }
  };

  const memoryOf = (name: string, tensor: DeviceTensor): Memory => {
    const own = held.get(tensor) as Held;
    const what = describe(tensor.dtype, tensor.shape);
    if (own.gone !== undefined) throw new ArgumentError(`${name}: the tensor ${what} ${own.gone}`);
    if (own.tensors !== tensors)
      throw new ArgumentError(`${name}: the tensor ${what} is of another device; read it there and put it here`);
    return own.memory;
  };
  const spend = (tensor: DeviceTensor, why: string): void => {
    const own = held.get(tensor) as Held;
    own.gone = why;
    letGo(own.memory);
    dropped.unregister(tensor);
  };
  const tensors: Tensors = {
    allocate,
    memoryOf,
    spend,
    make: (memory, dtype, shape) => {
      const tensor: DeviceTensor = Object.freeze({
        dtype,
        shape,
        read: async () => {
          const from = memoryOf("read", tensor);
          const bytes = await queue(() => backend.read(from, 4 * sizeOf(shape)));
          // The tensor is referred to until here.
          return decodeHost(bytes, tensor.dtype, tensor.shape);
        },
        dispose: () => {
          if (held.get(tensor)?.gone !== undefined) return;
          spend(tensor, "was disposed of; call dispose after the last use");
          // A call that is queued may still use it.
          void queue(() => backend.free(memory)).catch(() => undefined);
        },
      });
      held.set(tensor, { tensors, memory });
      since += memory.bytes;
      bytesHeld += memory.bytes;
      dropped.register(tensor, memory, tensor);
      return tensor;
    },
  };
  return tensors;
};
