import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

describe("validate", () => {
  test.each([
    ["flow.yaml", "name: flow\nnodes:\n  a: { capability: probe, action: echo, args: { text: x } }\n", "composition"],
    ["other.yaml", "capabilities:\n  - { name: a, runtime: node, package: ./a }\n", "capabilities file"],
    ["cjm.yaml", "data_dir: ./data\n", "configuration file"],
  ])("%s is sound", async (name, text, title) => {
    await workspace.write(name, text);
    const { code, stdout } = await workspace.cjm(["validate", name]);
    expect([code, stdout.includes(`is a valid ${title}`)]).toEqual([0, true]);
  });

  test("every fault of a composition is listed with its field", async () => {
    await workspace.write(
      "flow.yaml",
      "name: flow\nnodes:\n  a: { capability: probe, acton: echo }\n  b: { capability: probe, action: x, after: [c] }\n",
    );
    const { code, stderr } = await workspace.cjm(["validate", "flow.yaml"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/nodes\.a[\s\S]*acton/);
    expect(stderr).toMatch(/nodes\.b\.after/);
  });

  test("a sound composition is warned of when it could not run here", async () => {
    await workspace.installProbe();
    await workspace.write(
      "flow.yaml",
      "name: flow\nnodes:\n  a: { capability: prob, action: x }\n  b: { capability: probe, action: ecko, args: { text: x } }\n",
    );
    const { code, stdout } = await workspace.cjm(["validate", "flow.yaml", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "composition",
      valid: true,
      warnings: [
        "nodes.a.capability: 'prob' is not installed. Did you mean 'probe'?",
        "nodes.b.action: probe has no action 'ecko'. Did you mean 'echo'?",
      ],
    });
  });

  test("faults as JSON", async () => {
    await workspace.write("capabilities.yaml", "capabilities:\n  - { name: a }\n");
    const { code, stdout } = await workspace.cjm(["validate", "capabilities.yaml", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "capabilities",
      valid: false,
      faults: expect.arrayContaining([expect.stringContaining("capabilities[0].package")]),
    });
  });

  test("a manifest: its form, and what must not be empty", async () => {
    await workspace.installProbe();
    expect((await workspace.cjm(["validate", "data/manifests/probe.json"])).code).toBe(0);
    await workspace.write("m.json", JSON.stringify({ format_version: "2.0", install: {}, code: { name: "x" } }));
    const { code, stderr } = await workspace.cjm(["validate", "m.json"]);
    expect(code).toBe(1);
    for (const field of ["code.version", "code.module", "code.class", "install.python_path"]) expect(stderr).toContain(`${field}: must`);
  });

  test("a file whose kind does not show is asked about", async () => {
    await workspace.write("poem.yaml", "roses: red\n");
    const { code, stderr } = await workspace.cjm(["validate", "poem.yaml"]);
    expect([code, stderr.includes("--kind")]).toEqual([2, true]);
  });

  test("YAML that cannot be read is named with its line", async () => {
    await workspace.write("flow.yaml", "name: flow\nnodes:\n  a: [\n");
    const { code, stderr } = await workspace.cjm(["validate", "flow.yaml"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/flow\.yaml[\s\S]*line \d/)]);
  });
});

describe("install-all", () => {
  test("a file that is not there, or has faults, is named with the way out", async () => {
    const missing = await workspace.cjm(["install-all"]);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining(`There is no capabilities file at ${workspace.at("capabilities.yaml")}`),
    ]);
    await workspace.write("capabilities.yaml", "capabilities:\n  - { name: a, runtime: nod, package: ./a }\n");
    const faulty = await workspace.cjm(["install-all"]);
    expect([faulty.code, faulty.stderr]).toEqual([1, expect.stringContaining("capabilities[0].runtime")]);
  });

  test("an entry that is not in the file is a usage error", async () => {
    await workspace.write("capabilities.yaml", "capabilities:\n  - { name: alpha, runtime: node, package: ./a }\n");
    const { code, stderr } = await workspace.cjm(["install-all", "--only", "alpa"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean 'alpha'?")]);
  });

  test("an entry that cannot be installed fails alone and makes the exit code 1", async () => {
    await workspace.write("caps.yaml", "capabilities:\n  - { name: alpha, runtime: node, package: ./not-there }\n");
    const { code, stdout, stderr } = await workspace.cjm(["install-all", "--file", "caps.yaml"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^✗ alpha/m);
    expect(stdout).toContain("0 installed, 0 unchanged, 1 failed.");
    expect(stdout + stderr).not.toMatch(/^\s+at /m);
    const json = await workspace.cjm(["install-all", "--file", "caps.yaml", "--json", "-q"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      outcomes: [{ name: "alpha", status: "failed", error: { code: expect.stringMatching(/^CJM_/) } }],
    });
  });
});

describe("a file that cannot be used is said in plain words, with the way out", () => {
  beforeEach(async () => {
    await workspace.installProbe();
    await mkdir(workspace.at("folder.yaml"));
    await mkdir(workspace.at("data/manifests/folder.json"));
    await workspace.write("empty.yaml", "");
    await workspace.write("list.yaml", "- a\n");
    await workspace.write("wrong.yaml", "capabilities:\n  - { name: a, package: 3 }\n  - { name: b, runtime: cow, package: ./b }\n");
    await workspace.write("data/manifests/damaged.json", "{");
    await workspace.write("data/manifests/other.json", JSON.stringify({ format_version: "2.0", install: { python_path: 3 }, code: {} }));
  });

  test.each([
    ["list --cjm-config folder.yaml", "folder.yaml cannot be read: it is a folder.", "Check that it is a file"],
    ["list --cjm-config list.yaml", "must be a map, not a list", "'cjm-ctl validate' checks it"],
    ["install-all", "There is no capabilities file at", "--file"],
    ["install-all --file folder.yaml", "folder.yaml cannot be read: it is a folder.", "Check that it is a file"],
    ["install-all --file empty.yaml", "capabilities: is missing", "'cjm-ctl validate' checks it"],
    ["install-all --file wrong.yaml", "line 2: capabilities[0].package: must be a text, not a number", "'cjm-ctl validate' checks it"],
    ["install-all --file wrong.yaml", "line 3: capabilities[1].runtime: must be one of node, venv, conda", "Correct the file"],
    ["run folder.yaml", "folder.yaml cannot be read: it is a folder.", "Check that it is a file"],
    ["run list.yaml", "must be a map, not a list", "'cjm-ctl validate' checks it"],
    ["validate gone.yaml", "gone.yaml cannot be read: there is nothing of that name.", "Check its name"],
    ["validate --kind manifest data/manifests/damaged.json", "it is no JSON: ", "install-all"],
    ["validate --kind manifest data/manifests/other.json", "install.python_path: must be a text, not a number", "install-all"],
    ["call damaged echo", "The manifest of damaged cannot be used: ", "Correct or delete it"],
    ["call other echo", "install.python_path: must be a text, not a number.", "Correct or delete it"],
    ["list damaged", "The manifest of damaged cannot be used: ", "Correct or delete it"],
    ["call gone echo", "There is no capability 'gone'.", "'cjm-ctl list' says which manifests cannot be used"],
    ["repair damaged", "cannot be used: it is no JSON: ", "Correct or delete it"],
    ["repair folder", "folder.json cannot be used: it is a folder.", "Correct or delete it"],
    ["call probe echo --args-json @gone.json", "gone.json of --args-json cannot be read: there is nothing of that name.", "@FILE"],
    ["set-secret probe K --value-file folder.yaml", "folder.yaml with the value cannot be read: it is a folder.", "--value-file"],
  ])("%s", async (line, message, wayOut) => {
    const { code, stdout, stderr } = await workspace.cjm(line.split(" "));
    expect(stderr).toContain(message);
    expect(stderr).toContain(wayOut);
    expect(stderr).not.toMatch(/Invalid (input|option)|\bE[A-Z]{4,}: |^\s+at /m);
    expect([code === 0, stdout]).toEqual([false, ""]);
  });
});
