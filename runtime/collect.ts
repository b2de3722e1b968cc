/**
 * Has the engine look for objects that nothing refers to. It knows nothing of the memory of devices, and would not look while
 * tensors of gigabytes, which are small objects to it, are dropped; what it counts is the bytes of array buffers.
 */

const weight = 2 ** 28;
const rounds = 4;

/** Takes some tens of milliseconds. Finalizers have run when it resolves, where the engine collected. */
export const collect = async (): Promise<void> => {
  for (let round = 0; round < rounds; round++) {
    try {
      // Never touched, so it takes address space and no memory.
      new ArrayBuffer(weight);
    } catch {
      // No address space is left, which is pressure enough.
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
};
