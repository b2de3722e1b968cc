/** The modules that kernels make: what they share, what they import, and both forms of SIMD. */

import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { assemble } from "../../../compiler/codegen/assemble.ts";
import { gridSize, type Kernel } from "../../../compiler/kernel/kernel.ts";
import { interpretKernel } from "../../support/kernel-interpreter.ts";
import { tileProduct } from "../../support/tile-product.ts";

const sizes = { rows: 8, columns: 16, depth: 6, tile: 4, unroll: 1 };

describe("assembled kernels", () => {
  test("that compute the same are one function, whatever their names", async () => {
    const renamed = (kernel: Kernel): Kernel => ({
      ...kernel,
      name: "another",
      buffers: kernel.buffers,
      notes: ["elsewhere"],
    });
    const [first, second, third] = [
      tileProduct(sizes).kernel,
      tileProduct(sizes).kernel,
      tileProduct({ ...sizes, depth: 8 }).kernel,
    ];
    const { exports, text } = await assemble([first, renamed(second), third]);
    expect(exports).toEqual(["k0", "k0", "k1"]);
    expect(text).toContain(";; product\n;; [8, 6] · [6, 16]\n;; 1536 flops, 1088 bytes\n");
    expect(text).not.toContain(";; another");
  });

  test("import a shared memory, and one that is not where a byte is changed", async () => {
    const { plain, memoryFlags, exports } = await assemble([tileProduct(sizes).kernel]);
    const single = plain.slice();
    single[memoryFlags] = 1;
    const limits = { initial: 1, maximum: 65536 };
    for (const [bytes, shared] of [
      [plain.slice(), true],
      [single, false],
    ] as const) {
      const module = await WebAssembly.compile(bytes);
      const memory = new WebAssembly.Memory({ ...limits, shared });
      const instance = await WebAssembly.instantiate(module, { env: { memory } });
      expect(Object.keys(instance.exports)).toEqual(exports);
      const other = new WebAssembly.Memory({ ...limits, shared: !shared });
      await expect(WebAssembly.instantiate(module, { env: { memory: other } })).rejects.toThrow("memory");
    }
  });

  test("without a kernel are an empty module", async () => {
    const { plain, exports } = await assemble([]);
    expect(exports).toEqual([]);
    expect(WebAssembly.validate(plain.slice())).toBe(true);
  });

  test("add products with one rounding in relaxed SIMD, or with two", async () => {
    const { kernel, args } = tileProduct(sizes);
    const { relaxed, plain, exports } = await assemble([kernel]);
    expect(Buffer.compare(relaxed, plain)).not.toBe(0);
    const [a, b, c] = args.map((each) => each.length * 4) as [number, number, number];
    // Node 20 has relaxed SIMD behind a flag, and later ones refuse none that they know.
    const flags = WebAssembly.validate(relaxed.slice()) ? [] : ["--experimental-wasm-relaxed-simd"];
    const script = `
      const { module, words } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
      const elements = new Float32Array(memory.buffer, 0, words.length);
      elements.set(words);
      WebAssembly.instantiate(Buffer.from(module, "base64"), { env: { memory } }).then(({ instance }) => {
        instance.exports.${exports[0]}(0, ${a}, ${a + b}, ${a + b + c}, 0, ${gridSize(kernel)});
        process.stdout.write(JSON.stringify([...elements.subarray(${(a + b) / 4})]));
      });`;
    // Products that need more bits than a float has, so that a second rounding shows.
    const rough = args.map((each) => each.map((value) => Math.fround(value / 3)));
    const input = JSON.stringify({
      module: Buffer.from(relaxed).toString("base64"),
      words: rough.flatMap((each) => [...each]),
    });
    const found = JSON.parse(execFileSync(process.execPath, [...flags, "-e", script], { input, encoding: "utf8" }));
    const expected = [true, false].map((fused) => {
      const results = rough.map((each) => each.slice());
      interpretKernel(kernel, results, { fused });
      return [...(results[2] as Float32Array)];
    });
    expect(expected[0]).not.toEqual(expected[1]);
    expect(expected).toContainEqual(found);
  });
});
