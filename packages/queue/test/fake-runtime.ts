import { CjmError, type JsonObject, type JsonValue, type ResourceProfile, type SystemStatus } from "@cjm/core";
import type { CapabilityRuntime, InstanceResidency, RuntimeCall, RuntimeCallOptions, RuntimeInstance } from "../src/index.ts";

/** One call that the queue made. It runs until the test, or the instance's script, ends it. */
export interface FakeCall {
  readonly instanceId: string;
  readonly jobId: string;
  readonly call: RuntimeCall;
  readonly kwargs: JsonObject;
  readonly options: RuntimeCallOptions;
  readonly resolve: (value?: JsonValue) => void;
  readonly reject: (error: unknown) => void;
}

export interface FakeInstance {
  cap?: number;
  enabled?: boolean;
  /** Measured on earlier runs; without it the first run that succeeds measures `measures`. */
  profile?: { readonly memoryMb?: number; readonly gpuMb?: number };
  measures?: { readonly memoryMb?: number; readonly gpuMb?: number };
  residency?: InstanceResidency;
  /** Answers calls; without it the test ends every call by hand. */
  script?: (kwargs: JsonObject, call: FakeCall) => JsonValue | Promise<JsonValue>;
  /** What a stream of it gives. */
  chunks?: Iterable<JsonValue> | AsyncIterable<JsonValue>;
  /** What a request to stop does. @default nothing: the capability does not listen */
  onCancel?: (call: FakeCall) => void;
}

/** Instances that do what a test says, and remember everything that was asked of them. */
export class FakeRuntime implements CapabilityRuntime {
  readonly instances = new Map<string, FakeInstance>();
  readonly calls: FakeCall[] = [];
  readonly running = new Set<FakeCall>();
  readonly restarts: string[] = [];
  readonly cancelRequests: string[] = [];
  /** Highest number of calls at the same time, over all and by instance. */
  readonly peaks = new Map<string, number>();
  status: SystemStatus | null = null;
  statusCalls = 0;
  /** Chunks that streams have given. */
  produced = 0;
  profileError: Error | null = null;
  /** Called with every call at its start. */
  onCall: (call: FakeCall) => void = () => {};
  restartGate: Promise<void> = Promise.resolve();
  #waiters: (() => void)[] = [];

  constructor(instances: Record<string, FakeInstance> = {}) {
    for (const [id, instance] of Object.entries(instances)) this.instances.set(id, instance);
  }

  describe(instanceId: string): RuntimeInstance | null {
    const instance = this.instances.get(instanceId);
    if (instance === undefined) return null;
    return {
      instanceId,
      capabilityName: instanceId,
      enabled: instance.enabled ?? true,
      maxConcurrentCalls: instance.cap ?? 1,
      configHash: "c",
    };
  }

  notLoaded(instanceId: string): CjmError {
    return new CjmError("CJM_CAPABILITY_NOT_LOADED", `Capability not loaded: ${instanceId}.`);
  }

  async execute(call: RuntimeCall, options: RuntimeCallOptions): Promise<JsonValue> {
    const instance = this.instances.get(call.instanceId) ?? {};
    const outcome = Promise.withResolvers<JsonValue>();
    const fake: FakeCall = {
      instanceId: call.instanceId,
      jobId: String(call.envelope.job_id),
      call,
      kwargs: call.target.kwargs,
      options,
      resolve: (value = null) => outcome.resolve(value),
      reject: (error) => outcome.reject(error),
    };
    options.signal.addEventListener("abort", () => outcome.reject(options.signal.reason), { once: true });
    this.calls.push(fake);
    this.running.add(fake);
    this.#notePeak("all", this.running.size);
    this.#notePeak(call.instanceId, [...this.running].filter(({ instanceId }) => instanceId === call.instanceId).length);
    this.#wake();
    this.onCall(fake);
    if (instance.script !== undefined) {
      const { script } = instance;
      (async () => await script(fake.kwargs, fake))().then(outcome.resolve, outcome.reject);
    }
    try {
      const value = await outcome.promise;
      instance.profile ??= instance.measures ?? {};
      return value;
    } finally {
      this.running.delete(fake);
      this.#wake();
    }
  }

  /** Chunks of the instance's `chunks`, as fast as they are taken. */
  async *stream(call: RuntimeCall, options: RuntimeCallOptions): AsyncGenerator<JsonValue, void, undefined> {
    const { chunks = [] } = this.instances.get(call.instanceId) ?? {};
    for await (const chunk of chunks) {
      options.signal.throwIfAborted();
      this.produced += 1;
      yield chunk;
    }
  }

  async requestCancel(instanceId: string, jobId: string): Promise<void> {
    this.cancelRequests.push(jobId);
    const call = [...this.running].find((running) => running.jobId === jobId);
    if (call !== undefined) this.instances.get(instanceId)?.onCancel?.(call);
  }

  async restart(instanceId: string): Promise<void> {
    this.restarts.push(instanceId);
    await this.restartGate;
  }

  profile(instanceId: string): ResourceProfile | null {
    if (this.profileError !== null) throw this.profileError;
    const profile = this.instances.get(instanceId)?.profile;
    if (profile === undefined) return null;
    const { memoryMb = 0, gpuMb = 0 } = profile;
    return {
      instanceId,
      capabilityName: instanceId,
      configHash: "c",
      sampleCount: 1,
      successCount: 1,
      cpuPercentMean: 0,
      memoryPeakMaxMb: memoryMb,
      memoryPeakMeanMb: memoryMb,
      gpuMemoryPeakMaxMb: gpuMb,
      gpuMemoryPeakMeanMb: gpuMb,
      durationMeanMs: 0,
      lastObservedAt: 0,
      usageTotals: {},
      sizes: { memoryMb, gpuMb },
    };
  }

  residency(instanceId: string): InstanceResidency | null {
    return this.instances.get(instanceId)?.residency ?? null;
  }

  async systemStatus(): Promise<SystemStatus | null> {
    this.statusCalls += 1;
    return this.status;
  }

  /** Resolves when `condition` holds; it is asked again whenever a call starts or ends. */
  async until(condition: (runtime: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** The running call of an instance, as soon as there is one. */
  async call(instanceId: string): Promise<FakeCall> {
    const find = (): FakeCall | undefined => [...this.running].find((call) => call.instanceId === instanceId);
    await this.until(() => find() !== undefined);
    const call = find();
    if (call === undefined) throw new Error(`no call of ${instanceId} runs`);
    return call;
  }

  #notePeak(key: string, count: number): void {
    this.peaks.set(key, Math.max(count, this.peaks.get(key) ?? 0));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
