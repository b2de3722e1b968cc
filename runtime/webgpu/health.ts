/** Whether a WebGPU device still works: what it reports by itself becomes the error of whoever waits for it. */

import { DeviceError } from "../errors.ts";

export interface Health {
  /** The promise, or what befell the device before it settled. */
  readonly guard: <Value>(promise: Promise<Value>) => Promise<Value>;
  /** @throws DeviceError where the device is lost, or reported an error since it was last asked */
  readonly check: () => void;
  /** Reports an error that nobody waits for yet. */
  readonly report: (error: DeviceError) => void;
  readonly lose: (error: DeviceError) => void;
  readonly lost: Promise<DeviceError>;
}

export const watchHealth = (device: GPUDevice): Health => {
  const pending = new Set<(error: DeviceError) => void>();
  let failure: DeviceError | undefined;
  let reported: DeviceError | undefined;
  let reportLoss: (error: DeviceError) => void;
  const lost = new Promise<DeviceError>((resolve) => {
    reportLoss = resolve;
  });
  const lose = (error: DeviceError): void => {
    if (failure !== undefined) return;
    failure = error;
    for (const reject of pending) reject(error);
    pending.clear();
    reportLoss(error);
  };
  const report = (error: DeviceError): void => {
    reported ??= error;
  };
  void device.lost.then(({ message, reason }) =>
    lose(
      new DeviceError(
        `the device is lost, with what was on it: ${message || reason || "no reason given"}; openDevice gives a new one`,
      ),
    ),
  );
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault?.();
    const { message } = (event as GPUUncapturedErrorEvent).error;
    report(new DeviceError(`internal: WebGPU refused what the runtime did: ${message}`));
  });
  return {
    lost,
    lose,
    report,
    guard: async (promise) => {
      if (failure !== undefined) throw failure;
      let fail: (error: DeviceError) => void = () => undefined;
      try {
        return await new Promise<Awaited<typeof promise>>((resolve, reject) => {
          fail = reject;
          pending.add(reject);
          promise.then(resolve as never, reject);
        });
      } finally {
        pending.delete(fail);
      }
    },
    check: () => {
      if (failure !== undefined) throw failure;
      const error = reported;
      reported = undefined;
      if (error !== undefined) throw error;
    },
  };
};
