/** The plan file: what is written is read, and whatever else the bytes are is an error that says what is wrong. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device.ts";
import { PlanError } from "../../runtime/errors.ts";
import { decodePlan, encodePlan } from "../../runtime/plan-file.ts";
import { elements, failure, host, open } from "./devices.ts";
import { addPlan, boundPlan, nestedPlan, stepsOf, stepsPlan, trainPlan } from "./plans.ts";

const thrown = (f: () => unknown): Error => {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not throw");
};

/** Bytes with a valid checksum and length around a header and what follows it. */
const forge = (header: string, tail = 0): Uint8Array => {
  const plan = encodePlan(addPlan("webgpu"));
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(Math.ceil((24 + text.length) / 64) * 64 + tail);
  file.set(plan.subarray(0, 12));
  file.set(text, 24);
  const view = new DataView(file.buffer);
  view.setUint32(12, file.length, true);
  view.setUint32(20, text.length, true);
  // The message has the checksum that is due nowhere, so it is found as the encoder finds it.
  let hash = 0x811c9dc5;
  for (let i = 20; i < file.length; i += 4) {
    hash = Math.imul(hash ^ view.getUint32(i, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  view.setUint32(16, hash >>> 0, true);
  return file;
};

describe("a plan file", () => {
  test.each([addPlan("wasm"), addPlan("webgpu"), boundPlan("wasm"), nestedPlan("wasm"), trainPlan("webgpu")])(
    "is the plan again: $name, $device",
    (plan) => {
      const file = encodePlan(plan);
      expect(decodePlan(file)).toEqual(plan);
      // From the middle of other bytes, as a part of a download is.
      const inside = new Uint8Array(file.length + 3);
      inside.set(file, 3);
      expect(decodePlan(inside.subarray(3))).toEqual(plan);
    },
  );

  test("is cut short, at whatever byte", () => {
    const file = encodePlan(boundPlan("wasm"));
    for (const length of [0, 1, 8, 23, 24, 100, file.length >> 1, file.length - 1]) {
      const error = thrown(() => decodePlan(file.slice(0, length)));
      expect(error).toBeInstanceOf(PlanError);
      expect(error.message).toMatch(length < 24 ? /are no plan/ : /is cut short: \d+ bytes of \d+; compile it again/);
    }
    expect(thrown(() => decodePlan(new Uint8Array([...file, 0]))).message).toMatch(/too long/);
  });

  test("has a byte changed, wherever", () => {
    const file = encodePlan(boundPlan("wasm"));
    for (let at = 0; at < file.length; at += 7) {
      const damaged = file.slice();
      damaged[at] = (damaged[at] as number) ^ 0x20;
      expect(thrown(() => decodePlan(damaged))).toBeInstanceOf(PlanError);
    }
  });

  test("is of another version", () => {
    const file = encodePlan(addPlan("webgpu"));
    file[8] = 9;
    expect(thrown(() => decodePlan(file)).message).toMatch(
      /is of version 9, and this runtime reads version 1; compile/,
    );
  });

  test("is something else", () => {
    expect(thrown(() => decodePlan(new TextEncoder().encode("<!DOCTYPE html><html></html>"))).message).toBe(
      'these 28 bytes are no plan, which begins with "typegrad"; make one with typegrad build',
    );
  });

  const whole = JSON.parse(JSON.stringify({ ...addPlan("webgpu"), constants: undefined })) as Record<string, unknown>;
  const changed = (changes: object): string =>
    JSON.stringify({ plan: { ...whole, ...changes }, constants: { offset: 0, length: 0 } });
  const deep = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;

  test("is whole as it is forged", () => {
    expect(decodePlan(forge(changed({}))).name).toBe("add");
  });

  test.each<readonly [string, string]>([
    ["no JSON", "{"],
    ["no record", "3"],
    ["nothing", "null"],
    ["blobs beyond its end", JSON.stringify({ plan: whole, constants: { offset: 0, length: 2 ** 40 } })],
    ["blobs before its beginning", JSON.stringify({ plan: whole, constants: { offset: -64, length: 64 } })],
    ["no blob", JSON.stringify({ plan: whole })],
    ["no slots", changed({ slots: undefined })],
    ["slots that are none", changed({ slots: [1, 2, 3] })],
    ["a slot of another kind", changed({ slots: [{ kind: "register", bytes: 4, name: "x" }] })],
    ["a slot beyond its tensor", changed({ slots: [{ kind: "argument", index: 0, bytes: 1e9, name: "x" }] })],
    ["a slot beyond the arena", changed({ slots: [{ kind: "temporary", offset: 0, bytes: 4, name: "t" }] })],
    ["steps that name no slot", changed({ call: [{ kind: "dispatch", kernel: 0, slots: [0, 1, 7], source: "" }] })],
    ["steps that name no kernel", changed({ call: [{ kind: "dispatch", kernel: 5, slots: [], source: "" }] })],
    ["a loop without a counter", changed({ call: [{ kind: "loop", count: 3, counter: 0, swaps: [], body: [] }] })],
    ["steps that are none", changed({ call: { length: 3 } })],
    ["too few tensors", changed({ arguments: [] })],
    ["a negative dim", changed({ results: [{ name: "r", dtype: "f32", shape: [-4] }] })],
    ["memory that is no number", changed({ memory: { call: "much" } })],
    ["another version inside", changed({ version: 2 })],
    ["a deep tree", changed({ result: null }).replace('"result":null', `"result":${deep(50_000)}`)],
  ])("has %s", (_, header) => {
    const error = thrown(() => decodePlan(forge(header)));
    expect(error).toBeInstanceOf(PlanError);
    expect(error.message).toMatch(/compile it again/);
  });

  describe("in a device", () => {
    let device: Device;
    beforeAll(async () => {
      device = await open("wasm");
    });
    afterAll(() => device.close());

    test("runs as the plan does", async () => {
      const steps = await device.load(encodePlan(stepsPlan("wasm", 5)));
      expect((await elements(await steps(host(100, () => 1))))[0]).toBe(stepsOf(1, 5));
    });

    test("is refused where it is for the other", async () => {
      const error = await failure(device.load(addPlan("webgpu")));
      expect(error.message).toBe(
        'the plan of add is for webgpu, and this device is wasm; compile it for "wasm", or openDevice("webgpu")',
      );
    });
  });
});
