import { defineConfig } from "vitest/config";
import { summary } from "./.ci/summary.ts";

export default defineConfig({
  // `typegrad` means its sources here, as it does for `tsc` (`tsconfig.json`) and for tsx (`npm start`).
  ssr: { resolve: { conditions: ["typegrad-source", "module", "node", "development|production"] } },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", summary()],
    maxWorkers: 2,
    // Against what hangs, not what is slow: a machine may be shared.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
