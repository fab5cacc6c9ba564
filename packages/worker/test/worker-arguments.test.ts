import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseIntrospectionArguments, parseWorkerArguments } from "../src/worker-arguments.ts";

const complete = ["--module", "@x/y", "--class", "Y", "--environment", "/env", "--socket", "/run/s"];

describe("parseWorkerArguments", () => {
  test.each([
    [complete, { module: "@x/y", className: "Y", environment: "/env", socketPath: "/run/s", adapters: [] }],
    [[...complete, "--adapters", " a:B, ,c.d:E,"], { adapters: ["a:B", "c.d:E"] }],
    [["--socket", "/s", "--module", "m"], { className: null, environment: resolve(".") }],
  ])("%j", (argv, expected) => {
    expect(parseWorkerArguments(argv)).toMatchObject(expected);
  });

  test.each([
    [[], "--module is required."],
    [["--module", "m"], "--socket is required."],
    [["--module", "m", "--socket"], "--socket needs a value."],
    [["--port", "1"], "Unknown option --port. Known: --module, --class, --environment, --socket, --adapters."],
    [["module"], "Unknown option module."],
  ])("%j is refused", (argv, message) => {
    expect(() => parseWorkerArguments(argv)).toThrow(message);
  });
});

test("introspection takes no socket", () => {
  expect(parseIntrospectionArguments(["--module", "m"])).toEqual({ module: "m", className: null, environment: resolve(".") });
  expect(() => parseIntrospectionArguments(["--socket", "s"])).toThrow("Unknown option --socket");
});

test("introspection takes an adapter in the place of a capability", () => {
  expect(parseIntrospectionArguments(["--adapter", "@x/y:Z", "--environment", "/env"])).toEqual({ adapter: "@x/y:Z", environment: "/env" });
  expect(() => parseIntrospectionArguments(["--adapter", ""])).toThrow("--adapter is required.");
  expect(() => parseIntrospectionArguments(["--adapter", "m:C", "--module", "m"])).toThrow("--adapter names module and class itself.");
});
