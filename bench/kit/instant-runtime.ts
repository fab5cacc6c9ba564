import { CjmError, type JsonValue, type ResourceProfile, type SystemStatus } from "@cjm/core";
import type { CapabilityRuntime, RuntimeCall, RuntimeInstance } from "@cjm/queue";

interface InstantInstance {
  /** @default 4 */
  readonly cap?: number;
  /** What a run takes of the GPU, MiB. @default 0 */
  readonly gpuMb?: number;
}

/** Instances whose calls return at once: everything that remains is the queue itself. */
export class InstantRuntime implements CapabilityRuntime {
  readonly #instances: Readonly<Record<string, InstantInstance>>;
  readonly #status: SystemStatus | null;
  readonly #answer: (call: RuntimeCall) => JsonValue | Promise<JsonValue>;

  constructor(
    instances: Readonly<Record<string, InstantInstance>>,
    options: { readonly status?: SystemStatus; readonly answer?: (call: RuntimeCall) => JsonValue | Promise<JsonValue> } = {},
  ) {
    this.#instances = instances;
    this.#status = options.status ?? null;
    this.#answer = options.answer ?? (() => null);
  }

  describe(instanceId: string): RuntimeInstance | null {
    const instance = this.#instances[instanceId];
    if (instance === undefined) return null;
    return { instanceId, capabilityName: instanceId, enabled: true, maxConcurrentCalls: instance.cap ?? 4, configHash: "bench" };
  }

  notLoaded(instanceId: string): CjmError {
    return new CjmError("CJM_CAPABILITY_NOT_LOADED", `Capability not loaded: ${instanceId}.`);
  }

  async execute(call: RuntimeCall): Promise<JsonValue> {
    return await this.#answer(call);
  }

  stream(): AsyncIterable<JsonValue> {
    throw new CjmError("CJM_INTERNAL", "Nothing is streamed in this bench.");
  }

  async requestCancel(): Promise<void> {}

  async restart(): Promise<void> {}

  profile(instanceId: string): ResourceProfile | null {
    return profileWith(this.#instances[instanceId]?.gpuMb ?? 0);
  }

  async systemStatus(): Promise<SystemStatus | null> {
    return this.#status;
  }
}

function profileWith(gpuMb: number): ResourceProfile {
  return {
    instanceId: "",
    capabilityName: "",
    configHash: "bench",
    sampleCount: 1,
    successCount: 1,
    cpuPercentMean: 1,
    memoryPeakMaxMb: 10,
    memoryPeakMeanMb: 10,
    gpuMemoryPeakMaxMb: gpuMb,
    gpuMemoryPeakMeanMb: gpuMb,
    durationMeanMs: 1,
    lastObservedAt: 0,
    usageTotals: {},
    sizes: { memoryMb: 10, gpuMb },
  };
}
