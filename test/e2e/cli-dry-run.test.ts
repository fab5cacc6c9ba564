import { existsSync, readFileSync } from "node:fs";
import type { ProgramResult } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
const cjm = (...args: string[]): Promise<ProgramResult> => workspace.cjm(args);

const SUMS = `
name: sums
inputs:
  numbers: { type: list }
outputs: { last: "\${nodes.total.sum}" }
nodes:
  odd: { capability: probe, action: odd, for_each: "\${inputs.numbers}", max_concurrent: 2, args: { n: "\${item}" } }
  total: { capability: probe, action: add, args: { a: "\${nodes.odd[0]}", b: 10 } }
  never: { capability: probe, action: add, when: false, args: { a: 1 } }
`;

beforeAll(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
  await workspace.write("sums.yaml", SUMS);
});
afterAll(() => workspace[Symbol.asyncDispose]());

describe("run --dry-run", () => {
  test("prints the plan, and starts nothing", async () => {
    const { code, stdout, stderr } = await cjm("run", "sums.yaml", "--dry-run", "--set", "numbers=[1,3]");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("sums: 3 nodes in 2 waves");
    expect(stdout).toContain("for each of ${inputs.numbers}, 2 items, at most 2 at a time");
    expect(existsSync(workspace.at("data/jobs.db"))).toBe(false);
  });

  test("as a drawing, and as JSON", async () => {
    expect((await cjm("run", "sums.yaml", "--dry-run", "--format", "mermaid")).stdout).toContain("flowchart TD\n  n0[[");
    expect((await cjm("run", "sums.yaml", "--dry-run", "--format", "dot")).stdout).toContain("  n0 -> n1;\n");
    const plan = JSON.parse((await cjm("run", "sums.yaml", "--dry-run", "--json")).stdout);
    expect(plan).toMatchObject({ name: "sums", waves: [["odd", "never"], ["total"]], missingInputs: ["numbers"], outputs: ["last"] });
  });

  test("lists everything that is wrong", async () => {
    await workspace.write("wrong.yaml", "name: wrong\nnodes:\n  a: { capability: probe, args: { x: '${nodes.b}' } }\n  c: { actoin: x }\n");
    const { code, stderr } = await cjm("run", "wrong.yaml", "--dry-run");
    expect(code).toBe(1);
    expect(stderr).toContain("there is no node 'b'");
    expect(stderr).toContain("unknown key 'actoin'");
  });

  test.each([
    [["--format", "mermaid"], "--format says how --dry-run prints"],
    [["--dry-run", "--format", "svg"], "There is no format 'svg'."],
    [["--dry-run", "--graph", "a.mmd"], "--graph draws a finished run"],
    [["--graph", "a.png"], "--graph does not know how to draw 'a.png'."],
  ])("%j is refused", async (args, message) => {
    const { code, stderr } = await cjm("run", "sums.yaml", ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

test("run --graph draws how the run went, and the summary names its critical path", async () => {
  const { code, stdout, stderr } = await cjm("run", "sums.yaml", "--set", "numbers=[1,3]", "--graph", "out/run.mmd");
  expect(stderr).toContain("odd");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^critical path odd .+ -> total .+ \(\d+ %\)$/m);
  expect(stdout).toContain("last\n  11");
  const drawing = readFileSync(workspace.at("out/run.mmd"), "utf8");
  expect(drawing).toMatch(/n0\[\["odd<br\/>probe: odd<br\/>for each of .*<br\/>completed, 2 of 2, /);
  expect(drawing).toContain("class n0,n1 completed");
  expect(drawing).toContain("class n2 skipped");
  expect(drawing).toContain("class n0,n1 critical");
});
