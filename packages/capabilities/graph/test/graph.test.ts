import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addDocument, documentIdOf, removeDocument } from "../src/add-document.ts";
import { exportGraph } from "../src/export-graph.ts";
import { GraphDatabases } from "../src/graph-database.ts";
import type { AnalysisInput, DocumentInput } from "../src/graph-input.ts";
import { graphStats, neighbours } from "../src/graph-stats.ts";
import { renderReport } from "../src/report/render-report.ts";
import { reportData } from "../src/report/report-data.ts";
import { search } from "../src/search.ts";
import { checkXml } from "./check-xml.ts";

let folder: TemporaryFolder;
let databases: GraphDatabases;
beforeEach(async () => {
  folder = await temporaryFolder();
  databases = new GraphDatabases(folder.path);
});
afterEach(async () => {
  databases.close();
  await folder[Symbol.asyncDispose]();
});

const document = (path: string, fields: Partial<DocumentInput> = {}): DocumentInput => ({
  path,
  title: `Title of ${path}`,
  kind: "markdown",
  contentHash: `sha256:${path}`,
  bytes: 100,
  encoding: "utf-8",
  warnings: [],
  sections: [{ id: "s1", level: 1, title: "Usage", text: "How to start the worker threads" }],
  links: [],
  addresses: [],
  ...fields,
});
const analysis = (terms: string[] = ["worker"]): AnalysisInput => ({
  language: { code: "en" },
  words: { count: 6 },
  sentences: { count: 1 },
  terms: terms.map((term) => ({ term, count: 2, score: 1.5 })),
  readability: { fleschReadingEase: 60 },
});
const provenance = (contentHash: string, runId = "run_1") => ({ contentHash, jobId: "job_1", runId, at: "2026-11-20T20:00:00.000Z" });
const add = (input: DocumentInput, terms?: string[], runId?: string) =>
  addDocument(databases.get("g"), input, analysis(terms), provenance(input.contentHash, runId));

describe("adding", () => {
  test("gives every node and edge its provenance", () => {
    add(document("/a/one.md", { links: [{ target: "https://www.example.org/x", kind: "external" }] }));
    const rows = databases
      .get("g")
      .prepare(
        "SELECT content_hash, job_id, run_id, created_at FROM nodes UNION ALL SELECT content_hash, job_id, run_id, created_at FROM edges",
      )
      .all();
    expect(rows).toHaveLength(7);
    for (const row of rows)
      expect(row).toEqual({ content_hash: "sha256:/a/one.md", job_id: "job_1", run_id: "run_1", created_at: "2026-11-20T20:00:00.000Z" });
  });

  test("the same bytes again changes nothing but the record of the run", () => {
    add(document("/a.md"));
    const before = graphStats(databases.get("g"));
    expect(add(document("/a.md"), undefined, "run_2")).toMatchObject({ status: "unchanged", nodes: 0, edges: 0 });
    expect(graphStats(databases.get("g"))).toEqual({ ...before, runs: 2 });
  });

  test("changed bytes replace the document and what only it brought", () => {
    add(document("/a.md"), ["old term", "shared"]);
    add(document("/b.md"), ["shared"]);
    expect(add(document("/a.md", { contentHash: "sha256:new", sections: [] }), ["new term"])).toMatchObject({ status: "replaced" });
    const terms = databases.get("g").prepare("SELECT label FROM nodes WHERE kind = 'term' ORDER BY label").pluck().all();
    expect(terms).toEqual(["new term", "shared"]);
    expect(search(databases.get("g"), "threads", 10).map(({ path }) => path)).toEqual(["/b.md"]);
  });

  test("a relative link waits for its target, survives its replacement, and goes with its source", () => {
    add(document("/docs/a.md", { links: [{ target: "../b%20c.md#part", kind: "relative" }] }));
    expect(graphStats(databases.get("g"))).toMatchObject({ pendingLinks: 1 });
    add(document("/b c.md"));
    expect(graphStats(databases.get("g"))).toMatchObject({ pendingLinks: 0, edges: expect.objectContaining({ links_to: 1 }) });
    add(document("/b c.md", { contentHash: "sha256:2" }));
    expect(graphStats(databases.get("g")).edges["links_to"]).toBe(1);
    expect(removeDocument(databases.get("g"), "/docs/a.md")).toBe(true);
    expect(graphStats(databases.get("g")).edges["links_to"]).toBeUndefined();
    expect(removeDocument(databases.get("g"), "/docs/a.md")).toBe(false);
  });

  test("a link to the web page of a document leads to the document", () => {
    add(document("/node_modules/x/README.md", { addresses: ["https://github.com/o/x.git", "https://www.npmjs.com/package/x"] }));
    add(
      document("/a.md", {
        links: [
          { target: "https://github.com/o/x/blob/main/readme.md#usage", kind: "external" },
          { target: "http://npmjs.com/package/x/", kind: "external" },
        ],
      }),
    );
    const edges = databases
      .get("g")
      .prepare("SELECT kind, target, count FROM edges WHERE source = ? AND kind IN ('links_to', 'cites') ORDER BY kind, target")
      .all(documentIdOf("/a.md"));
    expect(edges).toEqual([
      { kind: "cites", target: "site:github.com", count: 1 },
      { kind: "cites", target: "site:npmjs.com", count: 1 },
      { kind: "links_to", target: documentIdOf("/node_modules/x/README.md"), count: 1 },
    ]);
  });

  test("from two processes at the same time loses nothing", async () => {
    databases.get("g");
    const script = `
      import { GraphDatabases } from ${JSON.stringify(new URL("../src/graph-database.ts", import.meta.url).href)};
      import { addDocument } from ${JSON.stringify(new URL("../src/add-document.ts", import.meta.url).href)};
      const graph = new GraphDatabases(${JSON.stringify(folder.path)}).get("g");
      const base = ${JSON.stringify(document("/x"))};
      for (let i = 0; i < 50; i++) addDocument(graph, { ...base, path: "/" + process.argv[1] + i, contentHash: "h" + i }, ${JSON.stringify(analysis())}, ${JSON.stringify(provenance("h"))});`;
    const writers = await Promise.all(["a", "b"].map((name) => runProgram(process.execPath, ["--input-type=module", "-e", script, name])));
    expect(writers.map(({ stderr }) => stderr)).toEqual(["", ""]);
    expect(graphStats(databases.get("g")).documents).toBe(100);
  });
});

describe("asking", () => {
  test("search finds by stem and beginning, and says where", () => {
    add(document("/a.md"));
    expect(search(databases.get("g"), "starting worker thr", 10)).toEqual([
      expect.objectContaining({ path: "/a.md", section: "Usage", snippet: expect.stringContaining("«threads»") }),
    ]);
    expect(search(databases.get("g"), "absent", 10)).toEqual([]);
  });

  test("nothing a person types breaks the search", () => {
    add(document("/a.md"));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('"', "NEAR(", "a AND", "title:", "*", "(", 'a" OR "b')), (query) =>
        Array.isArray(search(databases.get("g"), query, 5)),
      ),
    );
  });

  test("neighbours reach across shared terms", () => {
    add(document("/a.md"), ["graph"]);
    add(document("/b.md"), ["graph"]);
    const around = neighbours(databases.get("g"), documentIdOf("/a.md"), 2, 10);
    expect(around.find(({ id }) => id === documentIdOf("/b.md"))).toMatchObject({ distance: 2 });
  });

  test("a name that is no name is refused", () => {
    expect(() => databases.get("../etc")).toThrow("cannot be the name of a graph");
    expect(() => databases.existing("../etc")).toThrow("cannot be the name of a graph");
  });

  test("a graph or a node that is not there is named, with what is", () => {
    expect(() => databases.existing("h")).toThrow("Put a document into it");
    add(document("/a.md"));
    expect(() => databases.existing("h")).toThrow("There are: g.");
    expect(databases.existing("g")).toBe(databases.get("g"));
    expect(() => neighbours(databases.get("g"), "doc:none", 1, 10)).toThrow("There is no node 'doc:none'");
  });
});

describe("exporting", () => {
  test("JSON and GraphML hold every node and edge, and GraphML is well-formed whatever the texts are", async () => {
    add(document("/a.md", { title: 'A <b> & "c" \u0001 \ud83d\ude00', sections: [{ id: "s1", level: 1, title: "]]>", text: "" }] }), [
      "x & y",
    ]);
    const json = await exportGraph(databases.get("g"), "json", join(folder.path, "out/graph.json"));
    const parsed = JSON.parse(readFileSync(json.path, "utf8")) as { nodes: unknown[]; edges: unknown[] };
    expect([parsed.nodes.length, parsed.edges.length]).toEqual([json.nodes, json.edges]);
    const graphml = await exportGraph(databases.get("g"), "graphml", join(folder.path, "graph.graphml"));
    expect(graphml).toMatchObject({ nodes: json.nodes, edges: json.edges });
    const xml = readFileSync(graphml.path, "utf8");
    expect(await checkXml(xml)).toBe("ok");
    expect(xml.match(/<node /g)).toHaveLength(json.nodes);
  });
});

describe("exporting beside writers", () => {
  test("shows one moment, and lets documents be added meanwhile", async () => {
    for (let index = 0; index < 300; index++) add(document(`/d${index}.md`), [`term ${index}`]);
    const before = graphStats(databases.get("g"));
    const exporting = exportGraph(databases.get("g"), "json", join(folder.path, "graph.json"));
    await new Promise((resolve) => setImmediate(resolve));
    add(document("/later.md"), ["later"]);
    const { nodes } = await exporting;
    expect(nodes).toBe(Object.values(before.nodes).reduce((sum, count) => sum + count, 0));
  });

  test.each([
    ["a folder", () => folder.path, "it is a folder"],
    ["a path through a file", () => join(folder.path, "g.db/graph.json"), "a part of its path is a file"],
  ])("to %s is refused with the reason, and leaves nothing behind", async (_name, path, reason) => {
    add(document("/a.md"));
    await expect(exportGraph(databases.get("g"), "json", path())).rejects.toMatchObject({ message: expect.stringContaining(reason) });
    expect(readdirSync(folder.path).filter((name) => name.includes("unfinished"))).toEqual([]);
  });
});

describe("the report", () => {
  const options = {
    title: "T <i>",
    failures: [{ step: "parse", path: "x.md", message: "is no text <script>" }],
    machine: { memory: "24 GB" },
    runId: "run_1",
    createdAt: "2026-11-20T20:00:00Z",
  };

  test("shows this run's documents, escapes what they hold, and needs nothing from elsewhere", () => {
    add(document("/a.md", { title: "<script>alert(1)</script>", links: [{ target: "https://example.org", kind: "external" }] }));
    add(document("/old.md"), undefined, "run_0");
    const page = renderReport(reportData(databases.get("g"), "run_1"), options);
    expect(page).toContain("&lt;script&gt;alert(1)");
    expect(page).toContain("is no text &lt;script&gt;");
    expect(page).not.toContain("/old.md");
    expect(page).not.toMatch(/(src|href)="?https?:|@import|url\(/);
    expect(page).toContain("T &lt;i&gt;");
  });

  test("of nothing says so", () => {
    const page = renderReport(reportData(databases.get("g"), null), { ...options, failures: [] });
    expect(page).toContain("There was no document to read");
  });

  test("is the same twice", () => {
    for (let index = 0; index < 30; index++)
      add(document(`/d${index}.md`, { links: [{ target: `./d${(index * 7) % 30}.md`, kind: "relative" }] }));
    const draw = (): string => renderReport(reportData(databases.get("g"), null), options);
    expect(draw()).toBe(draw());
  });
});
