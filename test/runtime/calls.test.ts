/** Calls on both devices, with plans by hand: what is computed, in which order, and how calls are watched and ended. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device, DeviceTensor, KernelTiming } from "../../runtime/device.ts";
import { elements, failure, host, kinds, open } from "./devices.ts";
import { addPlan, makePlan, nestedOf, nestedPlan, stepsOf, stepsPlan, sumPlan, trainPlan } from "./plans.ts";

describe.each(kinds)("$kind", ({ kind, missing }) => {
  describe.skipIf(missing)("calls", () => {
    let device: Device;
    beforeAll(async () => {
      device = await open(kind);
    }, 60_000);
    afterAll(() => device?.close());

    test("add", async () => {
      const add = await device.load(addPlan(kind));
      const sum = await add(
        host(1000, (i) => i),
        host(1000, (i) => 2 * i),
      );
      expect(await elements(sum)).toEqual(Array.from({ length: 1000 }, (_, i) => 3 * i));
    });

    test("a tensor may be passed twice, and results go into the next call", async () => {
      const add = await device.load(addPlan(kind));
      const x = await device.put(host(1000, (i) => i));
      const four = await add(await add(x, x), await add(x, x));
      expect((await elements(four)).slice(0, 4)).toEqual([0, 4, 8, 12]);
      expect((await elements(x)).slice(0, 3)).toEqual([0, 1, 2]);
    });

    test("host data is what it was when the call was made", async () => {
      const add = await device.load(addPlan(kind));
      const x = host(1000, () => 1);
      const pending = add(x, x);
      x.data.fill(100);
      expect((await elements(await pending))[0]).toBe(2);
    });

    test("a sum over two threads, and over and over", async () => {
      const sum = await device.load(sumPlan(kind));
      for (let round = 0; round < 50; round++)
        expect(await elements(await sum(host(1000, (i) => i + round)))).toEqual([499_500 + 1000 * round]);
    });

    test.each([0, 1, 2, 7, 50])("a loop of %i steps with swaps and a counter, forwards and back", async (count) => {
      for (const reverse of [false, true]) {
        const steps = await device.load(stepsPlan(kind, count, reverse));
        const got = await elements(await steps(host(100, (i) => i / 64)));
        expect(got).toEqual(Array.from({ length: 100 }, (_, i) => stepsOf(i / 64, count, reverse)));
      }
    });

    test("a loop in a loop", async () => {
      const nested = await device.load(nestedPlan(kind));
      const got = await elements(await nested(host(100, (i) => i)));
      expect(got).toEqual(Array.from({ length: 100 }, (_, i) => nestedOf(i)));
    });

    test("a plan that does nothing", async () => {
      const nothing = await device.load(makePlan(kind, { kernels: [], result: [], results: [] }));
      expect(await nothing()).toEqual([]);
    });

    test("calls run in the order in which they were made, plans that share memory too", async () => {
      const [sum, steps, add] = await Promise.all([
        device.load(sumPlan(kind)),
        device.load(stepsPlan(kind, 9)),
        device.load(addPlan(kind)),
      ]);
      const order: number[] = [];
      const calls = Array.from({ length: 30 }, (_, i) => {
        const plan = [sum, steps, add][i % 3] as typeof add;
        const size = [1000, 100, 1000][i % 3] as number;
        const one = host(size, () => i);
        const call = plan(...(i % 3 === 2 ? [one, one] : [one]));
        return call.then(async (result) => {
          order.push(i);
          return (await elements(result))[0];
        });
      });
      const got = await Promise.all(calls);
      expect(got).toEqual(got.map((_, i) => [1000 * i, stepsOf(i, 9), 2 * i][i % 3]));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    });

    test("state that is donated is updated in place, and spent", async () => {
      const train = await device.load(trainPlan(kind));
      const x = await device.put(host(100, () => 3));
      const first = (await device.put({ weight: host(100, (i) => i) })) as { weight: DeviceTensor };
      let state = first;
      for (let step = 1; step <= 4; step++) {
        const [next, sum] = (await train(state, x)) as [typeof state, DeviceTensor];
        expect((await elements(sum))[10]).toBe(10 + 3 * step);
        state = next;
      }
      expect((await elements(state.weight))[10]).toBe(22);
      const error = await failure(first.weight.read());
      expect(error.message).toBe(
        'read: the tensor f32[100] was donated to a call as "train: state.weight" and is spent; use what the call gave',
      );
      expect((await failure(train(first, x))).message).toContain(
        "train: state.weight: the tensor f32[100] was donated",
      );
    });

    test("a tensor that is donated comes in by one argument", async () => {
      const train = await device.load(trainPlan(kind));
      const x = await device.put(host(100, () => 3));
      expect((await failure(train({ weight: x }, x))).message).toBe(
        "train: x is the same tensor as train: state.weight, and that is donated; pass a copy",
      );
      expect((await elements(x))[0]).toBe(3);
    });

    test("steps are told of, in order", async () => {
      const steps = await device.load(stepsPlan(kind, 6));
      const told: string[] = [];
      const result = await steps.call([host(100, () => 1)], {
        onStep: (done, total) => void told.push(`${done}/${total}`),
      });
      expect(told).toEqual(["1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]);
      expect((await elements(result))[0]).toBe(stepsOf(1, 6));
    });

    test("a call ends between steps when its signal says so, and the device goes on", async () => {
      const steps = await device.load(stepsPlan(kind, 1000));
      const add = await device.load(addPlan(kind));
      const controller = new AbortController();
      let last = 0;
      const call = steps.call([host(100, () => 1)], {
        signal: controller.signal,
        onStep: (done) => {
          last = done;
          if (done === 5) controller.abort(new Error("enough"));
        },
      });
      const after = add(
        host(1000, () => 1),
        host(1000, () => 1),
      );
      expect((await failure(call)).message).toBe("enough");
      expect(last).toBeGreaterThanOrEqual(5);
      expect(last).toBeLessThan(20);
      expect((await elements(await after))[0]).toBe(2);
      const already = steps.call([host(100, () => 1)], { signal: AbortSignal.abort(new Error("before")) });
      expect((await failure(already)).message).toBe("before");
    });

    test("what onStep throws is what the call rejects with", async () => {
      const steps = await device.load(stepsPlan(kind, 10));
      const call = steps.call([host(100, () => 1)], {
        onStep: () => {
          throw new Error("mine");
        },
      });
      expect((await failure(call)).message).toBe("mine");
      expect((await elements(await steps(host(100, () => 1))))[0]).toBe(stepsOf(1, 10));
    });

    test("each kernel is timed on request", async () => {
      const steps = await device.load(stepsPlan(kind, 20));
      let timings: readonly KernelTiming[] = [];
      const result = await steps.call([host(100, () => 1)], {
        onTimings: (all) => {
          timings = all;
        },
      });
      expect(timings.map(({ kernel, source, runs }) => [kernel, source, runs])).toEqual([
        ["copy", "model.ts:1", 1],
        ["advance", "model.ts:2", 20],
        ["copy", "model.ts:1", 1],
      ]);
      for (const { milliseconds } of timings) expect(milliseconds).toBeGreaterThanOrEqual(0);
      expect((await elements(result))[0]).toBe(stepsOf(1, 20));
    });
  });
});
