/**
 * The suites of WebGPU on Mesa's driver that computes on the processor, where it is installed: `npm run test:lavapipe`. It
 * compiles each kernel by LLVM, and so takes longer than all other tests.
 */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import base from "../../vitest.config.ts";

/** Where Vulkan's loader looks for drivers: the system's own folders. */
const folders = ["/etc", ...(process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(":")].map((folder) =>
  join(folder, "vulkan/icd.d"),
);

const findDriver = (): string => {
  for (const folder of folders) {
    const name = existsSync(folder) ? readdirSync(folder).find((file) => /^lvp_icd.*\.json$/.test(file)) : undefined;
    if (name !== undefined) return join(folder, name);
  }
  throw new Error(
    `lavapipe is not installed: no lvp_icd*.json in ${folders.join(", ")}; it comes with Mesa's Vulkan drivers`,
  );
};

export default defineConfig({
  ...base,
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    ...base.test,
    include: ["test/compiler/devices/webgpu-*.test.ts"],
    env: { VK_DRIVER_FILES: findDriver() },
    testTimeout: 900_000,
    hookTimeout: 900_000,
    teardownTimeout: 300_000,
  },
});
