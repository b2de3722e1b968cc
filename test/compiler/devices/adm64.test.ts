/** The plan of ADM's network for 64 × 64 images: kernels, text and memory for each class of devices, and the time that it takes. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Facts {
  readonly call: number;
  readonly load: number;
  readonly unique: number;
  readonly bytes: number;
  readonly peak: number;
  readonly live: number;
  readonly packed: number;
  readonly own: number;
  readonly seconds: number;
}

/** From source to plan, in a process of its own. */
const compiled = (...args: readonly string[]): Facts => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--conditions=typegrad-source", "test/programs/plan-adm64.ts", ...args],
    { cwd: root, encoding: "utf8" },
  );
  if (!stdout.startsWith("{")) throw new Error(stderr);
  return JSON.parse(stdout);
};

const mostSeconds = 8;
/** Of the network, and of its classifier, all f32. */
const parameters = 295_904_454;
const classifierParameters = 65_438_568;

describe.each([
  { device: "wasm", call: 590, unique: 240 },
  { device: "webgpu", call: 740, unique: 260 },
])("ADM at 64 × 64 for $device", ({ device, call, unique }) => {
  test("has few kernels, little memory beside the weights, and is compiled in 8 s", () => {
    let facts = compiled(device);
    // A busy machine only ever adds time.
    for (let again = 0; again < 2 && facts.seconds > mostSeconds; again++) facts = compiled(device);
    console.log(device, facts);
    expect(facts.call).toBeLessThanOrEqual(call);
    expect(facts.unique).toBeLessThanOrEqual(unique);
    expect(facts.bytes).toBeLessThan(1 << 20);
    expect(facts.peak).toBeLessThanOrEqual(1.15 * facts.live);
    expect(facts.live).toBeLessThan(80e6);
    expect(facts.own).toBe(4 * parameters);
    expect(facts.packed).toBeLessThanOrEqual(1.7 * facts.own);
    expect(facts.seconds).toBeLessThan(mostSeconds);
  }, 120_000);
});

describe.each(["wasm", "webgpu"])("a step that a classifier guides, for %s", (device) => {
  test("takes little more memory for weights than they have", () => {
    const facts = compiled(device, "guided");
    console.log(device, facts);
    expect(facts.own).toBe(4 * (parameters + classifierParameters));
    // The classifier is read forwards, and for the gradient with inputs and outputs exchanged.
    expect(facts.packed).toBeLessThanOrEqual(1.65 * facts.own);
    // Beside weights, activations alone: of the classifier all until the gradient has used them.
    expect(facts.live).toBeLessThan(320e6);
  }, 120_000);
});
