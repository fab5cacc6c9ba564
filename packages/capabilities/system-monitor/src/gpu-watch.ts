import { CapabilityFatalError, CapabilityTransientError, type GpuProcess } from "@cjm/capability";
import type { Answer, Gpu, GpuSource } from "./gpu-source.ts";

/** A driver may be loaded while we run; a machine without one must not pay for asking. */
const ASK_AGAIN_MS = 30_000;

interface Candidate {
  readonly source: GpuSource;
  askAgainAtMs: number;
  silence: string | null;
}

/**
 * Finds the way that knows of devices, and keeps to it. A driver that never answered is no GPU; one that answered before
 * and does not now is an error: a device that is in use must not look free, or gone.
 */
export class GpuWatch {
  readonly #now: () => number;
  #candidates: readonly Candidate[];
  #serving: GpuSource | null = null;
  #search: Promise<readonly Gpu[]> | null = null;

  /** @param sources best first; `now` is a monotonic clock in milliseconds */
  constructor(sources: readonly GpuSource[], now: () => number) {
    this.#now = now;
    this.#candidates = sources.map((source) => ({ source, askAgainAtMs: Number.NEGATIVE_INFINITY, silence: null }));
  }

  /** Why those that are there and never answered do not. */
  get silences(): readonly string[] {
    return this.#candidates.flatMap(({ source, silence }) => (silence === null ? [] : [`${source.name}: ${silence}`]));
  }

  /** Every device; none is a normal answer. @throws CapabilityTransientError when there are some and they are not told */
  async gpus(): Promise<readonly Gpu[]> {
    const serving = this.#serving;
    if (serving === null) {
      this.#search ??= this.#find().finally(() => {
        this.#search = null;
      });
      return await this.#search;
    }
    const answer = await serving.gpus();
    if (answer.kind === "answer" && answer.value.length > 0) return answer.value;
    throw stoppedAnswering(serving, answer);
  }

  /** @throws CapabilityTransientError as above; CapabilityFatalError for devices whose processes nobody tells */
  async processes(): Promise<readonly GpuProcess[]> {
    if (this.#serving === null) await this.gpus();
    return await this.#processesOf(this.#serving);
  }

  async close(): Promise<void> {
    await Promise.all(this.#candidates.map(({ source }) => source.close()));
  }

  async #processesOf(source: GpuSource | null): Promise<readonly GpuProcess[]> {
    if (source === null) return [];
    const answer = await source.processes();
    if (answer.kind === "answer") return answer.value;
    if (answer.kind === "absent")
      throw new CapabilityFatalError(`${source.name} does not tell which processes use the GPU: it is not measured.`);
    throw stoppedAnswering(source, answer);
  }

  async #find(): Promise<readonly Gpu[]> {
    for (const candidate of this.#candidates) {
      if (this.#now() < candidate.askAgainAtMs) continue;
      const answer = await candidate.source.gpus();
      if (answer.kind === "late") throw new CapabilityTransientError(`${candidate.source.name} has not answered yet: ${answer.reason}.`);
      if (answer.kind === "answer" && answer.value.length > 0) {
        this.#serving = candidate.source;
        return answer.value;
      }
      candidate.silence = answer.kind === "silent" ? answer.reason : null;
      candidate.askAgainAtMs = this.#now() + ASK_AGAIN_MS;
      if (answer.kind === "absent") this.#candidates = this.#candidates.filter((other) => other !== candidate);
    }
    return [];
  }
}

function stoppedAnswering({ name }: GpuSource, answer: Answer<unknown>): CapabilityTransientError {
  const reason = answer.kind === "silent" || answer.kind === "late" ? answer.reason : "it finds no device any more";
  return new CapabilityTransientError(
    `${name} answered before and does not answer now: ${reason}. Look at the driver (nvidia-smi, dmesg); it is asked again with the next call.`,
  );
}
