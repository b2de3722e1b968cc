/** The commands `build` and `run`: files in, files out, and what they say to bad input. */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { build } from "../../compiler/cli/build.ts";
import { run } from "../../compiler/cli/run.ts";
import { bytesSource, readSafetensors, tensor, toHost, writeSafetensors } from "../../dsl/index.ts";
import { expectClose } from "../../dsl/testing/index.ts";
import { decodePlan } from "../../runtime/index.ts";
import { layer } from "../programs/layer.ts";
import { steps } from "../programs/steps.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "typegrad-cli-"));
const at = (name: string): string => join(folder, name);
const source = join(root, "test/programs/layer.ts#layer");
const loop = join(root, "test/programs/steps.ts#steps");
const one = { dim: { B: 1 } };

const weights = {
  weight: tensor([
    [1, 2],
    [3, 4],
  ]),
  bias: tensor([10, 20]),
};
const x = tensor([[1, -1]]);
const expected = layer(weights, x);

const said: string[] = [];
beforeAll(async () => {
  writeFileSync(at("p.safetensors"), writeSafetensors(weights));
  writeFileSync(at("x.safetensors"), writeSafetensors({ x }));
  vi.spyOn(console, "log").mockImplementation((text) => void said.push(String(text)));
  await build(source, { ...one, device: "wasm", bind: ["p"], output: at("layer.plan") });
}, 60_000);
beforeEach(() => {
  said.length = 0;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const inputs = { p: at("p.safetensors"), x: at("x.safetensors") };
const resultsOf = async (file: string) => {
  const contents = await readSafetensors(bytesSource(readFileSync(file)));
  const named = await Promise.all([...contents.entries.keys()].map(async (name) => [name, await contents.read(name)]));
  return Object.fromEntries(named);
};
const command = (...args: readonly string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "--conditions=typegrad-source", "compiler/cli.ts", ...args], {
    cwd: root,
    encoding: "utf8",
  });

describe("typegrad build", () => {
  test("writes a plan, and a module with its types beside it", async () => {
    await build(source, { ...one, bind: ["p"], output: at("again.plan") });
    const plan = decodePlan(readFileSync(at("again.plan")));
    expect(plan.name).toBe("layer");
    expect(plan.parameters.map(({ name, bound }) => [name, bound])).toEqual([
      ["p", true],
      ["x", false],
    ]);
    const text = readFileSync(at("again.ts"), "utf8");
    expect(text).toContain("Promise<Loaded<typeof layer, Bound>>");
    expect(text).toContain("export type Bound = (x: Arguments[1]) => ReturnType<typeof layer>;");
    expect(text).toContain('new URL("./again.plan", import.meta.url)');
    expect(text).toMatch(/import type \{ layer \} from "\.\.\/.*test\/programs\/layer\.ts";/);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("says what the plan costs", async () => {
    await build(source, { ...one, bind: ["p"], output: at("layer.plan") });
    expect(said.join("\n")).toMatch(
      /layer\.plan \([\d.]+ KiB\), .*layer\.ts\n\ndevice +wasm\nparameters +p \(bound\), x: 3 tensors\nkernels +\d+, of which \d+ differ; .* of code\nto bind .*\na call .*\nmemory +.* while a call runs: .*results.*\n +.* while weights are bound/,
    );
  });

  test("makes plans for WebGPU without an adapter", async () => {
    await build(source, { ...one, device: "software", output: at("gpu.plan") });
    expect(decodePlan(readFileSync(at("gpu.plan"))).kernels.every(({ wgsl }) => wgsl?.includes("fn main"))).toBe(true);
  });

  test("writes over no file that it did not make", async () => {
    writeFileSync(at("mine.ts"), "export const mine = 1;\n");
    await expect(build(source, { ...one, output: at("mine.plan") })).rejects.toThrow(/mine\.ts would be overwritten/);
    expect(existsSync(at("mine.plan"))).toBe(false);
  });

  test("names the folder that is not there", async () => {
    await expect(build(source, { ...one, output: at("no/layer.plan") })).rejects.toThrow(
      /no\/layer\.plan cannot be written: there is no such folder/,
    );
  });

  test("refuses what memory does not hold, and says what takes it", async () => {
    await expect(build(source, { ...one, memory: 40, output: at("big.plan") })).rejects.toThrow(
      /layer needs .* of memory for a call, and may have 40 bytes; .*\nIn a call: .* arguments, 8 bytes results/s,
    );
    expect(existsSync(at("big.plan"))).toBe(false);
  });
});

describe("typegrad run", () => {
  test("calls a plan file with tensors from files", async () => {
    await run(at("layer.plan"), { input: inputs, output: at("out.safetensors") });
    expectClose((await resultsOf(at("out.safetensors"))).result, toHost(expected));
    expect(said.join("\n")).toMatch(/out\.safetensors: layer ran .* ms on wasm, \d+ threads?$/);
  });

  test("calls a function of a source file", async () => {
    await run(source, { ...one, input: inputs, output: at("direct.safetensors") });
    expectClose((await resultsOf(at("direct.safetensors"))).result, toHost(expected));
  });

  test("takes numbers for tensors of rank 0, static values, and what another run gave", async () => {
    writeFileSync(at("four.safetensors"), writeSafetensors({ anything: tensor([1, 2, 3, 4]) }));
    const input = { x: at("four.safetensors"), rate: "0.25" };
    await run(loop, { static: { count: 3 }, input, output: at("loop.safetensors") });
    const once = steps(tensor([1, 2, 3, 4]), tensor(0.25), 3);
    expectClose((await resultsOf(at("loop.safetensors"))).result, toHost(once));
    const again = { ...input, x: at("loop.safetensors") };
    await run(loop, { static: { count: 3 }, input: again, output: at("loop.safetensors") });
    expectClose((await resultsOf(at("loop.safetensors"))).result, toHost(steps(once, tensor(0.25), 3)));
  });

  const wrong: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
    [
      "a missing input",
      () => run(at("layer.plan"), { input: { x: inputs.x }, output: at("none") }),
      /^layer needs --input p=…; it takes p: a record of 2 tensors; x: f32\[1, 2\]/,
    ],
    [
      "an input too many",
      () => run(at("layer.plan"), { input: { ...inputs, y: "1" }, output: at("none") }),
      /^--input y: layer has no such parameter; it takes p: /,
    ],
    [
      "a file that is not there",
      () => run(at("layer.plan"), { input: { ...inputs, x: at("no.safetensors") }, output: at("none") }),
      /no\.safetensors cannot be read: there is no such file/,
    ],
    [
      "a number where a matrix is due",
      () => run(at("layer.plan"), { input: { ...inputs, x: "3" }, output: at("none") }),
      /^--input x=3: x is f32\[1, 2\]; give a safetensors file/,
    ],
    [
      "a file without a tensor",
      () => run(at("layer.plan"), { input: { ...inputs, p: inputs.x }, output: at("none") }),
      /x\.safetensors: there is no tensor "weight" or "p\.weight" for p\.weight; it has x$/,
    ],
    [
      "a wrong shape",
      async () => {
        writeFileSync(at("wide.safetensors"), writeSafetensors({ x: tensor([[1, 2, 3]]) }));
        await run(at("layer.plan"), { input: { ...inputs, x: at("wide.safetensors") }, output: at("none") });
      },
      /wide\.safetensors: x is f32\[1, 3\], and x of the program is f32\[1, 2\]/,
    ],
    [
      "a file that is no safetensors file",
      async () => {
        writeFileSync(at("text.safetensors"), "no tensors at all");
        await run(at("layer.plan"), { input: { ...inputs, x: at("text.safetensors") }, output: at("none") });
      },
      /text\.safetensors: the header is/,
    ],
    [
      "a plan that is damaged",
      async () => {
        const bytes = readFileSync(at("layer.plan"));
        bytes[200] = (bytes[200] as number) ^ 1;
        writeFileSync(at("damaged.plan"), bytes);
        await run(at("damaged.plan"), { input: inputs, output: at("none") });
      },
      /damaged\.plan: the plan file is damaged/,
    ],
    [
      "a plan for another device",
      () => run(at("layer.plan"), { device: "webgpu", input: inputs, output: at("none") }),
      /layer\.plan: the plan is for wasm, and --device is webgpu; build it for webgpu/,
    ],
    [
      "a folder for the result that is not there",
      () => run(at("layer.plan"), { input: inputs, output: at("no/out.safetensors") }),
      /no\/out\.safetensors cannot be written: there is no such folder/,
    ],
  ];
  test.each(wrong)("refuses %s, and writes nothing", async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
    expect(existsSync(at("none"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("the command", () => {
  test("ends with 1 and one line of reason", () => {
    const device = command("build", source, "--device", "tpu");
    expect([device.status, device.stderr.trim()]).toEqual([
      1,
      "--device tpu: there is no such device; they are wasm, webgpu, software",
    ]);
    const plan = command("run", "no.plan", "-o", at("none"));
    expect([plan.status, plan.stderr.trim()]).toEqual([1, "no.plan cannot be read: there is no such file"]);
  });

  test("runs a plan and ends by itself", () => {
    const args = ["--input", `p=${inputs.p}`, "--input", `x=${inputs.x}`, "-o", at("spawned.safetensors")];
    const { status, stderr } = command("run", at("layer.plan"), ...args);
    expect([status, stderr]).toEqual([0, ""]);
    expect(existsSync(at("spawned.safetensors"))).toBe(true);
  });

  test("is cancelled by an interrupt between steps, and writes nothing", async () => {
    await build(loop, { static: { count: 2_000_000_000 }, output: at("long.plan") });
    writeFileSync(at("start.safetensors"), writeSafetensors({ x: tensor([1, 2, 3, 4]) }));
    const args = ["--input", `x=${at("start.safetensors")}`, "--input", "rate=0.5", "-o", at("none")];
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--conditions=typegrad-source", "compiler/cli.ts", "run", at("long.plan"), ...args],
      { cwd: root, stdio: ["ignore", "ignore", "pipe"] },
    );
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += String(chunk);
    });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const timer = setTimeout(() => child.kill("SIGINT"), 3000);
    expect(await ended).toBe(130);
    clearTimeout(timer);
    expect(text).toContain("cancelled; nothing was written");
    expect(existsSync(at("none"))).toBe(false);
  });
});
