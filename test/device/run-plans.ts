/**
 * Runs packed plans on a graphics processor: holds results against numbers that were packed, then measures calls and
 * kernels. An adapter that computes in software is not measured.
 *
 *   node run-plans.mjs FOLDER RESULTS [--software] [ROW …]
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Device, type DeviceTensor, type KernelTiming, openDevice } from "../../runtime/index.ts";
import { argumentsOf } from "../bench/arguments.ts";
import { type PackedRow, sampleEvery } from "./packed-row.ts";

const [folder = ".cache/device-plans", results = ".cache/plan-results.json", ...rest] = process.argv.slice(2);
const software = rest.includes("--software");
const wanted = rest.filter((word) => word !== "--software");
/** Of the largest magnitude: sums of thousands of products, and networks of them. */
const tolerance = 1e-4;
/** Milliseconds that a measurement takes, about. */
const measured = 300;

interface Figures {
  readonly name: string;
  readonly error?: number;
  readonly failure?: string;
  readonly loadMilliseconds?: number;
  /** Calls that follow each other, results left on the device. */
  readonly milliseconds?: number;
  /** One call alone, until its end. */
  readonly latency?: number;
  readonly gflops?: number;
  readonly kernels?: readonly KernelTiming[];
}

const errorOf = (found: ArrayLike<number>, expected: readonly number[]): number => {
  const every = sampleEvery(found.length);
  let [error, scale] = [0, 0];
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs((found[i * every] as number) - value);
    error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(error, difference);
    scale = Math.max(scale, Math.abs(value));
  }
  return error / (scale || 1);
};

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;

const runRow = async (device: Device, name: string): Promise<Figures> => {
  const { row, expected } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as PackedRow;
  const began = performance.now();
  const loaded = await device.load(readFileSync(join(folder, `${name}.plan`)));
  const values = argumentsOf(row);
  const frozen = Object.fromEntries(row.bind.map((parameter) => [parameter, values[parameter]]));
  const bound = row.bind.length > 0 ? await loaded.bind(frozen) : loaded;
  const loadMilliseconds = performance.now() - began;
  const args: unknown[] = [];
  for (const { name: parameter, tree, bound: isBound } of loaded.plan.parameters)
    if (!isBound) args.push(tree === "static" ? row.statics[parameter] : await device.put(values[parameter] as never));
  type Options = Parameters<typeof bound.call>[1];
  const call = (options?: Options): Promise<DeviceTensor> =>
    bound.call(args as never, options) as Promise<DeviceTensor>;
  const run = async (times: number): Promise<number> => {
    const start = performance.now();
    let last: DeviceTensor | undefined;
    for (let i = 0; i < times; i++) {
      last?.dispose();
      last = await call();
    }
    // Reading a short result waits for all calls; a long one is not copied.
    await waitFor(device, last as DeviceTensor);
    const time = performance.now() - start;
    last?.dispose();
    return time / times;
  };
  const first = await call();
  const { data } = await first.read();
  first.dispose();
  const error = errorOf(data as unknown as ArrayLike<number>, expected);
  if (!(error <= tolerance)) return { name, error, failure: `differs by ${error}`, loadMilliseconds };
  if (software) return { name, error, loadMilliseconds };
  await run(3);
  const latencies: number[] = [];
  for (let i = 0; i < 5; i++) latencies.push(await run(1));
  const latency = median(latencies);
  const times = Math.max(1, Math.min(500, Math.round(measured / 3 / latency)));
  const rounds: number[] = [];
  for (let i = 0; i < 3; i++) rounds.push(await run(times));
  const milliseconds = median(rounds);
  let kernels: readonly KernelTiming[] = [];
  const onTimings = (timings: readonly KernelTiming[]): void => {
    kernels = timings;
  };
  const timed = await call({ onTimings });
  timed.dispose();
  loaded.dispose();
  const longest = [...kernels].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, 30);
  return {
    name,
    error,
    loadMilliseconds,
    milliseconds,
    latency,
    gflops: (row.gflop / milliseconds) * 1e3,
    kernels: longest,
  };
};

/** Work is done in order: what is put and read after the calls comes after them. */
const waitFor = async (device: Device, _last: DeviceTensor): Promise<void> => {
  const mark = (await device.put({ dtype: "f32", shape: [1], data: new Float32Array(1) })) as DeviceTensor;
  await mark.read();
  mark.dispose();
};

const { create, globals } = (await import("webgpu" as string)) as {
  readonly create: (flags: readonly string[]) => { requestAdapter(options?: object): Promise<object | null> };
  readonly globals: object;
};
const gpu = create(["backend=vulkan", "disable-dawn-features=timestamp_quantization"]);
// Dawn goes on with the work of an instance that was collected, and falls: it is kept as a page keeps `navigator.gpu`.
Object.assign(globalThis, globals, { gpu });
const device = await openDevice({ kind: "webgpu", gpu, software });
console.log(device.description);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".plan"))
  .map((name) => name.slice(0, -".plan".length))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
const report: Figures[] = [];
for (const name of names) {
  const figures = await runRow(device, name).catch(
    (error: unknown): Figures => ({ name, failure: error instanceof Error ? error.message : String(error) }),
  );
  report.push(figures);
  writeFileSync(results, JSON.stringify({ device: device.description, report }, null, 1));
  const { failure, error = 0, milliseconds = 0, latency = 0, gflops = 0, kernels = [] } = figures;
  console.log(
    failure !== undefined
      ? `${name}: FAILS, ${failure}`
      : `${name}: ${milliseconds.toFixed(4)} ms (alone ${latency.toFixed(3)}), ${gflops.toFixed(0)} GFLOP/s, error ${error.toExponential(1)}, kernels ${kernels.reduce((sum, each) => sum + each.milliseconds, 0).toFixed(4)} ms`,
  );
}
process.exit(report.some(({ failure }) => failure !== undefined) ? 1 : 0);
