/** Binding on both devices: weights by trees and by readers, packed once. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device, Loaded } from "../../runtime/device.ts";
import { elements, failure, host, kinds, open } from "./devices.ts";
import { addPlan, boundLoopPlan, boundPlan, stepsOf } from "./plans.ts";

describe.each(kinds)("$kind", ({ kind, missing }) => {
  describe.skipIf(missing)("bind", () => {
    let device: Device;
    let affine: Loaded;
    beforeAll(async () => {
      device = await open(kind);
      affine = await device.load(boundPlan(kind));
    }, 60_000);
    afterAll(() => device?.close());

    const x = host(100, (i) => i);
    const params = { second: host(100, () => 10), first: { weight: host(100, (i) => i / 2) } };
    /** x − first − second + 1. */
    const expected = Array.from({ length: 100 }, (_, i) => i - i / 2 - 10 + 1);

    test("takes trees by the names of parameters, in any order of fields", async () => {
      const ready = await affine.bind({ params });
      expect(await elements(await ready(x))).toEqual(expected);
      expect(await elements(await ready(host(100, () => 0)))).toEqual(expected.map((value, i) => value - i));
    });

    test("reads tensors one by one, in the order of packing", async () => {
      const read: string[] = [];
      const ready = await affine.bind(
        async (name) => {
          read.push(name);
          return name === "params.second" ? params.second : params.first.weight;
        },
        { onProgress: (done, total, what) => void read.push(`${done}/${total} ${what}`) },
      );
      expect(read).toEqual(["params.first.weight", "1/2 params.first.weight", "params.second", "2/2 params.second"]);
      expect(await elements(await ready(x))).toEqual(expected);
    });

    test("takes what is on the device already, and leaves it there", async () => {
      const own = await device.put(params);
      const ready = await affine.bind({ params: own });
      expect(await elements(await ready(x))).toEqual(expected);
      expect((await elements(own.second))[0]).toBe(10);
    });

    test("binds again with other weights, each apart", async () => {
      const first = await affine.bind({ params });
      const second = await first.bind({ params: { ...params, second: host(100, () => 20) } });
      expect(await elements(await second(x))).toEqual(expected.map((value) => value - 10));
      expect(await elements(await first(x))).toEqual(expected);
      first.dispose();
      expect((await failure(first(x))).message).toBe("affine was disposed of; load the plan again");
      expect(await elements(await second(x))).toEqual(expected.map((value) => value - 10));
    });

    test("reads a tensor after a loop that left its values where another's were", async () => {
      const looped = await device.load(boundLoopPlan(kind));
      const ready = await looped.bind({ weight: host(100, (i) => i), second: host(100, () => 5) });
      expect(await elements(await ready(x))).toEqual(Array.from({ length: 100 }, (_, i) => i + stepsOf(i, 3) - 5));
    });

    test("half and double precision become f32", async () => {
      const half = { dtype: "f16", shape: [100], data: new Uint16Array(100).fill(0x3c00) } as const;
      const double = { dtype: "f64", shape: [100], data: new Float64Array(100).fill(2) } as const;
      const ready = await affine.bind({ params: { first: { weight: half }, second: double } });
      expect((await elements(await ready(x))).slice(0, 2)).toEqual([-2, -1]);
    });

    test("says what is wrong with the values, and goes on", async () => {
      const messages = [
        affine(x),
        affine.bind({}),
        affine.bind({ params: { first: {}, second: params.second } }),
        affine.bind({ params: { ...params, second: host(99, () => 1) } }),
        affine.bind(async () => host(7, () => 1)),
        affine.bind(async (name) => {
          throw new Error(`no ${name} in the file`);
        }),
        affine.bind({ params }, { signal: AbortSignal.abort(new Error("stopped")) }),
        device.load(addPlan(kind)).then((add) => add.bind({ params })),
      ].map(async (promise) => (await failure(promise)).message);
      expect(await Promise.all(messages)).toEqual([
        "affine: params must be bound first: const ready = await loaded.bind({ params })",
        "affine: bind has no value for params; pass bind({ params: … }), it has none",
        "affine: params.first has no weight; it is an empty record",
        "affine: params.second must be f32[100], and is f32[99]; pass one of that shape, or compile for this one",
        "affine: params.first.weight must be f32[100], and is f32[7]; pass one of that shape, or compile for this one",
        "no params.first.weight in the file",
        "stopped",
        'add has no bound parameters; name them when it is compiled: bind: ["params"]',
      ]);
      const ready = await affine.bind({ params });
      expect(await elements(await ready(x))).toEqual(expected);
    });
  });
});
