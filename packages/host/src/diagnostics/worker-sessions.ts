import { RecentMap } from "../internal/recent-map.ts";

const SESSIONS_EACH = 20;
const MOST_INSTANCES = 1_000;

/** Which workers each instance had lately in this host, by their session ids. */
export class WorkerSessions {
  /** The last one that had a worker is the last to be forgotten. */
  readonly #byInstance = new RecentMap<string, readonly string[]>(MOST_INSTANCES);

  note(instanceId: string, sessionId: string): void {
    this.#byInstance.set(instanceId, [...this.latest(instanceId), sessionId].slice(-SESSIONS_EACH));
  }

  /** Oldest first. */
  latest(instanceId: string): readonly string[] {
    return this.#byInstance.get(instanceId) ?? [];
  }
}
