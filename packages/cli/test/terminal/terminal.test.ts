import { PassThrough } from "node:stream";
import { durationText } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { textTable } from "../../src/listing/text-table.ts";
import { LiveLines } from "../../src/terminal/live-lines.ts";
import { Terminal } from "../../src/terminal/terminal.ts";

const CLEAR_BELOW = "\u001b[0J";

function stream(fields: object = {}): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  const pass = new PassThrough();
  let text = "";
  pass.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream: Object.assign(pass, { columns: 20, rows: 4, ...fields }) as unknown as NodeJS.WriteStream, text: () => text };
}

describe("lines that change in place", () => {
  test("are drawn over what was drawn before, and stay when they stop", () => {
    const { stream: to, text } = stream();
    const live = new LiveLines(to);
    live.start(() => ["one", "two"]);
    live.stop();
    expect(text().split(CLEAR_BELOW)).toEqual(["one\u001b[0K\ntwo\u001b[0K\n", "\u001b[2Aone\u001b[0K\ntwo\u001b[0K\n", ""]);
  });

  test("make way for something written above them", () => {
    const { stream: to, text } = stream();
    const live = new LiveLines(to);
    live.start(() => ["one"]);
    live.clear();
    live.clear();
    expect(text().endsWith("\u001b[1A\u001b[0J")).toBe(true);
    live.stop();
  });

  test("that are too long or too many are cut", () => {
    const { stream: to, text } = stream();
    const live = new LiveLines(to);
    live.start(() => [`\u001b[31m${"x".repeat(50)}\u001b[39m`, "b", "c", "d", "e"]);
    expect(text()).toContain(`${"x".repeat(19)}…\u001b[0K`);
    expect(text()).toContain("b\u001b[0K\n... 3 more");
    expect(text()).not.toContain("\u001b[31m");
    live.stop();
  });
});

describe("where a command writes", () => {
  const make = (options: { readonly tty?: boolean; readonly env?: object; readonly quiet?: boolean; readonly noColor?: boolean } = {}) => {
    const out = stream({ isTTY: options.tty ?? false });
    const err = stream({ isTTY: options.tty ?? false });
    const terminal = new Terminal({
      stdout: out.stream,
      stderr: err.stream,
      env: (options.env ?? {}) as Record<string, string>,
      json: false,
      quiet: options.quiet ?? false,
      noColor: options.noColor ?? false,
    });
    return { terminal, out, err };
  };

  test("results to stdout, the way there to stderr; quiet keeps results and errors", () => {
    const { terminal, out, err } = make({ quiet: true });
    terminal.print("result");
    terminal.note("way");
    terminal.alert("error");
    expect([out.text(), err.text()]).toEqual(["result\n", "error\n"]);
  });

  test.each([
    [{}, false, false],
    [{ tty: true }, true, true],
    [{ tty: true, noColor: true }, false, true],
    [{ tty: true, env: { NO_COLOR: "1" } }, false, true],
    [{ tty: true, env: { NO_COLOR: "" } }, true, true],
    [{ tty: true, env: { TERM: "dumb" } }, false, false],
    [{ tty: true, env: { CI: "true" } }, true, false],
    [{ tty: true, quiet: true }, true, false],
    [{ env: { FORCE_COLOR: "1" } }, true, false],
    [{ tty: true, env: { FORCE_COLOR: "0" } }, false, true],
  ])("%j: colours %s, live %s", (options, colors, live) => {
    const { terminal } = make(options);
    expect([terminal.colors.isColorSupported, terminal.live !== null]).toEqual([colors, live]);
  });

  test.each([
    [{ isTTY: true, columns: 40 }, 40],
    [{ isTTY: true, columns: 0 }, 80],
    [{ isTTY: false, columns: 40 }, Number.POSITIVE_INFINITY],
  ])("columns of %j: %s", (size, columns) => {
    const terminal = new Terminal({
      stdout: stream(size).stream,
      stderr: stream({}).stream,
      env: {},
      json: false,
      quiet: false,
      noColor: false,
    });
    expect(terminal.columns).toBe(columns);
  });

  test("a reader that went away is told by a signal, and what follows is dropped", () => {
    const { terminal, out } = make();
    out.stream.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    terminal.print("lost");
    expect([terminal.closed.aborted, terminal.writeFault, out.text()]).toEqual([true, null, ""]);
  });

  test("a full disk is a fault", () => {
    const { terminal, out } = make();
    out.stream.emit("error", Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" }));
    expect([terminal.closed.aborted, terminal.writeFault?.message]).toEqual([true, "write ENOSPC"]);
  });
});

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1000, "1.0 s"],
  [59_999, "59.9 s"],
  [125_000, "2 min 5 s"],
  [3_780_000, "1 h 3 min"],
])("%d ms is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test("a table: columns aligned, colours not counted, long lines cut", () => {
  const rows = [
    ["name", "what"],
    ["\u001b[1mlonger\u001b[22m", "x".repeat(20)],
  ];
  expect(textTable(rows, Number.POSITIVE_INFINITY)[0]).toBe("name    what");
  expect(textTable(rows, 12)[1]).toBe("longer  xxx…");
});
