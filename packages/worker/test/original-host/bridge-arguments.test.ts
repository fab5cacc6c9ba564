import { describe, expect, test } from "vitest";
import { parseBridgeArguments } from "../../src/original-host/bridge-arguments.ts";

const launcher = ["--worker", "/bin/node", "--worker", "main.js", "--environment", "/env", "--"];
const host = ["-m", "cjm_substrate.core.worker", "--module", "m", "--class", "C"];

describe("parseBridgeArguments", () => {
  test.each([
    [
      [...launcher, ...host, "--fd", "9", "--ppid", "77"],
      {
        workerCommand: ["/bin/node", "main.js"],
        environment: "/env",
        module: "m",
        className: "C",
        adapters: "",
        listenOn: { fd: 9 },
        parentPid: 77,
      },
    ],
    [[...launcher, ...host, "--port", "4000"], { listenOn: { port: 4000 }, parentPid: null }],
    [[...launcher, ...host, "--port", "4000", "--fd", "0"], { listenOn: { fd: 0 } }],
    [[...launcher, "--fd", "5", ...host, "--ppid", "0", "--adapters", "a:B,c:D"], { parentPid: null, adapters: "a:B,c:D" }],
    [["--worker", "w", "--", ...host, "--fd", "5"], { workerCommand: ["w"], environment: null, sessionId: null }],
    [["--worker", "w", "--session", "s", "--", ...host, "--fd", "5"], { sessionId: "s" }],
    [["--worker", "w", "--session", "", "--", ...host, "--fd", "5"], { sessionId: null }],
  ])("%j", (argv, expected) => {
    expect(parseBridgeArguments(argv)).toMatchObject(expected);
  });

  test.each([
    [host, "'--' is missing"],
    [["--", ...host, "--fd", "1"], "--worker is required."],
    [[...launcher, ...host], "One of --fd and --port is required."],
    [[...launcher, ...host, "--fd", "x"], "--fd needs a whole number, not 'x'."],
    [[...launcher, ...host, "--fd"], "--fd needs a value."],
    [[...launcher, "-m", "pip", "install"], "Unknown option install."],
    [[...launcher, "-m", "pip"], "This launcher is no Python interpreter"],
    [[...launcher, "-m", "cjm_substrate.core.worker", "--class", "C", "--fd", "1"], "--module is required."],
  ])("%j is refused", (argv, message) => {
    expect(() => parseBridgeArguments(argv)).toThrow(message);
  });
});
