import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configSettings } from "@cjm/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ResolvedConfig, readCapabilitiesFile, resolveConfig } from "../../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cjm-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

const given = ({ values }: ResolvedConfig, key: string) => values.find((value) => value.key === key);

describe("layers", () => {
  test("without anything the data lies in the home directory", async () => {
    const resolved = await resolveConfig({ cwd: folder, env: { HOME: "/home/ada" } });
    const { config, file, workspace } = resolved;
    expect([file, workspace]).toEqual([null, null]);
    expect(config).toMatchObject({
      dataDir: "/home/ada/.cjm",
      capabilitiesFile: join(folder, "capabilities.yaml"),
      stallThresholdMs: 60_000,
      stallCountsSilence: false,
      inheritEnvironment: false,
    });
    expect(given(resolved, "data_dir")).toEqual({ key: "data_dir", value: "/home/ada/.cjm", source: "default", from: null });
    expect(resolved.values.every(({ source }) => source === "default")).toBe(true);
  });

  test("every setting of the reference has a value, in its order", async () => {
    const { values } = await resolveConfig({ cwd: folder, env: {} });
    expect(values.map(({ key }) => key)).toEqual(configSettings().map(({ key }) => key));
  });

  test("cjm.yaml is found upwards and its paths are relative to it", async () => {
    await mkdir(join(folder, "a/b"), { recursive: true });
    await write("cjm.yaml", "data_dir: ./state\nmodels_dir: ~/models\nsubstrate:\n  drift_detection: no\n");
    const resolved = await resolveConfig({ cwd: join(folder, "a/b"), env: { HOME: "/home/ada" } });
    expect(resolved.config).toMatchObject({ dataDir: join(folder, "state"), modelsDir: "/home/ada/models", driftDetection: false });
    expect(given(resolved, "data_dir")).toMatchObject({ source: "file", from: `${join(folder, "cjm.yaml")}:1` });
    expect(given(resolved, "substrate.drift_detection")).toMatchObject({ value: false, from: `${join(folder, "cjm.yaml")}:4` });
    // What the schema fills in beside it is nobody's choice.
    expect(given(resolved, "substrate.empirical_tracking")).toMatchObject({ value: true, source: "default", from: null });
  });

  test("environment over file, option over environment", async () => {
    await write("cjm.yaml", "data_dir: ./state\n");
    const env = { HOME: "/home/ada", CJM_DATA_DIR: "/from-env" };
    expect(given(await resolveConfig({ cwd: folder, env }), "data_dir")).toMatchObject({ value: "/from-env", from: "CJM_DATA_DIR" });
    const resolved = await resolveConfig({ cwd: folder, env, dataDir: "here" });
    expect(resolved.config.dataDir).toBe(join(folder, "here"));
    expect(given(resolved, "data_dir")).toMatchObject({ source: "option", from: "--data-dir" });
  });

  test("the same for conda's place and kind", async () => {
    await write("cjm.yaml", "runtime:\n  conda_type: miniforge\n  prefix: ./conda\n");
    const env = { CJM_CONDA_TYPE: "micromamba", CJM_CONDA_PREFIX: "~/conda", HOME: "/h" };
    expect((await resolveConfig({ cwd: folder, env: {} })).config.runtime).toMatchObject({
      condaType: "miniforge",
      prefix: join(folder, "conda"),
    });
    expect((await resolveConfig({ cwd: folder, env })).config.runtime).toMatchObject({ condaType: "micromamba", prefix: "/h/conda" });
    const resolved = await resolveConfig({ cwd: folder, env, condaType: "conda", condaPrefix: "c" });
    expect(resolved.config.runtime).toMatchObject({ condaType: "conda", prefix: join(folder, "c") });
    expect(given(resolved, "runtime.conda_type")).toMatchObject({ source: "option", from: "--conda-type" });
  });

  test("a variable that is set to nothing says nothing", async () => {
    const resolved = await resolveConfig({ cwd: folder, env: { CJM_DATA_DIR: "", CJM_CONDA_TYPE: "", CJM_WORKSPACE: "", HOME: "/h" } });
    expect(resolved.config.dataDir).toBe("/h/.cjm");
  });

  test("a key that is empty says nothing", async () => {
    await write("cjm.yaml", "data_dir:\nruntime:\nsubstrate:\n  drift_detection: off\n");
    const resolved = await resolveConfig({ cwd: folder, env: { HOME: "/h" } });
    expect(given(resolved, "data_dir")).toMatchObject({ value: "/h/.cjm", source: "default" });
    expect(resolved.config.driftDetection).toBe(false);
  });

  test("a file says where each of its paths lies, also the programs of platforms", async () => {
    await write(
      "cjm.yaml",
      "capabilities_config: caps/all.yaml\nruntime:\n  binaries: { linux-x64: bin/micromamba, other: /opt/m }\n  micromamba: { version: 2.4.0-1 }\n",
    );
    const { config } = await resolveConfig({ cwd: folder, env: {} });
    expect(config).toMatchObject({
      capabilitiesFile: join(folder, "caps/all.yaml"),
      runtime: { binaries: { "linux-x64": join(folder, "bin/micromamba"), other: "/opt/m" }, micromamba: { version: "2.4.0-1" } },
    });
  });

  test.each([
    ["yes", true],
    ["Off", false],
    ["no", false],
    ["TRUE", true],
  ])("the file is YAML 1.1: %s is %s", async (written, value) => {
    await write("cjm.yaml", `substrate: { inherit_environment: ${written} }\n`);
    expect((await resolveConfig({ cwd: folder, env: {} })).config.inheritEnvironment).toBe(value);
  });

  test.each(["y", "N", "1e3", "1.5e3", "0o17", "on fire"])("what PyYAML reads as a text is one: %s", async (written) => {
    await write("cjm.yaml", `data_dir: ${written}\n`);
    expect((await resolveConfig({ cwd: folder, env: {} })).config.dataDir).toBe(join(folder, written));
  });

  test.each([
    ["1.5e+3", 1500],
    [".5", 0.5],
    ["012", 10],
    ["12:30", 750],
    ["1_000", 1000],
    ["0x10", 16],
    ["-1", -1],
  ])("and %s is %s", async (written, value) => {
    await write("cjm.yaml", `substrate: { diagnostics_retention_days: ${written} }\n`);
    expect((await resolveConfig({ cwd: folder, env: {} })).config.diagnosticsRetentionDays).toBe(value);
  });

  test("an empty file means defaults", async () => {
    await write("cjm.yaml", "");
    expect((await resolveConfig({ cwd: folder, env: { HOME: "/h" } })).config.dataDir).toBe("/h/.cjm");
  });
});

describe("faults are named with file, line and field", () => {
  test.each([
    ["runtime:\n  conda_type: pip\n", /cjm\.yaml has a fault:\n {2}- line 2: runtime\.conda_type: /],
    ["- a\n- b\n", /must be a map, not a list/],
    ["data_dir: 2024-01-31\n", /line 1: data_dir: /],
    ["data_dir: 7\n", /line 1: data_dir: /],
    ["substrate:\n\n  drift_detection: 'false'\n", /line 3: substrate\.drift_detection: must be true or false, not a text/],
    ["substrate:\n  prefetch_stall_threshold_seconds: 0\n", /line 2: substrate\.prefetch_stall_threshold_seconds: /],
    ["data_dir: ''\nmodels_dir: 3\n", /has 2 faults:\n {2}- line 1: data_dir: .*\n {2}- line 2: models_dir: /],
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

  test("a key that is not known is a warning with file, line and what it may have been", async () => {
    await write("cjm.yaml", "data_dir: x\nsubstrate:\n  drift_detecton: no\nnotes:\n  ours: 1\n");
    const { warnings, config } = await resolveConfig({ cwd: folder, env: {} });
    expect(warnings).toEqual([
      `${join(folder, "cjm.yaml")}:3: substrate.drift_detecton is not known. Did you mean 'drift_detection'?`,
      `${join(folder, "cjm.yaml")}:4: notes is not known.`,
    ]);
    expect(config.driftDetection).toBe(true);
  });

  test.each([
    ["--data-dir", { dataDir: "" }],
    ["--cjm-config", { configPath: "" }],
    ["--conda-prefix", { condaPrefix: "" }],
  ])("an empty %s is not the working folder", async (option, request) => {
    await expect(resolveConfig({ cwd: folder, env: {}, ...request })).rejects.toMatchObject({
      code: "CJM_CONFIG_INVALID",
      message: `${option} is empty.`,
    });
  });

  test("a wrong --conda-type", async () => {
    await expect(resolveConfig({ cwd: folder, env: {}, condaType: "mcromamba" })).rejects.toMatchObject({
      code: "CJM_CONFIG_INVALID",
      message: "--conda-type is 'mcromamba'. Did you mean 'micromamba'?",
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
