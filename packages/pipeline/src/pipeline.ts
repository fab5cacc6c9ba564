import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type CjmConfig,
  type DiagnosticsStore,
  dataLayout,
  type IdSource,
  type JournalStore,
  type JsonObject,
  type JsonValue,
  type RunId,
} from "@cjm/core";
import { type CallArguments, type CapabilityManager, decodeWireValue, resolveFileInputs, type WireDecoder } from "@cjm/host";
import type { CompositionHandle, CompositionOutcome, JobQueue, RecoveredWork } from "@cjm/queue";
import type { CacheDirectories } from "@cjm/store";

/** One call of a capability: an action of it, or a method of one of its tasks. */
export interface CallRequest {
  /** Instance id; the capability's name unless it was loaded under another. */
  readonly instance: string;
  readonly action?: string;
  readonly task?: string;
  readonly method?: string;
  /** Files among them, and `file:` URLs, go as paths. */
  readonly args?: CallArguments;
  /** Higher goes first. @default 0 */
  readonly priority?: number;
  /** Longest time from start to result. @default no limit */
  readonly timeoutMs?: number;
  /** Flags for this call that travel beside the arguments, such as `force`. */
  readonly control?: JsonObject;
  /** Cancels the job. */
  readonly signal?: AbortSignal;
}

export interface RunCompositionOptions {
  readonly inputs?: JsonObject;
  /** @default a new run */
  readonly runId?: RunId;
  /** Cancels the composition. */
  readonly signal?: AbortSignal;
}

export interface SubmittedComposition {
  readonly handle: CompositionHandle;
  readonly runId: RunId;
  /** `${run.dir}` of the composition: where it may leave files. */
  readonly runDir: string;
}

interface PipelineParts {
  readonly config: CjmConfig;
  readonly manager: CapabilityManager;
  readonly queue: JobQueue;
  readonly journal: JournalStore;
  readonly diagnostics: DiagnosticsStore;
  readonly cache: CacheDirectories;
  readonly ids: IdSource;
  readonly runId: RunId;
  readonly actor: string;
  readonly recovered: RecoveredWork;
  readonly controlPath: string | null;
  readonly wireTypes: ReadonlyMap<string, WireDecoder>;
  readonly teardown: AsyncDisposableStack;
}

/**
 * Capabilities that are loaded, a queue in front of them, and the stores that remember. `createPipeline()` makes one;
 * `await using` or `close()` takes everything down in reverse order.
 */
export class Pipeline implements AsyncDisposable {
  readonly config: CjmConfig;
  readonly manager: CapabilityManager;
  readonly queue: JobQueue;
  readonly journal: JournalStore;
  readonly diagnostics: DiagnosticsStore;
  /** Directories for what calls leave on disk, one for each input content, action and configuration. */
  readonly cache: CacheDirectories;
  /** What hosts that are gone had left, and is being done now. */
  readonly recovered: RecoveredWork;
  /** Socket at which `cjm-ctl ps`, `top` and `cancel` find it; null: it has none. */
  readonly controlPath: string | null;
  /** Run that jobs of `run()` belong to; every composition has one of its own. */
  readonly runId: RunId;
  readonly #ids: IdSource;
  readonly #actor: string;
  readonly #wireTypes: ReadonlyMap<string, WireDecoder>;
  readonly #teardown: AsyncDisposableStack;
  #closing: Promise<void> | null = null;

  constructor(parts: PipelineParts) {
    this.config = parts.config;
    this.manager = parts.manager;
    this.queue = parts.queue;
    this.journal = parts.journal;
    this.diagnostics = parts.diagnostics;
    this.cache = parts.cache;
    this.recovered = parts.recovered;
    this.controlPath = parts.controlPath;
    this.runId = parts.runId;
    this.#ids = parts.ids;
    this.#actor = parts.actor;
    this.#wireTypes = parts.wireTypes;
    this.#teardown = parts.teardown;
  }

  /**
   * Submits one job and waits for its result, which is JSON unless its kind is one of `wireTypes`.
   * @throws CjmError of the job when it does not complete
   */
  async run<Result = JsonValue>(request: CallRequest): Promise<Result> {
    const { instance, action, args = {}, signal, ...rest } = request;
    const kwargs = await resolveFileInputs(args);
    const value = await this.queue.run(
      { ...rest, instanceId: instance, kwargs: action === undefined ? kwargs : { ...kwargs, action } },
      signal === undefined ? {} : { signal },
    );
    return decodeWireValue(value, this.#wireTypes) as Result;
  }

  /**
   * Submits a composition, an object of its YAML form, under a run of its own.
   * @throws CjmError CJM_COMPOSITION_INVALID with every fault, before anything starts
   */
  async submitComposition(document: unknown, options: RunCompositionOptions = {}): Promise<SubmittedComposition> {
    const runId = options.runId ?? this.#ids.runId();
    const runDir = join(dataLayout(this.config.dataDir).runs, runId);
    await mkdir(runDir, { recursive: true });
    const handle = await this.queue.submitComposition(document, {
      inputs: options.inputs ?? {},
      runId,
      runDir,
      actor: this.#actor,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return { handle, runId, runDir };
  }

  /** Submits a composition and waits for its end, whatever that is: look at `status`, `results` and `failures`. */
  async runComposition(document: unknown, options: RunCompositionOptions = {}): Promise<CompositionOutcome> {
    const { handle } = await this.submitComposition(document, options);
    return await handle.wait();
  }

  /** Lets what runs finish, then takes everything down. Calling it again gives the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#teardown.disposeAsync();
    return this.#closing;
  }

  /** Cancels what runs and what waits, then takes everything down. */
  async destroy(): Promise<void> {
    await this.queue.destroy();
    await this.close();
  }

  /** Finishes the calls that run, leaves what waits to the next pipeline on this data directory, then takes everything down. */
  async leave(): Promise<void> {
    await this.queue.leave();
    await this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
