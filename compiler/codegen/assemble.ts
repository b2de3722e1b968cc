/** Kernels as two WebAssembly modules, in plain and in relaxed SIMD, and as text. */

import loadWabt from "wabt";
import type { Kernel } from "../kernel/kernel.ts";
import { kernelKey } from "../kernel/kernel-key.ts";
import { printFunction, type WatFunction } from "./wat.ts";
import { type HelperName, printHelpers } from "./wat-operations.ts";

export interface WasmModules {
  readonly plain: Uint8Array;
  readonly relaxed: Uint8Array;
  /** The byte of both that says what memory they import: 3, shared; 1, not shared. */
  readonly memoryFlags: number;
  /** The relaxed module, for people. */
  readonly text: string;
  /** For each kernel, the export that runs it. Kernels that compute the same share one. */
  readonly exports: readonly string[];
}

/** Of 64 KiB: all that 32 bits can address. */
const mostPages = 65536;

const features = { simd: true, threads: true, relaxed_simd: true, bulk_memory: true, mutable_globals: true };

type Wabt = Awaited<ReturnType<typeof loadWabt>>;

/** Assembles without waiting, once it has been opened. */
export type Assembler = (kernels: readonly Kernel[]) => WasmModules;

let opened: Promise<Assembler> | undefined;

/** Loads the assembler, once. */
export const openAssembler = (): Promise<Assembler> => {
  opened ??= loadWabt().then((wabt) => (kernels: readonly Kernel[]) => assembleWith(wabt, kernels));
  return opened;
};

/** The text with names numbered in the order in which they come: equal for functions that compute the same. Helpers keep theirs. */
const withoutNames = (text: string): string => {
  const numbers = new Map<string, number>();
  return text.replace(/(?<!call )\$[\w.]+/g, (name) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return `$${number}`;
  });
};

interface Function {
  readonly name: string;
  readonly plain: WatFunction;
  readonly relaxed: WatFunction;
}

const moduleText = (functions: readonly Function[], form: "plain" | "relaxed"): string => {
  const helpers = new Set<HelperName>(functions.flatMap((each) => [...each[form].helpers]));
  const parts = [
    `(import "env" "memory" (memory 1 ${mostPages} shared))\n`,
    ...printHelpers(helpers).map((text) => `${text}\n`),
    ...functions.map((each) => `\n${each[form].header}(func (export "${each.name}")\n${each[form].text})\n`),
  ];
  return `(module\n${parts.join("")})\n`;
};

/** Where the import of the memory says that it is shared. */
const memoryFlagsOf = (binary: Uint8Array): number => {
  const bytes = [
    3,
    ..."env".split("").map((c) => c.charCodeAt(0)),
    6,
    ..."memory".split("").map((c) => c.charCodeAt(0)),
  ];
  const at = binary.findIndex((_, start) => bytes.every((byte, i) => binary[start + i] === byte));
  const flags = at + bytes.length + 1;
  if (at < 0 || binary[flags] !== 3) throw new Error("internal: the assembled module imports no shared memory");
  return flags;
};

export const assemble = async (kernels: readonly Kernel[]): Promise<WasmModules> => (await openAssembler())(kernels);

const assembleWith = (wabt: Wabt, kernels: readonly Kernel[]): WasmModules => {
  const functions = new Map<string, Function>();
  const names = new Map<string, string>();
  const nameOf = (kernel: Kernel): string => {
    const relaxed = printFunction(kernel, "relaxed");
    const key = withoutNames(relaxed.text);
    let known = functions.get(key);
    if (known === undefined) {
      const plain = relaxed.text.includes("relaxed_madd") ? printFunction(kernel, "plain") : relaxed;
      known = { name: `k${functions.size}`, plain, relaxed };
      functions.set(key, known);
    }
    return known.name;
  };
  const exports = kernels.map((kernel) => {
    const structure = kernelKey(kernel);
    const name = names.get(structure) ?? nameOf(kernel);
    names.set(structure, name);
    return name;
  });
  const binaryOf = (text: string): Uint8Array => {
    const parsed = wabt.parseWat("kernels.wat", text, features);
    try {
      return parsed.toBinary({}).buffer.slice();
    } finally {
      parsed.destroy();
    }
  };
  const all = [...functions.values()];
  const text = moduleText(all, "relaxed");
  const [plain, relaxed] = [binaryOf(moduleText(all, "plain")), binaryOf(text)];
  const memoryFlags = memoryFlagsOf(relaxed);
  if (memoryFlagsOf(plain) !== memoryFlags) throw new Error("internal: the two modules import memory at two places");
  return { plain, relaxed, memoryFlags, text, exports };
};
