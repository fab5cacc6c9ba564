import { fileURLToPath } from "node:url";
import { runProgram, temporaryFolder } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import type { Holdings } from "./hosts/load-loop.ts";

const LOAD_LOOP = fileURLToPath(new URL("hosts/load-loop.ts", import.meta.url));
const ROUNDS = 100;
const HEAP_GROWTH_KIB = 1024;
/** Two hundred starts of a process, on a machine that may be busy with other tests. */
const TIMEOUT_MS = 300_000;

describe(`after ${ROUNDS} rounds nothing is held`, () => {
  test.each([
    ["of loads, calls and unloads", "Plain"],
    ["of loads that fail", "ExitsAtOnce"],
  ])(
    "%s",
    async (name, className) => {
      await using folder = await temporaryFolder("cjm-f-");
      const flags = ["--expose-gc", "--disable-warning=ExperimentalWarning"];
      const { stdout, stderr } = await runProgram(process.execPath, [...flags, LOAD_LOOP, folder.path, className, String(ROUNDS)]);
      expect(stdout, stderr).not.toBe("");
      const { fresh, before, after, closed, warnings } = JSON.parse(stdout) as Record<"fresh" | "before" | "after" | "closed", Holdings> & {
        warnings: string[];
      };
      const growthKib = after.heapUsedKib - before.heapUsedKib;
      console.info(
        `${ROUNDS} rounds ${name}: heap ${before.heapUsedKib} -> ${after.heapUsedKib} KiB, resident ${before.rssMib} -> ${after.rssMib} MiB, ` +
          `descriptors ${before.descriptors} -> ${after.descriptors}`,
      );
      expect(counted(after)).toEqual(counted(before));
      expect(counted(closed)).toEqual({ ...counted(before), resources: fresh.resources });
      expect(growthKib, `the heap grew by ${growthKib} KiB in ${ROUNDS} rounds`).toBeLessThan(HEAP_GROWTH_KIB);
      expect(warnings).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

function counted({ descriptors, descendants, listeners, resources }: Holdings) {
  return { descriptors, descendants, listeners, resources };
}
