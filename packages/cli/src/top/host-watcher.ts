import { setTimeout as pause } from "node:timers/promises";
import { type ConnectedHosts, connectHosts, type HostConnection, type SilentHost } from "@cjm/pipeline";
import type { HostStatus } from "./status-lines.ts";

/** Hosts that come are found within that. */
const LOOK_MS = 1000;

/** The latest status of every host of a data directory, also of those that come later; those that end are left out. */
export class HostWatcher {
  readonly #dataDir: string;
  readonly #signal: AbortSignal;
  readonly #watched = new Map<string, HostStatus | null>();
  #silent: readonly SilentHost[] = [];

  constructor(dataDir: string, signal: AbortSignal) {
    this.#dataDir = dataDir;
    this.#signal = signal;
  }

  get hosts(): readonly HostStatus[] {
    return [...this.#watched.values()].filter((status) => status !== null).sort((a, b) => a.info.pid - b.info.pid);
  }

  get silent(): readonly SilentHost[] {
    return this.#silent;
  }

  /** Until the signal is aborted. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const connected = await connectHosts(this.#dataDir);
      this.#silent = connected.silent;
      for (const host of connected.hosts) this.#meet(host);
      await pause(LOOK_MS, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  #meet(host: HostConnection): void {
    const key = `${host.info.pid} ${host.info.runId}`;
    if (this.#watched.has(key)) {
      host[Symbol.dispose]();
      return;
    }
    this.#watched.set(key, null);
    void host
      .watch((status) => this.#watched.set(key, { info: host.info, status }), this.#signal)
      // One that says what nobody understands is looked at again with the next look.
      .catch(() => {})
      .finally(() => {
        this.#watched.delete(key);
        host[Symbol.dispose]();
      });
  }
}

/** The status of every host now. */
export async function statusOfAll({ hosts }: ConnectedHosts): Promise<readonly HostStatus[]> {
  const asked = await Promise.allSettled(hosts.map(async (host) => ({ info: host.info, status: await host.status() })));
  return asked.flatMap((settled) => (settled.status === "fulfilled" ? [settled.value] : []));
}
