import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { action, type CallContext, ToolCapability, z } from "@cjm/capability";
import { addDocument, removeDocument } from "./add-document.ts";
import { exportGraph } from "./export-graph.ts";
import { GraphDatabases } from "./graph-database.ts";
import { AnalysisInputSchema, DocumentInputSchema } from "./graph-input.ts";
import { graphStats, neighbours } from "./graph-stats.ts";
import { renderReport } from "./report/render-report.ts";
import { reportData } from "./report/report-data.ts";
import { FailureInputSchema, failureOf } from "./report-failure.ts";
import { search } from "./search.ts";
import { writeWhole } from "./write-whole.ts";

const graph = z.string().default("default").describe("Name of the graph; each is a file of its own");
const failures = z.record(z.string(), z.array(FailureInputSchema)).default({});

/** A context graph of documents, sections, terms and links, every node and edge with its provenance. */
export class Graph extends ToolCapability {
  static override readonly capabilityName = "cjm-capability-graph";

  #databases: GraphDatabases | null = null;

  readonly actions = {
    add: action({
      description: "Puts a parsed and analysed document into the graph; the same bytes again change nothing.",
      input: z.object({ graph, document: DocumentInputSchema, analysis: AnalysisInputSchema }),
      output: z.object({ documentId: z.string(), status: z.enum(["added", "replaced", "unchanged"]), nodes: z.int(), edges: z.int() }),
      idempotent: true,
      run: (input, ctx) =>
        addDocument(this.#database(input.graph, ctx), input.document, input.analysis, {
          contentHash: input.document.contentHash,
          jobId: ctx.jobId,
          runId: ctx.runId,
          at: new Date().toISOString(),
        }),
    }),
    remove: action({
      description: "Takes a document out of the graph.",
      input: z.object({ graph, path: z.string() }),
      output: z.object({ removed: z.boolean() }),
      idempotent: true,
      run: (input, ctx) => ({ removed: removeDocument(this.#existing(input.graph, ctx), resolve(input.path)) }),
    }),
    search: action({
      description: "Full-text search over titles and sections.",
      input: z.object({ graph, query: z.string(), limit: z.int().min(1).max(1000).default(10) }),
      output: z.object({
        hits: z.array(z.object({ path: z.string(), document: z.string(), section: z.string(), snippet: z.string(), score: z.number() })),
      }),
      idempotent: true,
      run: (input, ctx) => ({ hits: search(this.#existing(input.graph, ctx), input.query, input.limit) }),
    }),
    stats: action({
      description: "How many documents, nodes and edges there are, by kind.",
      input: z.object({ graph }),
      output: z.object({
        documents: z.int(),
        nodes: z.record(z.string(), z.int()),
        edges: z.record(z.string(), z.int()),
        pendingLinks: z.int(),
        runs: z.int(),
      }),
      idempotent: true,
      run: (input, ctx) => graphStats(this.#database(input.graph, ctx)),
    }),
    neighbours: action({
      description: "Nodes around one, nearest first.",
      input: z.object({ graph, id: z.string(), depth: z.int().min(1).max(4).default(1), limit: z.int().min(1).max(10_000).default(50) }),
      output: z.object({ neighbours: z.array(z.object({ id: z.string(), kind: z.string(), label: z.string(), distance: z.int() })) }),
      idempotent: true,
      run: (input, ctx) => ({ neighbours: neighbours(this.#existing(input.graph, ctx), input.id, input.depth, input.limit) }),
    }),
    export: action({
      description: "Writes the whole graph as JSON or GraphML.",
      input: z.object({ graph, format: z.enum(["json", "graphml"]).default("json"), path: z.string() }),
      output: z.object({ path: z.string(), nodes: z.int(), edges: z.int() }),
      idempotent: true,
      run: (input, ctx) => exportGraph(this.#database(input.graph, ctx), input.format, resolve(input.path), ctx.signal),
    }),
    report: action({
      description: "Writes one self-contained HTML page about the documents of this run, or about all of them.",
      input: z.object({
        graph,
        path: z.string(),
        title: z.string().default("Document graph"),
        failures: failures.describe("Items that failed, by the step that they failed in"),
        machine: z.record(z.string(), z.unknown()).default({}).describe("What the system monitor says"),
      }),
      output: z.object({ path: z.string(), documents: z.int(), sections: z.int(), terms: z.int(), links: z.int(), failures: z.int() }),
      idempotent: true,
      run: (input, ctx) => this.#report(input, ctx),
    }),
  };

  override cleanup(): void {
    this.#databases?.close();
  }

  #database(name: string, ctx: CallContext) {
    this.#databases ??= new GraphDatabases(ctx.dataDir);
    return this.#databases.get(name);
  }

  /** For what makes no sense on an empty graph: a mistyped name must not look like one. */
  #existing(name: string, ctx: CallContext) {
    this.#databases ??= new GraphDatabases(ctx.dataDir);
    return this.#databases.existing(name);
  }

  async #report(
    input: { graph: string; path: string; title: string; failures: z.output<typeof failures>; machine: Record<string, unknown> },
    ctx: CallContext,
  ) {
    const path = resolve(input.path);
    const data = reportData(this.#database(input.graph, ctx), ctx.runId);
    ctx.progress(0.4, "drawing");
    const failed = Object.entries(input.failures).flatMap(([step, items]) => items.map((item) => failureOf(step, item)));
    const page = renderReport(data, {
      title: input.title,
      failures: failed,
      machine: machineFacts(input.machine),
      runId: ctx.runId,
      createdAt: new Date().toISOString(),
    });
    ctx.throwIfCancelled();
    await writeWhole(path, (unfinished) => writeFile(unfinished, page));
    return {
      path,
      documents: data.documents.length,
      sections: data.sections,
      terms: data.distinctTerms,
      links: data.links.length,
      failures: failed.length,
    };
  }
}

/** The facts of the machine that a reader of the report may want, in words. */
function machineFacts(machine: Record<string, unknown>): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const name of ["platform", "cpu", "memory", "gpu"]) {
    const value = machine[name];
    if (typeof value === "string" && value !== "") facts[name] = value;
  }
  return facts;
}
