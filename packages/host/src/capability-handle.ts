import type { CallEnvelope, CallTarget, JsonObject, JsonValue, ResourceProfile } from "@cjm/core";
import { decodeWireValue, type WireDecoder } from "@cjm/protocol";
import type { ConfigurationService } from "./config/configuration-service.ts";
import type { InstanceCallOptions } from "./execution/call-executor.ts";
import { type CallArguments, resolveFileInputs } from "./execution/file-inputs.ts";
import type { InstanceSummary, LoadOptions } from "./manager-options.ts";

export interface HandleCallOptions extends Partial<InstanceCallOptions> {
  readonly envelope?: CallEnvelope;
}

export interface HandleOptions extends Omit<LoadOptions, "signal"> {
  /** What results of a kind are rebuilt by. @default none: they stay as they came */
  readonly wireTypes?: ReadonlyMap<string, WireDecoder>;
}

interface HandleCall {
  readonly instanceId: string;
  readonly target: CallTarget;
  readonly envelope: CallEnvelope;
}

/** What a handle asks of its manager. */
interface HandleManager {
  readonly configuration: ConfigurationService;
  instances(): readonly InstanceSummary[];
  load(name: string, options: LoadOptions): Promise<InstanceSummary>;
  unload(instanceId: string): Promise<boolean>;
  reload(instanceId: string, options: { readonly config?: JsonObject }): Promise<void>;
  enable(instanceId: string): Promise<void>;
  disable(instanceId: string): Promise<void>;
  execute(call: HandleCall, options: InstanceCallOptions): Promise<JsonValue>;
  stream(call: HandleCall, options: InstanceCallOptions): AsyncIterable<JsonValue>;
  profile(instanceId: string): ResourceProfile | null;
}

/** One instance of one capability, with what it is to be loaded with: a short way to the manager for code that uses just that. */
export class CapabilityHandle {
  readonly capabilityName: string;
  readonly instanceId: string;
  readonly #manager: HandleManager;
  readonly #load: Omit<LoadOptions, "signal">;
  readonly #wireTypes: ReadonlyMap<string, WireDecoder>;

  constructor(manager: HandleManager, capabilityName: string, { wireTypes = new Map(), ...load }: HandleOptions = {}) {
    this.capabilityName = capabilityName;
    this.instanceId = load.instanceId ?? capabilityName;
    this.#manager = manager;
    this.#load = structuredClone(load);
    this.#wireTypes = wireTypes;
  }

  /** Null while it is not loaded. */
  get summary(): InstanceSummary | null {
    return this.#manager.instances().find(({ instanceId }) => instanceId === this.instanceId) ?? null;
  }

  get isLoaded(): boolean {
    return this.summary !== null;
  }

  /** @throws CjmError as `CapabilityManager.load` */
  load(config?: JsonObject, signal?: AbortSignal): Promise<InstanceSummary> {
    return this.#manager.load(this.capabilityName, {
      ...this.#load,
      ...(config === undefined ? {} : { config }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  unload(): Promise<boolean> {
    return this.#manager.unload(this.instanceId);
  }

  reload(config?: JsonObject): Promise<void> {
    return this.#manager.reload(this.instanceId, config === undefined ? {} : { config });
  }

  enable(): Promise<void> {
    return this.#manager.enable(this.instanceId);
  }

  disable(): Promise<void> {
    return this.#manager.disable(this.instanceId);
  }

  /** Calls an action by name. Files among the arguments become paths; a typed result becomes what its kind is rebuilt as. */
  async run(action: string, args: CallArguments = {}, options: HandleCallOptions = {}): Promise<unknown> {
    const kwargs = { ...(await resolveFileInputs(args)), action };
    return this.#decode(await this.#manager.execute(this.#call({ channel: "execute", args: [], kwargs }, options), withSignal(options)));
  }

  /** Calls a method of a task. */
  async runTask(task: string, method: string, args: CallArguments = {}, options: HandleCallOptions = {}): Promise<unknown> {
    const kwargs = await resolveFileInputs(args);
    return this.#decode(await this.#manager.execute(this.#call({ channel: "task", task, method, kwargs }, options), withSignal(options)));
  }

  /** Chunks of an action's result as they come. */
  async *stream(action: string, args: CallArguments = {}, options: HandleCallOptions = {}): AsyncGenerator<unknown, void, undefined> {
    const kwargs = { ...(await resolveFileInputs(args)), action };
    const chunks = this.#manager.stream(this.#call({ channel: "execute", args: [], kwargs }, options), withSignal(options));
    for await (const chunk of chunks) yield this.#decode(chunk);
  }

  /** Replaces the configuration. @returns the one in force. @throws CjmError as `ConfigurationService.update` */
  configure(config: JsonObject): Promise<JsonObject> {
    return this.#manager.configuration.update(this.instanceId, config);
  }

  config(): Promise<JsonObject> {
    return this.#manager.configuration.read(this.instanceId);
  }

  configSchema(): Promise<JsonObject | null> {
    return this.#manager.configuration.schema(this.instanceId);
  }

  /** What runs of it took with its present configuration; null: it never ran. */
  profile(): ResourceProfile | null {
    return this.#manager.profile(this.instanceId);
  }

  #call(target: CallTarget, { envelope = {} }: HandleCallOptions): HandleCall {
    return { instanceId: this.instanceId, target, envelope };
  }

  #decode(value: unknown): unknown {
    return decodeWireValue(value, this.#wireTypes);
  }
}

function withSignal({ envelope: _envelope, ...options }: HandleCallOptions): InstanceCallOptions {
  return { ...options, signal: options.signal ?? new AbortController().signal };
}
