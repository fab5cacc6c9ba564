import type { CallContext } from "@cjm/capability";
import type { CapabilityInHand } from "./load-capability.ts";

/**
 * Initialisation and cleanup of one capability. Calls wait for an initialisation that is under way; one that was never
 * asked for runs with the defaults before the first call, since hosts do not initialise without a configuration.
 *
 *     new --initialize--> ready --cleanup--> closed
 *      ^-----fails----------'  ^---initialize---'
 */
export class CapabilityLife {
  readonly #capability: CapabilityInHand;
  readonly #onConfig: (config: Readonly<Record<string, unknown>>) => void;
  #ready: Promise<void> | null = null;
  /** What `#ready` was when it had succeeded. */
  #succeeded: Promise<void> | null = null;
  #cleanup: Promise<void> | null = null;

  constructor(capability: CapabilityInHand, onConfig: (config: Readonly<Record<string, unknown>>) => void) {
    this.#capability = capability;
    this.#onConfig = onConfig;
  }

  /** Configures and initialises, after whatever initialisation is under way. */
  initialize(rawConfig: unknown, ctx: CallContext): Promise<void> {
    const before = this.#ready ?? Promise.resolve();
    const ready = before.catch(() => undefined).then(() => this.#initialize(rawConfig, ctx));
    this.#ready = ready;
    ready.then(
      () => {
        this.#succeeded = ready;
      },
      // A failed initialisation is reported to whoever asked for it; the next call tries anew.
      () => {
        if (this.#ready === ready) this.#ready = null;
      },
    );
    return ready;
  }

  /** Calls may run without waiting for anything. */
  get isReady(): boolean {
    return this.#ready !== null && this.#succeeded === this.#ready;
  }

  /** Resolves when calls may run. What failed or was cancelled for another call is tried anew for this one. */
  async ready(ctx: CallContext): Promise<void> {
    while (this.#ready !== null) {
      const succeeded = await this.#ready.then(
        () => true,
        () => false,
      );
      if (succeeded) return;
      ctx.throwIfCancelled();
    }
    await this.initialize({}, ctx);
  }

  /** One that was never initialised has nothing to change from: it is initialised with the new configuration. */
  async reconfigure(oldRaw: unknown, newRaw: unknown, ctx: CallContext): Promise<void> {
    await this.#ready?.catch(() => undefined);
    if (this.#ready === null) return this.initialize(newRaw, ctx);
    await this.#capability.port.reconfigure(oldRaw, newRaw, ctx);
    this.#publishConfig();
  }

  /** Runs the author's cleanup once for each life; further calls share the first one's end. */
  cleanup(): Promise<void> {
    this.#cleanup ??= (async () => {
      await this.#ready?.catch(() => undefined);
      await this.#capability.instance.cleanup();
    })();
    return this.#cleanup;
  }

  async #initialize(rawConfig: unknown, ctx: CallContext): Promise<void> {
    await this.#capability.port.configure(rawConfig);
    this.#publishConfig();
    this.#cleanup = null;
    await this.#capability.instance.initialize(ctx);
  }

  #publishConfig(): void {
    const config = this.#capability.port.config();
    this.#onConfig(JSON.parse(JSON.stringify(config ?? {})) as Record<string, unknown>);
  }
}
