const SESSIONS_EACH = 20;
const MOST_INSTANCES = 1_000;

/** Which workers each instance had lately in this host, by their session ids. */
export class WorkerSessions {
  readonly #byInstance = new Map<string, readonly string[]>();

  note(instanceId: string, sessionId: string): void {
    const sessions = [...this.latest(instanceId), sessionId].slice(-SESSIONS_EACH);
    // The last one that had a worker is the last to be forgotten.
    this.#byInstance.delete(instanceId);
    this.#byInstance.set(instanceId, sessions);
    const [oldest] = this.#byInstance.keys();
    if (this.#byInstance.size > MOST_INSTANCES && oldest !== undefined) this.#byInstance.delete(oldest);
  }

  /** Oldest first. */
  latest(instanceId: string): readonly string[] {
    return this.#byInstance.get(instanceId) ?? [];
  }
}
