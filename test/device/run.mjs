/**
 * Runs cases on a WebGPU device, where nothing but Node and the package `webgpu` is installed:
 *
 *   node test/device/run.mjs [FOLDER [RESULTS]]
 *
 * First all results are compared, then kernels are timed; every figure goes to the file RESULTS, and a table to the screen.
 * Ends with 1 where a result is wrong.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, globals } from "webgpu";

const [folder = ".cache/device-cases", results = "device-results.json"] = process.argv.slice(2);
const { GPUBufferUsage, GPUMapMode, GPUShaderStage } = globals;

// The instance is kept: Dawn goes on with the work of one that was collected.
const gpu = create(["backend=vulkan", "disable-dawn-features=timestamp_quantization"]);
const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
if (adapter === null) throw new Error("no adapter: look at VK_DRIVER_FILES, and run with VK_LOADER_DEBUG=all");
const timed = adapter.features.has("timestamp-query");
const wanted = ["maxBufferSize", "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage"];
wanted.push("maxComputeWorkgroupStorageSize", "maxComputeInvocationsPerWorkgroup", "maxComputeWorkgroupSizeX");
const device = await adapter.requestDevice({
  requiredLimits: Object.fromEntries(wanted.map((name) => [name, adapter.limits[name]])),
  requiredFeatures: timed ? ["timestamp-query"] : [],
});
device.lost.then(({ reason, message }) => reason !== "destroyed" && console.error(`lost: ${message}`));
const { vendor, architecture, description } = adapter.info;
console.log(`${vendor} ${architecture} ${description}`);

const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array };
const decode = ({ storage }, text) => {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return new arrays[storage](bytes.buffer);
};
/** Numbers between −1 and 1. */
const madeUp = (size) => Float32Array.from({ length: size }, (_, i) => (((i * 7919) % 2003) - 1001) / 1001);

const prepare = async ({ wgsl, access, buffers }) => {
  const module = device.createShaderModule({ code: wgsl });
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === "error");
  if (errors.length > 0) throw new Error(errors.map(({ lineNum, message }) => `${lineNum}: ${message}`).join("; "));
  const layout = device.createBindGroupLayout({
    entries: access.map((each, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: each === "read" ? "read-only-storage" : "storage" },
    })),
  });
  const began = performance.now();
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: "main" },
  });
  const compiled = performance.now() - began;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const memory = buffers.map((each) => {
    const buffer = device.createBuffer({ size: Math.max(4, 4 * each.size), usage });
    device.queue.writeBuffer(buffer, 0, each.data === undefined ? madeUp(each.size) : decode(each, each.data));
    return buffer;
  });
  const entries = memory.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return { pipeline, compiled, memory, group: device.createBindGroup({ layout, entries }) };
};

const dispatch = ({ pipeline, group }, { workgroups }, times, timestampWrites) => {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass(timestampWrites && { timestampWrites });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  for (let i = 0; i < times; i++) pass.dispatchWorkgroups(...workgroups);
  pass.end();
  return encoder;
};

const read = async (encoder, buffer) => {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = device.createBuffer({ size: buffer.size, usage });
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return bytes;
};

/** The largest error of the results, in parts of the largest expected magnitude. */
const check = async (prepared, each) => {
  device.queue.submit([dispatch(prepared, each, 1).finish()]);
  let worst = 0;
  for (const [i, buffer] of each.buffers.entries()) {
    if (buffer.expected === undefined) continue;
    const due = decode(buffer, buffer.expected);
    const found = new arrays[buffer.storage](await read(device.createCommandEncoder(), prepared.memory[i]));
    let [error, scale] = [0, 0];
    for (const [at, value] of due.entries()) {
      if (!Number.isFinite(value)) continue;
      const difference = Math.abs(found[at] - value);
      error = Math.max(error, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
      scale = Math.max(scale, Math.abs(value));
    }
    worst = Math.max(worst, error === 0 ? 0 : error / (scale || 1));
  }
  return worst;
};

/** Milliseconds of one dispatch: the median of seven runs, by the device's clock where it has one. */
const time = async (prepared, each) => {
  const samples = [];
  const querySet = timed ? device.createQuerySet({ type: "timestamp", count: 2 }) : undefined;
  const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
  const stamps = device.createBuffer({ size: 16, usage });
  for (let run = 0; run < 8; run++) {
    const writes = querySet && { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const encoder = dispatch(prepared, each, each.repeats, writes);
    if (querySet) encoder.resolveQuerySet(querySet, 0, 2, stamps, 0);
    const began = performance.now();
    const [from, to] = new BigUint64Array(await read(encoder, stamps));
    const milliseconds = querySet ? Number(to - from) / 1e6 : performance.now() - began;
    // The first one warms up.
    if (run > 0) samples.push(milliseconds / each.repeats);
  }
  return samples.sort((a, b) => a - b)[3];
};

const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
const report = [];
const save = () => writeFileSync(results, JSON.stringify({ adapter: description, timed, report }, null, 1));

let wrong = 0;
for (const pass of ["check", "time"])
  for (const each of cases) {
    if (pass === "time" && each.repeats === 0) continue;
    if (pass === "check" && each.repeats > 0 && each.buffers.every(({ expected }) => expected === undefined)) continue;
    const line = report.find(({ name }) => name === each.name) ?? { name: each.name };
    if (!report.includes(line)) report.push(line);
    if (line.failure !== undefined) continue;
    device.pushErrorScope("validation");
    try {
      const prepared = await prepare(each);
      if (pass === "check") {
        line.compiled = prepared.compiled;
        line.error = await check(prepared, each);
        if (!(line.error <= each.tolerance)) line.failure = `differs by ${line.error}`;
      } else {
        line.milliseconds = await time(prepared, each);
        line.gflops = each.flops / line.milliseconds / 1e6;
        line.gigabytes = each.bytes / line.milliseconds / 1e6;
        console.log(
          `${each.name}: ${line.milliseconds.toFixed(4)} ms, ${line.gflops.toFixed(1)} GFLOP/s, ${line.gigabytes.toFixed(1)} GB/s`,
        );
      }
      for (const buffer of prepared.memory) buffer.destroy();
    } catch (error) {
      line.failure = String(error.message ?? error);
    }
    const refused = await device.popErrorScope();
    if (refused !== null) line.failure = refused.message;
    if (line.failure !== undefined) {
      wrong++;
      console.log(`${each.name}: ${line.failure}`);
    }
    save();
  }
console.log(`${cases.length - wrong} of ${cases.length} cases are right; figures in ${results}`);
process.exit(wrong > 0 ? 1 : 0);
