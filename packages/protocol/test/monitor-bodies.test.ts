import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ProcessListSchema, SystemStatusSchema } from "../src/index.ts";

interface MonitorBody {
  readonly name: string;
  readonly route: "systemStatus" | "listProcesses";
  readonly valid: boolean;
  readonly body: unknown;
}

const SCHEMAS = { systemStatus: SystemStatusSchema, listProcesses: ProcessListSchema };
const bodies = JSON.parse(readFileSync(new URL("../fixtures/monitor-bodies.json", import.meta.url), "utf8")) as MonitorBody[];

describe("golden bodies of a system monitor", () => {
  test.each(bodies)("$name", ({ route, valid, body }) => {
    const result = SCHEMAS[route].safeParse(body);
    expect(result.success).toBe(valid);
    if (valid) expect(result.data).toEqual(body);
  });
});
