import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "packages/capabilities/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.cjm/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two at a time: many tests start worker processes of their own.
    maxWorkers: 2,
  },
});
