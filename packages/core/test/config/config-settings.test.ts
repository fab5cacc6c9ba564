import { describe, expect, test } from "vitest";
import { CjmConfigFileSchema, configSettings, unknownConfigKeys } from "../../src/index.ts";

describe("settings", () => {
  test("go down to the leaves of the schema, in its order, each described", () => {
    const settings = configSettings();
    const keys = settings.map(({ key }) => key);
    expect([...new Set(keys.map((key) => key.split(".")[0]))]).toEqual(Object.keys(CjmConfigFileSchema.shape));
    expect(keys.slice(0, 7)).toEqual([
      "runtime.mode",
      "runtime.conda_type",
      "runtime.prefix",
      "runtime.binaries",
      "runtime.micromamba.version",
      "runtime.micromamba.mirror",
      "runtime.micromamba.sha256",
    ]);
    expect(settings.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
  });

  test.each([
    ["runtime.conda_type", "`micromamba`, `miniforge`, `conda`", '`"conda"`', "--conda-type", "CJM_CONDA_TYPE"],
    ["runtime.binaries", "mapping of texts", "none", null, null],
    ["runtime.micromamba.mirror", "address", "none", null, null],
    ["data_dir", "text", "`.cjm` of the workspace, else `~/.cjm`", "--data-dir", "CJM_DATA_DIR"],
    ["substrate.prefetch_stall_threshold_seconds", "number above 0", "`60`", null, null],
    ["substrate.diagnostics_retention_days", "number", "`30`", null, null],
    ["substrate.drift_detection", "`true` or `false`", "`true`", null, null],
  ])("%s", (key, type, fallback, option, environment) => {
    expect(configSettings().find((setting) => setting.key === key)).toMatchObject({ type, fallback, option, environment });
  });

  test("the defaults are those that an empty section has", () => {
    const empty = CjmConfigFileSchema.parse({ runtime: {}, substrate: {} });
    const inForce = [empty.runtime, empty.substrate].flatMap((section) => Object.entries(section ?? {}));
    expect(inForce.length).toBeGreaterThan(7);
    for (const [key, value] of inForce) {
      expect(configSettings().find((setting) => setting.key.endsWith(`.${key}`))).toMatchObject({
        fallback: `\`${JSON.stringify(value)}\``,
      });
    }
  });
});

describe("keys that are not known", () => {
  test.each<[string, unknown, string[]]>([
    ["nothing", {}, []],
    ["no mapping", ["data_dir"], []],
    ["empty sections", { runtime: null, substrate: null }, []],
    ["every platform", { runtime: { binaries: { "linux-x64": "m", beos: "n" } } }, []],
    ["a slip", { datadir: "x" }, ["datadir is not known. Did you mean 'data_dir'?"]],
    [
      "a slip in a section",
      { substrate: { drift_detecton: true } },
      ["substrate.drift_detecton is not known. Did you mean 'drift_detection'?"],
    ],
    ["the wrong depth", { conda_type: "conda" }, ["conda_type is not known. Did you mean 'runtime.conda_type'?"]],
    ["deep down", { runtime: { micromamba: { mirrors: 1 } } }, ["runtime.micromamba.mirrors is not known. Did you mean 'mirror'?"]],
    ["names that every object has", { constructor: 1 }, ["constructor is not known."]],
    ["several", { zzzzzz: 1, qqqqqq: 2 }, ["zzzzzz is not known.", "qqqqqq is not known."]],
  ])("%s", (_, written, messages) => {
    expect(unknownConfigKeys(written).map(({ message }) => message)).toEqual(messages);
  });
});
