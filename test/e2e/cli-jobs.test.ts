import type { Program } from "@cjm/testing";
import { until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
  await workspace.write(
    "gated.yaml",
    `
name: gated
nodes:
  first: { capability: probe, action: add, args: { a: 41 } }
  gate: { capability: probe, action: gate, after: first, args: { file: ${JSON.stringify(workspace.at("open"))} } }
  beside: { capability: probe, action: echo, after: first, args: { text: hello } }
  last: { capability: probe, action: echo, args: { text: "\${nodes.first.sum} and \${nodes.gate}" } }
`,
  );
});
afterEach(() => workspace[Symbol.asyncDispose]());

interface Shown {
  readonly jobs: readonly { readonly jobId: string; readonly nodeId: string; readonly state: string; readonly hostPid: number | null }[];
  readonly compositions: readonly { readonly compositionId: string; readonly state: string; readonly runId: string }[];
}

const shown = async (...args: string[]): Promise<Shown> => JSON.parse((await workspace.cjm(["ps", "--json", ...args])).stdout) as Shown;

/** A run of `gated.yaml` that stands at its gate, with another node behind it. */
async function gated(name = "gated.yaml"): Promise<Program> {
  const run = workspace.start(["run", name]);
  await until(
    "it stands at the gate",
    async () => {
      const { jobs } = await shown();
      return jobs.some(({ nodeId, state }) => nodeId === "gate" && state === "running") && jobs.some(({ state }) => state === "waiting");
    },
    30_000,
  );
  return run;
}

/** What a person sees, with what differs from run to run in capitals. */
function scrubbed(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d by cli:\S+/g, "THEN by WHO")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/run_\d{8}_\d{6}_[0-9a-f]{8}/g, "RUN")
    .replaceAll(/\b[0-9a-f]{8}\b/g, "SHORTID_")
    .replaceAll(/\d+ min \d+ s|\d+(\.\d)? m?s\b/g, "TIME")
    .replaceAll(/\b\d{3,7}\b/g, "PID")
    .replaceAll(/ {2,}/g, "  ");
}

describe("a run in another process", () => {
  test("ps shows it, with who runs it and why a job waits", async () => {
    await using _run = await gated();
    const { code, stdout, stderr } = await workspace.cjm(["ps"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(scrubbed(stdout)).toBe(`composition  name  state  age  nodes  host  runs now
SHORTID_  gated  running  TIME  1 of 4  PID  gate, beside

job  instance  call  state  age  progress  host  node  why
SHORTID_  probe  gate  running  TIME  -  PID  gate
SHORTID_  probe  echo  waiting  TIME  -  PID  beside  probe runs 1 call, as many as it may.
`);
  });

  test("why says what a job waits for and who holds it; of one that runs, that it does", async () => {
    await using _run = await gated();
    const { jobs } = await shown();
    const jobOf = (state: string): string => jobs.find((job) => job.state === state)?.jobId ?? "";
    const waiting = await workspace.cjm(["why", jobOf("waiting").slice(-8)]);
    expect(waiting.code).toBe(0);
    expect(scrubbed(waiting.stdout)).toBe(`Waits for TIME: probe runs 1 call, as many as it may.
  job  UUID, node beside of composition SHORTID_
  calls  probe echo
  host  pid PID
  held by  job SHORTID_ of probe
`);
    expect(JSON.parse((await workspace.cjm(["why", jobOf("waiting"), "--json"])).stdout)).toMatchObject({
      job: { state: "waiting" },
      explanation: { kind: "instance", fitsHere: true, heldBy: [{ jobId: jobOf("running"), instanceId: "probe" }] },
    });
    expect((await workspace.cjm(["why", jobOf("running")])).stdout).toMatch(/^Does not wait: it runs for /);
  });

  test("cancel ends a job by the short form of its id and waits for that; the run goes on as it may", async () => {
    await using run = await gated();
    const job = (await shown()).jobs.find(({ nodeId }) => nodeId === "beside")?.jobId ?? "";
    const { code, stdout } = await workspace.cjm(["cancel", job.slice(-8)]);
    expect([code, stdout]).toEqual([0, `cancelled job ${job}\n`]);
    expect((await workspace.cjm(["why", job])).stdout).toMatch(/^Is over: it was cancelled without having run, /);
    await workspace.write("open", "");
    expect((await run.result).stdout).toMatch(/^gated /);
  });

  test("cancel ends a composition and the run with it", async () => {
    await using run = await gated();
    const id = (await shown()).compositions[0]?.compositionId ?? "";
    const { code, stdout } = await workspace.cjm(["cancel", id, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([{ kind: "composition", id, status: "cancelled", requested: true, leftBehind: false }]);
    expect(await run.result).toMatchObject({ code: 1, stdout: expect.stringContaining("gated cancelled") });
    expect(await workspace.cjm(["cancel", id])).toMatchObject({ code: 0, stdout: `composition ${id} is over already: cancelled\n` });
  });

  test("a call that is cancelled from elsewhere failed: only a signal that it gets itself makes it 130", async () => {
    await using call = workspace.start(["call", "probe", "gate", "--arg", `file=${workspace.at("open")}`]);
    await until("it stands at the gate", async () => (await shown()).jobs.some(({ state }) => state === "running"));
    expect((await workspace.cjm(["cancel", (await shown()).jobs[0]?.jobId ?? ""])).code).toBe(0);
    expect(await call.result).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("CJM_CANCELLED") });
  });

  test("two hosts are shown side by side, and --run shows one of them", async () => {
    await using _one = await gated();
    await using _two = workspace.start(["run", "gated.yaml"]);
    await until("both are there", async () => (await shown()).compositions.length === 2);
    const { compositions } = await shown();
    const runId = compositions[0]?.runId ?? "";
    const ofOne = await shown("--run", runId);
    expect(ofOne.compositions.map((composition) => composition.runId)).toEqual([runId]);
    expect(new Set((await shown()).jobs.map(({ hostPid }) => hostPid)).size).toBe(2);
  });
});

describe("a host that died", () => {
  test("is named as such, with the way out; resume goes on, ps --all shows how it ended", async () => {
    {
      await using run = await gated();
      run.kill("SIGKILL");
      await run.result;
    }
    const { stdout } = await workspace.cjm(["ps"]);
    expect(scrubbed(stdout)).toBe(`composition  name  state  age  nodes  host  runs now
SHORTID_  gated  interrupted  TIME  1 of 4  gone  its host is gone: cjm-ctl resume UUID

job  instance  call  state  age  progress  host  node  why
SHORTID_  probe  gate  interrupted  TIME  -  gone  gate  its host died while it ran
SHORTID_  probe  echo  interrupted  TIME  -  gone  beside  its host is gone
`);
    const job = (await shown()).jobs[0]?.jobId ?? "";
    expect(scrubbed((await workspace.cjm(["why", job])).stdout)).toContain(
      "Way out: cjm-ctl resume UUID, which keeps what was done; or cjm-ctl cancel UUID.",
    );
    await workspace.write("open", "");
    expect(await workspace.cjm(["resume"])).toMatchObject({ code: 0 });
    const ended = await shown("--all");
    expect(ended.compositions).toMatchObject([{ state: "completed" }]);
    expect(ended.jobs.map(({ state }) => state)).toEqual(["completed", "completed", "completed", "completed"]);
  });

  test("a composition that is cancelled is not gone on with", async () => {
    {
      await using run = await gated();
      run.kill("SIGKILL");
      await run.result;
    }
    const id = (await shown()).compositions[0]?.compositionId ?? "";
    expect(await workspace.cjm(["cancel", id])).toMatchObject({
      code: 0,
      stdout: `cancelled composition ${id}; its host was gone, and 'resume' will not go on with it\n`,
    });
    expect(await workspace.cjm(["resume"])).toMatchObject({ code: 0, stderr: expect.stringContaining("Nothing was interrupted.") });
    expect(await shown()).toMatchObject({ jobs: [], compositions: [] });
    const ended = await shown("--all");
    expect(ended.compositions).toMatchObject([{ compositionId: id, state: "cancelled" }]);
    expect(ended.jobs.map(({ nodeId, state }) => [nodeId, state])).toEqual([
      ["first", "completed"],
      ["gate", "cancelled"],
      ["beside", "cancelled"],
    ]);
    const journal = (await workspace.cjm(["logs", "--journal"])).stdout;
    expect(journal).toMatch(/run_finished .*"status":"cancelled"/);
  });
});

test("what a run uses is neither removed nor repaired under it, unless it is forced", async () => {
  await using _run = await gated();
  for (const command of [
    ["remove", "probe", "--yes"],
    ["repair", "probe"],
  ]) {
    const { code, stderr } = await workspace.cjm(command);
    expect(code).toBe(1);
    expect(scrubbed(stderr)).toContain("probe is in use by the host of pid PID.");
    expect(stderr).toContain("--force");
  }
  expect((await workspace.cjm(["list"])).stdout).toContain("probe");
  expect((await workspace.cjm(["remove", "probe", "--yes", "--force"])).code).toBe(0);
});

test("gc frees no environment while a host may have workers in it, installed anew or not", async () => {
  await workspace.write("data/environments/venv-0123456789abcdef/file", "x");
  await workspace.write("data/environments/locks/venv-0123456789abcdef/lock.json", "{}");
  {
    await using run = await gated();
    const kept = await workspace.cjm(["gc", "--yes"]);
    expect([kept.code, kept.stdout]).toEqual([0, "There is nothing to free.\n"]);
    expect(scrubbed(kept.stderr)).toContain("Kept while the host of pid PID may still use them:\nenvironment ");
    expect(JSON.parse((await workspace.cjm(["gc", "--yes", "--json"])).stdout)).toMatchObject({
      items: [],
      kept: [{ kind: "environment" }, { kind: "lock" }],
    });
    await workspace.write("open", "");
    await run.result;
  }
  expect((await workspace.cjm(["gc", "--yes"])).stdout).toMatch(/^Freed .* in [12] place/);
});

describe("what is over", () => {
  test("inspect tells the story of a job that failed, with what its worker said", async () => {
    await workspace.write("fails.yaml", "name: fails\nnodes:\n  bad: { capability: probe, action: defect }\n");
    expect((await workspace.cjm(["run", "fails.yaml"])).code).toBe(1);
    const job = (await shown("--all")).jobs[0]?.jobId ?? "";
    const { code, stdout, stderr } = await workspace.cjm(["inspect", job.slice(-8)]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(
      scrubbed(stdout)
        .replaceAll(/^ +/gm, "  ")
        .replace(/[\d.]+ MiB|PID MiB/, "SIZE")
        .replace(/what its worker said last[\s\S]*/, "OUTPUT"),
    ).toBe(`job UUID failed
  calls  probe defect
  submitted THEN by WHO
  part of  node bad of composition UUID
  run  RUN
  peaks  SIZE of memory, TIME on average, over 1 run of the instance

  +TIME  submitted
  +TIME  admitted after TIME of waiting: alone, to be measured, without figures of the machine
  +TIME  started
  +TIME  failed after TIME: Cannot read properties of undefined (reading 'x')

error user_input Cannot read properties of undefined (reading 'x')
`);
  });

  test("inspect tells the story of a composition and of its run: nodes, times, critical path, failures", async () => {
    await workspace.write(
      "odd.yaml",
      `
name: odd-numbers
nodes:
  start: { capability: probe, action: add, args: { a: 41 } }
  odd: { capability: probe, action: odd, after: start, for_each: [1, 2, 3], on_item_error: collect, args: { n: "\${item}" } }
  never: { capability: probe, action: echo, when: { ref: "\${nodes.start.sum}", equals: 2 }, args: { text: hello } }
`,
    );
    await workspace.cjm(["run", "odd.yaml"]);
    const [composition] = (await shown("--all")).compositions;
    const { stdout } = await workspace.cjm(["inspect", composition?.runId ?? ""]);
    expect(stdout).toBe((await workspace.cjm(["inspect", composition?.compositionId ?? ""])).stdout);
    expect(scrubbed(stdout).replaceAll(/\d+ %/g, "SHARE")).toBe(`odd-numbers completed in TIME
  composition UUID
  run  RUN
  submitted  THEN by WHO

node  calls  state  began  took  critical path  job
start  probe  completed  +TIME  TIME  TIME, SHARE  UUID
odd  probe  completed, 2 of 3, 1 failed  +TIME  TIME  TIME, SHARE  3 jobs
never  probe  skipped (\${nodes.start.sum} is 42, not equal to 2)  -  -

1 failure
  odd[1]  2 is even
`);
    const story = JSON.parse((await workspace.cjm(["inspect", composition?.compositionId ?? "", "--json"])).stdout) as { mermaid: string };
    expect(story).toMatchObject({
      outcome: { status: "completed" },
      isInterrupted: false,
      criticalPath: { steps: [{ nodeId: "start" }, { nodeId: "odd" }] },
    });
    expect(story.mermaid).toContain("flowchart TD");
  });

  test("inspect shows a composition while it runs, and that nobody does it any more", async () => {
    await using run = await gated();
    const id = (await shown()).compositions[0]?.compositionId ?? "";
    expect((await workspace.cjm(["inspect", id])).stdout).toMatch(/^gated running for /);
    run.kill("SIGKILL");
    await run.result;
    const { stdout } = await workspace.cjm(["inspect", id]);
    expect(stdout).toMatch(/^gated interrupted: its host is gone for /);
    expect(stdout).toContain(`Way out: cjm-ctl resume ${id}`);
  });
});

describe("mistakes", () => {
  test("nothing is running: no error, nothing on stdout, and no file is made", async () => {
    const { code, stdout, stderr } = await workspace.cjm(["ps"]);
    expect([code, stdout, stderr]).toEqual([0, "", "Nothing waits or runs, and no host does.\n"]);
    expect((await shown()).jobs).toEqual([]);
    expect((await workspace.cjm(["logs", "--journal"])).stderr).toContain("Nothing was logged yet");
  });

  test("an id that nothing has is told with the nearest one, before anything is cancelled", async () => {
    await using run = await gated();
    const job = (await shown()).jobs[0]?.jobId ?? "";
    const short = job.slice(-8);
    const slip = `${short.slice(0, 7)}${short.endsWith("f") ? "e" : "f"}`;
    const { code, stdout, stderr } = await workspace.cjm(["cancel", short, slip]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`Nothing of id '${slip}' is known. Did you mean '${short}'?`);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect((await shown()).jobs.map(({ state }) => state)).toEqual(["running", "waiting"]);
    const several = await workspace.cjm(["why", job.slice(0, 4)]);
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining("Give more of the id.") });
    expect(await workspace.cjm(["why"])).toMatchObject({ code: 2 });
    run.kill("SIGKILL");
  });
});
