import { readFileSync } from "node:fs";
import { errorFromJobError } from "@cjm/core";
import { describe, expect, test } from "vitest";
import {
  CancelRequestSchema,
  decodeStreamFrame,
  decodeWireValue,
  ExecuteRequestSchema,
  HelloFrameSchema,
  jobErrorOfBody,
  ReconfigureRequestSchema,
  TaskRequestSchema,
  WorkerFrameSchema,
} from "../src/index.ts";

function fixture<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8")) as T[];
}

const SCHEMAS = {
  execute: ExecuteRequestSchema,
  task: TaskRequestSchema,
  cancel: CancelRequestSchema,
  reconfigure: ReconfigureRequestSchema,
};

describe("golden request bodies", () => {
  test.each(fixture<{ name: string; route: keyof typeof SCHEMAS; valid: boolean; body: unknown; parsed?: unknown }>("requests"))(
    "$name",
    ({ route, valid, body, parsed }) => {
      const result = SCHEMAS[route].safeParse(body);
      expect(result.success).toBe(valid);
      if (parsed !== undefined) expect(result.data).toEqual(parsed);
    },
  );
});

describe("golden error bodies", () => {
  test.each(fixture<{ name: string; body: unknown; code: string }>("job-errors"))("$name", ({ body, code }) => {
    const error = jobErrorOfBody(body);
    expect(error).not.toBeNull();
    if (error === null) return;
    expect(Object.keys(error)).toHaveLength(11);
    expect(errorFromJobError(error, { capabilityName: "probe" }).code).toBe(code);
  });
});

describe("golden stream lines", () => {
  test.each(fixture<{ name: string; line: string; frame: unknown }>("stream-lines"))("$name", ({ line, frame }) => {
    expect(decodeStreamFrame(line)).toEqual(frame);
  });
});

describe("golden control frames", () => {
  test.each(fixture<{ name: string; from: "host" | "worker"; valid: boolean; frame: unknown }>("control-frames"))(
    "$name",
    ({ from, valid, frame }) => {
      const schema = from === "host" ? HelloFrameSchema : WorkerFrameSchema;
      expect(schema.safeParse(frame).success).toBe(valid);
    },
  );
});

describe("golden typed values", () => {
  const decoders = new Map([["point", (data: { x?: unknown }) => ({ point: data.x ?? null })]]);
  test.each(fixture<{ name: string; value: unknown; decoded: unknown }>("wire-values"))("$name", ({ value, decoded }) => {
    expect(decodeWireValue(value, decoders)).toEqual(decoded);
  });
});
