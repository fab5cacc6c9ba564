import * as z from "zod";
import type { ActionTable } from "./action-dispatch.ts";
import { collectAction, findAction, runAction } from "./action-dispatch.ts";
import { authoringMistakes, DESCRIBE_ACTION } from "./author-mistakes.ts";
import type { CallContext } from "./call-context.ts";
import { CapabilityCancelledError, CapabilityConfigError, CapabilityInputError } from "./capability-error.ts";
import { CAPABILITY_PORT, type CapabilityDeclaration, type CapabilityIdentity, type CapabilityPort } from "./capability-port.ts";
import type { ConfigOptions } from "./config-options.ts";
import { describeAction, describeCapability } from "./describe.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { changedTriggers, releaseHookName } from "./reload-triggers.ts";
import { schemaIssues, unknownFields } from "./schema-issues.ts";
import { type WorkerEnvDeclaration, workerEnvRecord } from "./worker-env.ts";

/** Named arguments as a caller sent them. */
export type NamedArguments = Readonly<Record<string, unknown>>;

/**
 * Base class of a capability. A subclass declares `config` (static) and `actions`; its process holds one instance, made
 * without arguments. Order of life: constructor, `initialize`, perhaps `prefetch`, calls (also at the same time),
 * `reconfigure`, `onDisable`/`onEnable`, and `cleanup` once at the end.
 */
export abstract class ToolCapability<Config extends z.ZodObject = z.ZodObject> {
  /** Schema of the configuration. Give every field a default where you can. @default z.object({}) */
  static readonly config: z.ZodObject = z.object({});
  /** One sentence. @default the package's description */
  static readonly description: string = "";
  /** @default the package's name without scope */
  static readonly capabilityName: string = "";
  /** @default the package's version */
  static readonly capabilityVersion: string = "";
  /** Environment variables that the process needs. @default [] */
  static readonly workerEnv: readonly WorkerEnvDeclaration[] = [];

  abstract readonly actions: ActionTable;

  #config: z.output<Config> | null = null;
  #identity: CapabilityIdentity | null = null;

  get name(): string {
    return this.#identity?.name ?? (this.#class.capabilityName || this.#class.name);
  }

  get version(): string {
    return this.#identity?.version ?? (this.#class.capabilityVersion || "0.0.0");
  }

  /** The checked configuration with its defaults. Set before `initialize` runs; not there yet in the constructor. */
  get config(): z.output<Config> {
    if (this.#config === null) {
      throw new Error(
        `${this.#class.name}.config is read before it is set. Read it in initialize() or in an action, not in the constructor.`,
      );
    }
    return this.#config;
  }

  /** Opens what the capability needs. May run again, with another configuration. */
  initialize(_ctx: CallContext): void | Promise<void> {}

  /** Fetches what is slow (downloads, models) before the first call. Report progress, or a host takes it for stalled. */
  prefetch(_ctx: CallContext): void | Promise<void> {}

  /**
   * Reacts to a changed configuration; `this.config` is the new one already. Before it, while the old one stands, the methods
   * `release<Trigger>` of changed fields ran (see `reloadTrigger`). When any of them throws, the old one stands again.
   */
  reconfigure(_oldConfig: z.output<Config> | null, _newConfig: z.output<Config>, _ctx: CallContext): void | Promise<void> {}

  /** Releases what is heavy while nobody may call. */
  onDisable(_ctx: CallContext): void | Promise<void> {}

  onEnable(_ctx: CallContext): void | Promise<void> {}

  /** Closes everything. Runs exactly once, also when the process is told to end. */
  cleanup(): void | Promise<void> {}

  /** Values to choose from for fields of the configuration that only the running process knows. */
  configOptions(): ConfigOptions | Promise<ConfigOptions> {
    return {};
  }

  /**
   * Serves a call of the execute channel: the action that `kwargs.action` names, with the rest as its input. The name may also
   * be the one positional argument.
   */
  async execute(kwargs: NamedArguments, ctx: CallContext, args: readonly unknown[] = []): Promise<unknown> {
    const named = this.#named(kwargs, args);
    if (named["action"] === DESCRIBE_ACTION) return this.#describe();
    return collectAction(this, findAction(this.actions, named, this.name), ctx);
  }

  /** The same as a stream: the chunks of a streaming action, else the one result. */
  async *executeStream(kwargs: NamedArguments, ctx: CallContext, args: readonly unknown[] = []): AsyncGenerator<unknown, void, void> {
    if (this.execute !== ToolCapability.prototype.execute) {
      yield await this.execute(kwargs, ctx, args);
      return;
    }
    const named = this.#named(kwargs, args);
    if (named["action"] === DESCRIBE_ACTION) yield this.#describe();
    else yield* runAction(this, findAction(this.actions, named, this.name), ctx);
  }

  /** What a worker drives the capability with. Not for authors. */
  [CAPABILITY_PORT](): CapabilityPort {
    return {
      mistakes: () =>
        authoringMistakes({
          className: this.#class.name,
          config: this.#class.config,
          workerEnv: this.#class.workerEnv,
          actions: this.actions,
          hasMethod: (name) => typeof Reflect.get(this, name) === "function",
        }),
      declaration: () => this.#declaration(),
      attach: (identity) => {
        this.#identity = identity;
      },
      configure: async (raw) => {
        this.#config = await this.#checkedConfig(raw);
      },
      reconfigure: (oldRaw, newRaw, ctx) => this.#reconfigure(oldRaw, newRaw, ctx),
      config: () => this.#config,
      cancelledError: () => new CapabilityCancelledError(),
    };
  }

  get #class(): typeof ToolCapability {
    return this.constructor as typeof ToolCapability;
  }

  #named(kwargs: NamedArguments, args: readonly unknown[]): NamedArguments {
    if (args.length === 0) return kwargs;
    if (args.length === 1 && !Object.hasOwn(kwargs, "action")) return { ...kwargs, action: args[0] };
    throw new CapabilityInputError(`${this.name} takes named arguments only, save for the action; ${args.length} came without a name.`, {
      fields: ["args"],
    });
  }

  #declaration(): CapabilityDeclaration {
    return {
      name: this.#class.capabilityName || null,
      version: this.#class.capabilityVersion || null,
      description: this.#class.description || null,
      configSchema: jsonSchemaOf(this.#class.config, "input"),
      workerEnv: this.#class.workerEnv.map(workerEnvRecord),
      actions: Object.entries(this.actions).map(([name, action]) => describeAction(name, action)),
    };
  }

  #describe(): unknown {
    return describeCapability({
      name: this.name,
      version: this.version,
      description: this.#identity?.description ?? this.#class.description,
      actions: this.#declaration().actions,
      dependencies: this.#identity?.dependencies ?? {},
    });
  }

  async #reconfigure(oldRaw: unknown, newRaw: unknown, ctx: CallContext): Promise<void> {
    const before = this.#config;
    const oldConfig = before ?? (oldRaw === null ? null : await this.#checkedConfig(oldRaw));
    const newConfig = await this.#checkedConfig(newRaw);
    if (oldConfig !== null) await this.#release(oldConfig, newConfig, ctx);
    this.#config = newConfig;
    try {
      await this.reconfigure(oldConfig, newConfig, ctx);
    } catch (error) {
      this.#config = before;
      throw error;
    }
  }

  /** Every hook runs, also after one that failed: what can be given back is. */
  async #release(oldConfig: z.output<Config>, newConfig: z.output<Config>, ctx: CallContext): Promise<void> {
    const failures: unknown[] = [];
    for (const trigger of changedTriggers(this.#class.config, oldConfig, newConfig)) {
      const hook: unknown = Reflect.get(this, releaseHookName(trigger));
      try {
        if (typeof hook === "function") await hook.call(this, oldConfig, newConfig, ctx);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async #checkedConfig(raw: unknown): Promise<z.output<Config>> {
    const value = raw ?? {};
    const schema = this.#class.config;
    const unknown = unknownFields(schema, value);
    const parsed = await schema.safeParseAsync(value);
    if (parsed.success && unknown.length === 0) return parsed.data as z.output<Config>;
    const issues = parsed.success ? { text: "", fields: [] } : schemaIssues(parsed.error, value);
    const accepted = Object.keys(schema.shape).join(", ") || "none";
    const unknownText = unknown.map((field) => `${field}: no such field (there are: ${accepted})`);
    const text = [issues.text, ...unknownText].filter((part) => part !== "").join("; ");
    throw new CapabilityConfigError(`Wrong configuration for ${this.name}: ${text}.`, { fields: [...issues.fields, ...unknown] });
  }
}
