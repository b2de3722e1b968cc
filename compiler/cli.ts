#!/usr/bin/env node
/** The command `typegrad`: its commands and their options. What each does is read when it is called. */

import { Command } from "commander";
import { bytes, dim, input, json, names } from "./cli/flags.ts";
import { type DeviceClassName, deviceClasses } from "./schedule/device-class.ts";

const device = (name: string): DeviceClassName => {
  if (!Object.hasOwn(deviceClasses, name))
    throw new Error(`--device ${name}: there is no such device; they are ${Object.keys(deviceClasses).join(", ")}`);
  return name as DeviceClassName;
};

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--threads ${text}: give a whole number from 1 up`);
  return value;
};

const program = new Command("typegrad").description("a compiler for tensor programs written in TypeScript");

const reads = (command: Command): Command =>
  command
    .option("--dim <name=size>", "the size of a dim that is a type parameter", dim)
    .option("--static <name=json>", "the value of a parameter that is no tensor", json);

const compiles = (command: Command): Command =>
  reads(command)
    .option("--device <device>", "wasm, webgpu, or software (WebGPU computed by the processor)", device)
    .option("--bind <names>", "parameters that are frozen weights", names)
    .option("--memory <bytes>", "what a call may take, such as 2GiB; programs that need more are refused", bytes);

reads(
  program
    .command("check")
    .argument("<file[#export]>", "a source file, and one of its exports; all of them by default")
    .description("read functions as programs and report what cannot be compiled"),
)
  .option("--types", "run the type checker too, and compare its shapes with those that are found")
  .action(async (text, flags) => (await import("./cli/check.ts")).check(text, flags));

compiles(
  program
    .command("explain")
    .argument("<file#export>", "a source file and one of its exports")
    .description("show what each line of the source becomes; with --device, down to kernels"),
)
  .option("--text", "the text of kernels as the device takes it, WebAssembly's or WGSL, in place of loops")
  .option("--time", "run it on random inputs, and show the time of each kernel")
  .option("--threads <count>", "of WebAssembly", count)
  .option("--whole", "all of long kernels")
  .option("--summary", "how much each line costs, and no more")
  .option("--raw", "without a device: as it was read, before any pass")
  .option("--passes", "without a device: the whole program after each pass")
  .action(async (text, flags) => (await import("./cli/explain.ts")).explain(text, flags));

compiles(
  program
    .command("build")
    .argument("<file#export>", "a source file and one of its exports")
    .description("compile a function to a plan file, and write a module beside it that loads it"),
)
  .option("-o, --output <file>", "the plan file, if it is not to be named for the export")
  .option("--donate <names>", "parameters whose tensors a call spends", names)
  .action(async (text, flags) => (await import("./cli/build.ts")).build(text, flags));

compiles(
  program
    .command("run")
    .argument("<file#export | plan>", "an export of a source file, or a plan file")
    .description("call a function with tensors from safetensors files, and write what it gives"),
)
  .option("--input <name=value>", "an argument: a safetensors file, or a number where the rank is 0", input)
  .requiredOption("-o, --output <file>", "the safetensors file for the results")
  .option("--threads <count>", "of WebAssembly", count)
  .action(async (text, flags) => (await import("./cli/run.ts")).run(text, flags));

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode ||= 1;
}
