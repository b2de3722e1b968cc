/** What a page downloads to run plans on one device. */

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const bytesOf = async (entry: string): Promise<number> => {
  const { outputFiles } = await build({
    entryPoints: [`${root}${entry}`],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    external: ["node:*", "webgpu"],
  });
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
};

test.each([["runtime/wasm/device.ts"], ["runtime/webgpu/device.ts"]])("%s is under 20 KB", async (entry) => {
  const worker = entry.includes("wasm") ? await bytesOf("runtime/wasm/worker.js") : 0;
  const bytes = (await bytesOf(entry)) + worker;
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThan(20_000);
});
