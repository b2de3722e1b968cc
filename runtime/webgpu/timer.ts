/** Times of dispatches on a graphics processor: each is a pass of its own between two timestamps. */

import type { Health } from "./health.ts";

export interface Timer {
  /** Whether one more dispatch fits before `resolve`. */
  readonly full: () => boolean;
  readonly begin: (encoder: GPUCommandEncoder, dispatch: number) => GPUComputePassEncoder;
  /** Ends what `encoder` has, and gives what it takes to add up the times when it has run. */
  readonly resolve: (encoder: GPUCommandEncoder) => () => Promise<void>;
  readonly milliseconds: Float64Array;
  readonly runs: Float64Array;
  readonly release: () => void;
}

const most = 1024;

export const makeTimer = (device: GPUDevice, health: Health, dispatches: number): Timer => {
  const queries = device.createQuerySet({ type: "timestamp", count: 2 * most });
  // QUERY_RESOLVE and COPY_SRC.
  const resolved = device.createBuffer({ size: 16 * most, usage: 0x200 | 0x4 });
  const milliseconds = new Float64Array(dispatches);
  const runs = new Float64Array(dispatches);
  let numbers: number[] = [];
  return {
    milliseconds,
    runs,
    full: () => numbers.length === most,
    begin: (encoder, dispatch) => {
      const at = 2 * numbers.length;
      numbers.push(dispatch);
      return encoder.beginComputePass({
        timestampWrites: { querySet: queries, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
      });
    },
    resolve: (encoder) => {
      const order = numbers;
      numbers = [];
      if (order.length === 0) return async () => undefined;
      const bytes = 16 * order.length;
      // MAP_READ and COPY_DST.
      const staging = device.createBuffer({ size: bytes, usage: 0x1 | 0x8 });
      encoder.resolveQuerySet(queries, 0, 2 * order.length, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
      return async () => {
        await health.guard(staging.mapAsync(0x1));
        const stamps = new BigUint64Array(staging.getMappedRange());
        for (const [i, dispatch] of order.entries()) {
          const nanoseconds = Number((stamps[2 * i + 1] as bigint) - (stamps[2 * i] as bigint));
          milliseconds[dispatch] = (milliseconds[dispatch] as number) + Math.max(0, nanoseconds) / 1e6;
          runs[dispatch] = (runs[dispatch] as number) + 1;
        }
        staging.destroy();
      };
    },
    release: () => {
      queries.destroy();
      resolved.destroy();
    },
  };
};
