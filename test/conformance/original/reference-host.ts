import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ManifestSchema } from "@cjm/core";
import { type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { originalHostLauncher } from "@cjm/worker";
import { Agent, request } from "undici";
import type { WorkerKind } from "../worker-kinds.ts";

const PROGRAM = fileURLToPath(new URL("./reference_host.py", import.meta.url));
const PYTHON_WORKER = fileURLToPath(new URL("../../../packages/worker-python/python/run_worker.py", import.meta.url));

/** Where the original's HTTP client ends a line: wherever Python does. */
const PYTHON_LINE_ENDS = ["\r", "\v", "\f", "\u001c", "\u001d", "\u001e", "\u0085", "\u2028", "\u2029"];

interface Event {
  readonly event: "ready" | "not ready" | "answer" | "broken" | "polled" | "cleaned" | "output";
  readonly pid: number;
  readonly port: number;
  readonly session: string;
  readonly status: number;
  readonly returncode: number | null;
  readonly killed: boolean;
  readonly text: string;
  readonly line: string;
  readonly error: string;
}

export interface ReferenceHostOptions {
  readonly className?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptor that the worker inherits its listener on. @default what the system gives */
  readonly fd?: number;
  /** Interpreter that the manifest of our own host names. */
  readonly interpreter?: string;
}

/** A host that behaves as the original's, in a process of its own, with one worker of ours behind the bridge. Disposing of it kills both. */
export class ReferenceHost implements AsyncDisposable {
  readonly folder: string;
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #temporary: TemporaryFolder;
  readonly #agent = new Agent({ connections: 32, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 1024 * 1024 });
  readonly #events: Event[] = [];
  readonly #waiters = new Set<() => void>();
  #port = 0;
  #ended = false;

  private constructor(temporary: TemporaryFolder, child: ChildProcess) {
    this.#temporary = temporary;
    this.folder = temporary.path;
    this.#child = child;
    this.exited = once(child, "close").then(() => {
      this.#ended = true;
      this.#wake();
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.#events.push(JSON.parse(line) as Event);
        this.#wake();
      });
    }
  }

  /** Starts host and worker without waiting for either. */
  static async launch(kind: WorkerKind, options: ReferenceHostOptions = {}): Promise<ReferenceHost> {
    const temporary = await temporaryFolder("cjm-r-");
    const folder = temporary.path;
    const manifestPath = await installLauncher(kind, folder, options);
    const env = {
      ...process.env,
      CJM_CAPABILITY_DATA_DIR: folder,
      CAPABILITY_DATA_DIR: join(folder, "data"),
      PYTHONDONTWRITEBYTECODE: "1",
      TMPDIR: join(folder, "tmp"),
      ...options.env,
    };
    const args = [PROGRAM, manifestPath, String(options.fd ?? 0), kind.adapters.join(",")];
    return new ReferenceHost(temporary, spawn("python3", args, { env, stdio: ["pipe", "pipe", "inherit"] }));
  }

  /** Starts both and waits until the worker has answered. */
  static async start(kind: WorkerKind, options: ReferenceHostOptions = {}): Promise<ReferenceHost> {
    const host = await ReferenceHost.launch(kind, options);
    const { event, port } = await host.event(({ event }) => event === "ready" || event === "not ready");
    host.#port = port;
    if (event === "ready") return host;
    const output = host.output;
    await host[Symbol.asyncDispose]();
    throw new Error(`the worker did not become ready:\n${output}`);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** What the worker printed so far. */
  get output(): string {
    return this.#events.flatMap(({ event, line }) => (event === "output" ? [line] : [])).join("\n");
  }

  /** The first event that matches, as soon as there is one. */
  async event(matches: (event: Event) => boolean): Promise<Event> {
    for (;;) {
      const found = this.#events.find(matches);
      if (found !== undefined) return found;
      if (this.#ended) throw new Error(`the host ended: ${JSON.stringify(this.#events)}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  command(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async send(method: "GET" | "POST", path: string, body?: unknown) {
    const response = await request(`http://127.0.0.1:${this.#port}${path}`, {
      dispatcher: this.#agent,
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text, json: parse(text) };
  }

  execute(action: string, input: Readonly<Record<string, unknown>> = {}, envelope?: Readonly<Record<string, unknown>>) {
    return this.send("POST", "/execute", { args: [], kwargs: { action, ...input }, ...(envelope && { envelope }) });
  }

  /** Resolves when the call of that job has said that it computes. */
  computing(job: string): Promise<void> {
    return until(`${job} computes`, () => this.output.split("\n").includes(`computing ${job}`));
  }

  /** The raw answer of a stream, not read yet. */
  async stream(kwargs: Readonly<Record<string, unknown>>, agent: Agent = this.#agent) {
    const url = `http://127.0.0.1:${this.#port}/execute_stream`;
    return await request(url, { dispatcher: agent, method: "POST", body: JSON.stringify({ args: [], kwargs }) });
  }

  /** The values of a stream, split as the original's client splits them. */
  async streamed(kwargs: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> {
    const text = await (await this.stream(kwargs)).body.text();
    return PYTHON_LINE_ENDS.reduce((split, end) => split.replaceAll(end, "\n"), text)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);
  }

  /**
   * Ends the worker as the original does when a capability is unloaded.
   * @param patienceSeconds for the answer, and for the end, before it kills. @default the original's 2 seconds
   */
  async cleanup(patienceSeconds = 2): Promise<Pick<Event, "returncode" | "killed">> {
    this.command(`cleanup ${patienceSeconds}`);
    const { returncode, killed } = await this.event(({ event }) => event === "cleaned");
    return { returncode, killed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.exited;
    await this.#agent.destroy();
    await this.#temporary[Symbol.asyncDispose]();
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}

/** @returns the path of the manifest for the original's host */
async function installLauncher(kind: WorkerKind, folder: string, options: ReferenceHostOptions): Promise<string> {
  const launcherPath = join(folder, "a launcher");
  const { script, manifest } = originalHostLauncher({
    manifest: ManifestSchema.parse({
      format_version: "2.0",
      install: {
        python_path: options.interpreter ?? kind.command,
        env_vars: { PROBE_VARIABLE: "from the manifest" },
        worker: kind.language,
        environment_path: kind.environment,
      },
      code: { name: "probe", version: "1.0.0", module: kind.module, class: options.className ?? kind.className },
    }),
    launcherPath,
    pythonWorkerPath: PYTHON_WORKER,
  });
  const manifestPath = join(folder, "probe.json");
  await Promise.all([mkdir(join(folder, "data")), mkdir(join(folder, "tmp"))]);
  await Promise.all([writeFile(launcherPath, script), writeFile(manifestPath, manifest)]);
  await chmod(launcherPath, 0o755);
  return manifestPath;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
