import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { recordPaths, resolveRecordedPath, startWorkspace } from "../../src/index.ts";

test.each([
  ["the root", "/ws", "${WS}"],
  ["below it", "/ws/a/b.txt", "${WS}/a/b.txt"],
  ["beside it", "/ws2/a", "/ws2/a"],
  ["above it", "/", "/"],
  ["no path", "see /ws/a", "see /ws/a"],
  ["a relative one", "ws/a", "ws/a"],
  ["a number", 7, 7],
  ["nothing", null, null],
  ["at any depth, values alone", { "/ws/key": [{ path: "/ws/x" }, true] }, { "/ws/key": [{ path: "${WS}/x" }, true] }],
])("recording %s", (_, value, recorded) => {
  expect(recordPaths(value, "/ws")).toEqual(recorded);
  expect(recordPaths(value, null)).toEqual(value);
});

test.each<[string, string, string | null, readonly string[], string]>([
  ["bare", "${WS}", "/other", [], "/moved"],
  ["found beside its file", "${WS}/x", "/other", ["/moved/x", "/other/x"], "/moved/x"],
  ["found in the workspace in force", "${WS}/x", "/other", ["/other/x"], "/other/x"],
  ["found nowhere", "${WS}/x", "/other", [], "/moved/x"],
  ["without a workspace", "${WS}/x", null, [], "/moved/x"],
  ["absolute", "/abs/x", "/other", ["/other/abs/x"], "/abs/x"],
  ["something like it", "${WSX}/x", "/other", [], "${WSX}/x"],
])("reading back, %s", (_, written, workspace, there, expected) => {
  expect(resolveRecordedPath(written, { file: "/moved/runs/run.json", workspace }, (path) => there.includes(path))).toBe(expected);
});

test("what a workspace recorded is found after it moved", async () => {
  await using folder = await temporaryFolder();
  const before = join(folder.path, "before");
  await startWorkspace(before);
  mkdirSync(join(before, "audio"));
  writeFileSync(join(before, "audio/a.wav"), "");
  const recorded = recordPaths({ input: join(before, "audio/a.wav") }, before);
  const after = join(folder.path, "elsewhere/after");
  mkdirSync(join(folder.path, "elsewhere"));
  renameSync(before, after);
  expect(recorded).toEqual({ input: "${WS}/audio/a.wav" });
  expect(resolveRecordedPath("${WS}/audio/a.wav", { file: join(after, "runs/run.json"), workspace: null })).toBe(
    join(after, "audio/a.wav"),
  );
  expect(resolveRecordedPath("${WS}/audio/a.wav", { file: "/copied/off/run.json", workspace: after })).toBe(join(after, "audio/a.wav"));
});
