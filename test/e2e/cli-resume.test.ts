import { afterAll, beforeAll, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeAll(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
  await workspace.write(
    "gated.yaml",
    `
name: gated
nodes:
  first: { capability: probe, action: add, args: { a: 41 } }
  gate: { capability: probe, action: gate, after: first, args: { file: ${JSON.stringify(workspace.at("open"))} } }
  last: { capability: probe, action: echo, args: { text: "\${nodes.first.sum} and \${nodes.gate}" } }
`,
  );
});
afterAll(() => workspace[Symbol.asyncDispose]());

test("what a killed run left is finished by resume: nothing is done twice, and a second time there is nothing left", async () => {
  {
    await using run = workspace.start(["run", "gated.yaml"]);
    await using logs = workspace.start(["logs", "--follow", "--level", "warning"]);
    await logs.line(/waiting at the gate/);
    run.kill("SIGKILL");
    await run.result;
  }
  await workspace.write("open", "");
  const resumed = await workspace.cjm(["resume", "--json"]);
  expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining("Going on with gated") });
  const outcome = JSON.parse(resumed.stdout) as { status: string; results: Record<string, unknown> };
  expect(outcome).toMatchObject({ status: "completed", results: { last: "42 and through" } });

  const journal = (await workspace.cjm(["logs", "--journal", "--json", "--limit", "0"])).stdout.trim().split("\n");
  const rows = journal.map((line) => JSON.parse(line) as { eventType: string; nodeId: string | null; payload: Record<string, unknown> });
  const ends = rows.filter(({ eventType, payload }) => eventType === "state_transition" && payload["to"] === "completed");
  expect(ends.map(({ nodeId }) => nodeId)).toEqual(["first", "gate", "last"]);
  expect(rows.map(({ eventType }) => eventType)).toEqual(
    expect.arrayContaining(["run_started", "job_interrupted", "run_resumed", "run_finished"]),
  );

  expect(await workspace.cjm(["resume"])).toMatchObject({ code: 0, stderr: expect.stringContaining("Nothing was interrupted.") });
});

test("an id that is none of them", async () => {
  const { code, stderr } = await workspace.cjm(["resume", "nonsense"]);
  expect(code).toBe(1);
  expect(stderr).toContain("No composition 'nonsense' was interrupted.");
});
