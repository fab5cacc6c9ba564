import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "packages/capabilities/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.cjm/**"],
    // For a test that hangs, not for one that is slow: machines differ by more than ten times, and by what else they do.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Two at a time: many tests start worker processes of their own.
    maxWorkers: 2,
  },
});
