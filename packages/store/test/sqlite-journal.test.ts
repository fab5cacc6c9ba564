import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JournalEvent, JsonObject } from "@cjm/core";
import { runProgram, skip, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SqliteJournal } from "../src/index.ts";
import { ORIGINAL_JOURNAL, withPythonSqlite } from "./python.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);
const NOON = Date.UTC(2026, 10, 20, 12);
let counter = 0;
const event = (fields: Partial<JournalEvent> = {}): JournalEvent => ({
  eventId: `e${counter++}`,
  occurredAt: NOON,
  eventType: "state_transition",
  payload: {},
  ...fields,
});

describe.each([
  ["in a file", () => SqliteJournal.open(at("deep/er/journal.db"))],
  ["in memory", () => SqliteJournal.open(":memory:")],
])("a journal %s", (_, open) => {
  test("gives rows back as they went in, in order", () => {
    using journal = open();
    const full = event({
      occurredAt: NOON + 0.25,
      runId: "r",
      jobId: "j",
      compositionId: "c",
      nodeId: "n[3]",
      instanceId: "i",
      capabilityName: "cap",
      configHash: "sha256:x",
      taskName: "t",
      method: "m",
      workerSessionId: "w",
      actor: "app:me",
      workerReported: true,
      payload: { from: "pending", nested: { list: [1, 2.5, null, true], text: 'größe \u2028 😀 "' } },
    });
    expect(journal.append([full, event()])).toEqual([1, 2]);
    expect(journal.query({})[0]).toEqual({ ...full, seq: 1 });
    expect(journal.query({})[1]).toMatchObject({ seq: 2, runId: null, actor: null, workerReported: false, payload: {} });
  });

  test.each([
    [{ jobId: "j1" }, [1, 3]],
    [{ runId: "r", afterSeq: 1 }, [2]],
    [{ runId: "r", beforeSeq: 2 }, [1]],
    [{ compositionId: "c" }, [3]],
    [{ instanceId: "i" }, [4]],
    [{ workerSessionId: "w" }, [4]],
    [{ eventType: "from_the_future" }, [2]],
    [{ since: NOON + 2 }, [3, 4]],
    [{ since: NOON + 1, until: NOON + 2 }, [2, 3]],
    [{ order: "descending", limit: 2 }, [4, 3]],
    [{ limit: 2 }, [1, 2]],
    [{ limit: 0 }, []],
    [{ jobId: "j1", runId: "s" }, [3]],
    [{ jobId: "nobody" }, []],
  ] as const)("query %j", (query, seqs) => {
    using journal = open();
    journal.append([
      event({ occurredAt: NOON, jobId: "j1", runId: "r" }),
      event({ occurredAt: NOON + 1, jobId: "j2", runId: "r", eventType: "from_the_future" }),
      event({ occurredAt: NOON + 2, jobId: "j1", runId: "s", compositionId: "c" }),
      event({ occurredAt: NOON + 3, instanceId: "i", workerSessionId: "w" }),
    ]);
    expect(journal.query(query).map(({ seq }) => seq)).toEqual(seqs);
  });

  test("counts all rows, or those of a type", () => {
    using journal = open();
    journal.append([event(), event({ eventType: "x" }), event({ eventType: "x" })]);
    expect([journal.count(), journal.count("x"), journal.count("y")]).toEqual([3, 2, 0]);
  });

  test("an append is all or nothing", () => {
    using journal = open();
    const twice = event();
    expect(() => journal.append([event(), twice, twice])).toThrow(expect.objectContaining({ code: "CJM_STORE_FAILED" }));
    expect(journal.count()).toBe(0);
    expect(journal.append([])).toEqual([]);
  });

  test("a payload nested too deep to be written is replaced, and stops no other row", () => {
    using journal = open();
    let deep: JsonObject = {};
    for (let level = 0; level < 50_000; level++) deep = { deeper: deep };
    journal.append([event({ payload: deep }), event({ payload: { fine: true } })]);
    expect(journal.query({}).map(({ payload }) => Object.keys(payload))).toEqual([["_unserializable"], ["fine"]]);
  });
});

describe("with the original on the same file", () => {
  test("it reads what we wrote, to the letter", async () => {
    {
      using journal = SqliteJournal.open(at("journal.db"));
      journal.append([event({ payload: { b: 1, a: ["ü", null, true, 0.1, 1e-7, 1e22] } })]);
    }
    const printed = await withPythonSqlite(at("journal.db"), 'print(database.execute("select ts, payload from journal").fetchone())');
    expect(printed.trim()).toBe(`('2026-11-20T12:00:00.000000+00:00', '{"a": ["\\\\u00fc", null, true, 0.1, 1e-07, 1e+22], "b": 1}')`);
  });

  test("its schema is ours, name by name, but for the index that ours goes without", async () => {
    SqliteJournal.open(at("ours.db"))[Symbol.dispose]();
    await withPythonSqlite(at("theirs.db"), ORIGINAL_JOURNAL);
    const schema = `
for kind, name in database.execute("select type, name from sqlite_master where name not like 'sqlite_%' order by name"):
    print(kind, name, database.execute(f"select * from pragma_{'table' if kind == 'table' else 'index'}_info('{name}')").fetchall())
print(database.execute("pragma journal_mode").fetchone())`;
    const theirs = (await withPythonSqlite(at("theirs.db"), schema))
      .split("\n")
      .filter((line) => !line.startsWith("index idx_journal_type_ts "));
    expect((await withPythonSqlite(at("ours.db"), schema)).split("\n")).toEqual(theirs);
  });

  test("we read and continue what it wrote", async () => {
    await withPythonSqlite(
      at("journal.db"),
      `${ORIGINAL_JOURNAL}
append("a", "2026-11-20T20:10:05+00:00", "state_transition", {"from": "pending", "größe": 1.0}, job_id="j", capability_instance_id="i")
append("b", "2026-11-20T20:10:05.637135+00:00", "never_heard_of", {}, worker_reported=1)
append("c", "no instant", "broken", "{half")
append("d", "2026-11-20T20:10:06+00:00", "no_object", "[1]")`,
    );
    const before = Date.now();
    using journal = SqliteJournal.open(at("journal.db"));
    const [first, second, broken, list] = journal.query({});
    expect(first).toMatchObject({
      eventId: "a",
      occurredAt: Date.UTC(2026, 10, 20, 20, 10, 5),
      jobId: "j",
      instanceId: "i",
      payload: { from: "pending", größe: 1 },
    });
    expect(second).toMatchObject({ eventType: "never_heard_of", workerReported: true });
    expect(second?.occurredAt).toBeCloseTo(Date.UTC(2026, 10, 20, 20, 10, 5) + 637.135, 2);
    expect(broken?.payload).toEqual({ _unparseable: "{half" });
    expect(broken?.occurredAt).toBeGreaterThanOrEqual(before);
    expect(list?.payload).toEqual({ _unparseable: "[1]" });
    expect(journal.append([event()])).toEqual([5]);
  });

  test("both append at the same time and no row is lost", async () => {
    using journal = SqliteJournal.open(at("journal.db"));
    const script = `
import { SqliteJournal } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
const journal = SqliteJournal.open(${JSON.stringify(at("journal.db"))});
for (let i = 0; i < 200; i++) journal.append([{ eventId: process.argv[1] + i, occurredAt: 0, eventType: "t", payload: {} }]);`;
    const [ours, theirs] = await Promise.all([
      runProgram(process.execPath, ["--input-type=module", "-e", script, "node"]),
      withPythonSqlite(
        at("journal.db"),
        `${ORIGINAL_JOURNAL}
database.execute("PRAGMA busy_timeout=10000")
for i in range(200):
    append(f"python{i}", "2026-11-20T20:10:05+00:00", "t", {})
    database.commit()`,
      ),
    ]);
    expect([ours.stderr, theirs]).toEqual(["", ""]);
    expect(journal.count()).toBe(400);
  });
});

describe("when something is wrong with the file", () => {
  test("a full disk leaves nothing half-written and is said plainly", async (context) => {
    mkdirSync(at("disk"));
    const mount = await runProgram("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at("disk")]);
    if (mount.code !== 0) skip(context, `cannot mount a small disk here: ${mount.stderr.trim()}`);
    try {
      using journal = SqliteJournal.open(at("disk/journal.db"));
      journal.append([event()]);
      const rows = Array.from({ length: 500 }, () => event({ payload: { text: "x".repeat(4000) } }));
      expect(() => journal.append(rows)).toThrow(
        expect.objectContaining({ code: "CJM_STORE_FAILED", hint: expect.stringContaining("disk is full") }),
      );
      expect(journal.count()).toBe(1);
      expect(journal.append([event()])).toEqual([2]);
    } finally {
      await runProgram("umount", ["-l", at("disk")]);
    }
  });

  test("a file that is no database is refused with the way out, and left as it is", () => {
    const text = "this is text, and long enough to be looked at as the header of a database file, or so one hopes";
    writeFileSync(at("journal.db"), text);
    expect(() => SqliteJournal.open(at("journal.db"))).toThrow(
      expect.objectContaining({
        code: "CJM_STORE_FAILED",
        message: expect.stringContaining(at("journal.db")),
        hint: expect.stringContaining("aside"),
      }),
    );
  });

  test("a folder in its place is refused", () => {
    mkdirSync(at("journal.db"));
    expect(() => SqliteJournal.open(at("journal.db"))).toThrow(expect.objectContaining({ code: "CJM_STORE_FAILED" }));
  });

  test("a folder that cannot be made is refused", () => {
    writeFileSync(at("file"), "");
    expect(() => SqliteJournal.open(at("file/journal.db"))).toThrow(expect.objectContaining({ code: "CJM_STORE_FAILED" }));
  });

  test("what was closed says so", () => {
    const journal = SqliteJournal.open(at("journal.db"));
    journal[Symbol.dispose]();
    journal[Symbol.dispose]();
    expect(() => journal.append([event()])).toThrow(expect.objectContaining({ code: "CJM_STORE_FAILED" }));
  });
});
