import { defineConfig } from "vitest/config";
import { findLavapipe } from "./.ci/lavapipe.ts";
import { summary } from "./.ci/summary.ts";

const common = {
  // `typegrad` means its sources here, as it does for `tsc` (`tsconfig.json`) and for tsx (`npm start`).
  ssr: { resolve: { conditions: ["typegrad-source", "module", "node", "development|production"] } },
  // Against what hangs, not what is slow: a machine may be shared.
  test: { testTimeout: 120_000, hookTimeout: 120_000 },
};
const suite = { ...common, test: { ...common.test, name: "suite", include: ["test/**/*.test.ts"] } };

/** The suites of WebGPU once more, where Mesa's driver is installed. */
const lavapipe = (driver: string) => ({
  ...common,
  test: {
    ...common.test,
    name: "lavapipe",
    include: ["test/compiler/devices/webgpu-*.test.ts"],
    env: { VK_DRIVER_FILES: driver },
  },
});

const driver = findLavapipe();

export default defineConfig({
  test: {
    reporters: ["default", summary()],
    maxWorkers: 2,
    projects: driver === undefined ? [suite] : [suite, lavapipe(driver)],
  },
});
