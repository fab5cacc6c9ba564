import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { ControlServer, type ControlServerOptions } from "../../src/control/control-server.ts";
import type { HostSource } from "../../src/control/host-source.ts";
import type { JobReport, StatusReport } from "../../src/index.ts";

export const JOB: JobReport = {
  jobId: "0199aaaa-0000-7000-8000-00000000cafe",
  instanceId: "a",
  status: "pending",
  call: "echo",
  priority: 0,
  runId: null,
  actor: "test",
  compositionId: null,
  nodeId: null,
  submittedAt: 1,
  startedAt: null,
  progress: 0,
  statusMessage: "",
  waitsFor: "All 4 lanes are in use.",
  retryCount: 0,
  cancelPhase: null,
};

export const STATUS: StatusReport = {
  at: 1,
  machine: { memoryTotalMb: 1000, memoryAvailableMb: 500, gpuType: null, gpuTotalMb: null, gpuFreeMb: null, gpuLoadPercent: null },
  lanes: { total: 4, inUse: 1 },
  running: 1,
  pending: 1,
  ended: { completed: 0, failed: 0, cancelled: 0 },
  workers: [],
  compositions: [],
  waiting: [JOB],
  journalFailure: null,
};

/** A host that says what it is told to, and counts how often it is looked at. */
export class ScriptedHost implements HostSource {
  looks = 0;
  pending = 1;
  listeners = new Set<() => void>();
  /** What a cancellation that waits waits for. */
  ended = Promise.withResolvers<void>();

  jobs() {
    return { jobs: [JOB], unlisted: 0, compositions: [] };
  }

  explain() {
    return null;
  }

  async status() {
    this.looks += 1;
    return { ...STATUS, pending: this.pending };
  }

  async cancel(targetId: string, { wait, signal }: { readonly wait: boolean; readonly signal: AbortSignal }) {
    if (targetId !== JOB.jobId) return { kind: null, requested: false, status: null } as const;
    const given = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    if (wait) await Promise.race([this.ended.promise, given]);
    return { kind: "job", requested: true, status: wait ? "cancelled" : "running" } as const;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  change(pending: number): void {
    this.pending = pending;
    for (const listener of this.listeners) listener();
  }
}

export async function openHost(dataDir: string, options: Partial<ControlServerOptions> = {}) {
  const source = new ScriptedHost();
  const server = new ControlServer({ dataDir, ...options });
  await server.open(source, { runId: "run_x", actor: "test", startedAt: 1 });
  return { source, server, socketPath: server.socketPath ?? "", [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A client that can send what it likes. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  readonly #lines: AsyncIterator<string>;
  readonly closed: Promise<void>;

  constructor(socketPath: string) {
    this.socket = createConnection(socketPath).on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    this.#lines = createInterface({ input: this.socket })[Symbol.asyncIterator]();
  }

  /** Undefined: there is none any more. */
  async line(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : JSON.parse(value);
  }

  send(text: string): void {
    this.socket.write(text);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
