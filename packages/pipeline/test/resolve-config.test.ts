import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCapabilitiesFile, resolveConfig } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cjm-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

describe("layers", () => {
  test("without anything the data lies in the home directory", async () => {
    const { config, sources, file } = await resolveConfig({ cwd: folder, env: { HOME: "/home/ada" } });
    expect(file).toBeNull();
    expect(config).toMatchObject({
      dataDir: "/home/ada/.cjm",
      capabilitiesFile: join(folder, "capabilities.yaml"),
      stallThresholdMs: 60_000,
      stallCountsSilence: false,
      inheritEnvironment: false,
    });
    expect(sources.dataDir).toBe("default");
  });

  test("cjm.yaml is found upwards and its paths are relative to it", async () => {
    await mkdir(join(folder, "a/b"), { recursive: true });
    await write("cjm.yaml", "data_dir: ./state\nmodels_dir: ~/models\nsubstrate:\n  drift_detection: no\n");
    const { config, sources } = await resolveConfig({ cwd: join(folder, "a/b"), env: { HOME: "/home/ada" } });
    expect(config).toMatchObject({ dataDir: join(folder, "state"), modelsDir: "/home/ada/models", driftDetection: false });
    expect(sources.dataDir).toBe("file");
  });

  test("environment over file, option over environment", async () => {
    await write("cjm.yaml", "data_dir: ./state\n");
    const env = { HOME: "/home/ada", CJM_DATA_DIR: "/from-env" };
    expect((await resolveConfig({ cwd: folder, env })).config.dataDir).toBe("/from-env");
    const { config, sources } = await resolveConfig({ cwd: folder, env, dataDir: "here" });
    expect(config.dataDir).toBe(join(folder, "here"));
    expect(sources.dataDir).toBe("option");
  });

  test("an empty file means defaults", async () => {
    await write("cjm.yaml", "");
    expect((await resolveConfig({ cwd: folder, env: { HOME: "/h" } })).config.dataDir).toBe("/h/.cjm");
  });
});

describe("faults are named with file, line and field", () => {
  test.each([
    ["runtime:\n  conda_type: pip\n", /cjm\.yaml has a fault:\n {2}- line 2: runtime\.conda_type: /],
    ["- a\n- b\n", /Invalid input: expected object/],
    ["data_dir: [\n", /line \d/],
    ["data_dir: a\ndata_dir: b\n", /line 2: Map keys must be unique/],
  ])("%j", async (text, message) => {
    await write("cjm.yaml", text);
    await expect(resolveConfig({ cwd: folder, env: {} })).rejects.toMatchObject({
      code: "CJM_CONFIG_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("a named file that is not there", async () => {
    await expect(resolveConfig({ cwd: folder, env: {}, configPath: "other.yaml" })).rejects.toMatchObject({
      code: "CJM_CONFIG_INVALID",
      message: expect.stringContaining(join(folder, "other.yaml")),
    });
  });

  test("a wrong CJM_CONDA_TYPE", async () => {
    await expect(resolveConfig({ cwd: folder, env: { CJM_CONDA_TYPE: "pip" } })).rejects.toMatchObject({
      hint: expect.stringContaining("micromamba"),
    });
  });

  test("capabilities.yaml lists all its faults", async () => {
    await write("capabilities.yaml", "capabilities:\n  - name: a\n    runtime: cargo\n    package: x\n  - name: b\n");
    const failure = readCapabilitiesFile(join(folder, "capabilities.yaml"));
    await expect(failure).rejects.toMatchObject({
      code: "CJM_CAPABILITIES_FILE_INVALID",
      details: {
        faults: [expect.stringContaining("line 3: capabilities[0].runtime"), expect.stringContaining("line 5: capabilities[1].package")],
      },
    });
  });

  test("a folder instead of a file", async () => {
    await mkdir(join(folder, "capabilities.yaml"));
    await expect(readCapabilitiesFile(join(folder, "capabilities.yaml"))).rejects.toMatchObject({
      message: expect.stringContaining("cannot be read"),
    });
  });
});
