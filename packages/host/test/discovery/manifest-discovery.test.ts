import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { currentPlatform, discoverManifests } from "../../src/discovery/manifest-discovery.ts";

function write(folder: TemporaryFolder, file: string, document: unknown): string {
  const path = join(folder.path, file);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, typeof document === "string" ? document : JSON.stringify(document));
  return path;
}

const capability = (name: string, code: object = {}) => ({ format_version: "2.0", install: {}, code: { name, ...code } });
const adapter = (className: string) => ({
  unit: "adapter",
  name: `m.${className}`,
  task_name: "work",
  module: "m",
  class: className,
});

describe("discovery", () => {
  test("reads what stands directly in the search paths, and sorts capabilities by name", async () => {
    await using folder = await temporaryFolder();
    write(folder, "one/b.json", capability("beta", { version: "1.2.3", description: "the second" }));
    write(folder, "one/a.json", capability("alpha"));
    write(folder, "one/deeper/c.json", capability("gamma"));
    write(folder, "one/notes.txt", "no manifest");
    const report = discoverManifests([join(folder.path, "one"), join(folder.path, "nowhere")]);
    expect(report.capabilities).toMatchObject([
      { name: "alpha", version: "0.0.0" },
      { name: "beta", version: "1.2.3", description: "the second", path: join(folder.path, "one/b.json") },
    ]);
    expect(report).toMatchObject({ shadowed: [], broken: [], otherPlatform: [] });
  });

  test("the first of a name wins, by search path and then by file name; so it is with adapters, whose order stays", async () => {
    await using folder = await temporaryFolder();
    const first = write(folder, "one/z.json", capability("tool", { version: "1.0.0" }));
    const sameFolder = write(folder, "one/zz.json", capability("tool", { version: "2.0.0" }));
    const later = write(folder, "two/a.json", capability("tool", { version: "3.0.0" }));
    write(folder, "one/adapter-work-B.json", adapter("B"));
    write(folder, "two/adapter-work-A.json", adapter("A"));
    const shadowedAdapter = write(folder, "two/adapter-work-B.json", adapter("B"));
    const report = discoverManifests([join(folder.path, "one"), join(folder.path, "two"), join(folder.path, "one")]);
    expect(report.capabilities).toMatchObject([{ name: "tool", version: "1.0.0", path: first }]);
    expect(report.adapters).toMatchObject([
      { name: "m.B", task: "work" },
      { name: "m.A", task: "work" },
    ]);
    expect(report.shadowed).toEqual([
      { name: "tool", path: sameFolder, by: first },
      { name: "tool", path: later, by: first },
      { name: "m.B", path: shadowedAdapter, by: join(folder.path, "one/adapter-work-B.json") },
    ]);
  });

  test("what is broken is named with its reason and hides nothing", async () => {
    await using folder = await temporaryFolder();
    const files = {
      "m/a-no-json.json": "{",
      "m/b-old.json": { format_version: "1.0", install: {}, code: { name: "old" } },
      "m/c-nameless.json": capability(""),
      "m/d-adapter.json": { unit: "adapter", name: "m.X" },
      "m/e-list.json": [],
    };
    for (const [file, document] of Object.entries(files)) write(folder, file, document);
    write(folder, "m/good.json", capability("good"));
    const report = discoverManifests([join(folder.path, "m")]);
    expect(report.capabilities.map(({ name }) => name)).toEqual(["good"]);
    expect(report.broken.map(({ path }) => path)).toEqual(Object.keys(files).map((file) => join(folder.path, file)));
    expect(report.broken.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/JSON/),
      'format_version: must be "2.0"',
      "code.name is empty",
      expect.stringMatching(/task_name/),
      "must be a map, not a list",
    ]);
  });

  test("what is for another platform is told apart and shadows nothing", async () => {
    await using folder = await temporaryFolder();
    write(folder, "one/tool.json", capability("tool", { resources: { platforms: ["darwin-arm64"] } }));
    write(folder, "two/tool.json", capability("tool", { resources: { platforms: ["linux-x64", "darwin-x64"] } }));
    write(folder, "two/any.json", capability("any", { resources: { platforms: [] } }));
    const report = discoverManifests([join(folder.path, "one"), join(folder.path, "two")], "linux-x64");
    expect(report.capabilities.map(({ name }) => name)).toEqual(["any", "tool"]);
    expect(report.otherPlatform).toMatchObject([{ name: "tool", platforms: ["darwin-arm64"] }]);
    expect(report.shadowed).toEqual([]);
    expect(currentPlatform()).toMatch(/^(linux|darwin|win)-\w+$/);
  });

  test("a folder that cannot be read is no empty folder", async () => {
    await using folder = await temporaryFolder();
    const file = write(folder, "manifests", "a file in the place of a folder");
    expect(discoverManifests([file]).broken).toEqual([{ path: file, reason: "a part of its path is no folder" }]);
    chmodSync(file, 0o600);
  });
});
