import { setTimeout as sleep } from "node:timers/promises";
import { action, type CallContext, type ConfigOptions, reloadTrigger, ToolCapability, z } from "@cjm/capability";

const Mode = z.enum(["plain", "steps", "wait", "spin", "fail"]).default("plain");
type Mode = z.output<typeof Mode>;

const Config = z.object({
  initialize: Mode,
  prefetch: Mode,
  reconfigure: Mode,
  on_disable: Mode,
  on_enable: Mode,
  cleanup: Mode,
  options: Mode,
  greeting: z.string().default("hello"),
  model: reloadTrigger("model", z.string().default("small")),
  device: reloadTrigger("model", z.string().default("cpu")),
  voice: reloadTrigger("voice_pack", z.string().default("plain")),
});
type Config = z.output<typeof Config>;

/** The twin of `lifecycle_probe.py`: its hooks do what its configuration says, and it tells which of them ran. */
export class LifecycleProbe extends ToolCapability<typeof Config> {
  static override readonly config = Config;
  static override readonly capabilityName = "lifecycle-probe";
  readonly #seen: string[] = [];

  readonly actions = {
    seen: action({
      description: "Which hooks ran since it was last asked.",
      input: z.object({}),
      output: z.array(z.string()),
      run: () => this.#seen.splice(0),
    }),
    greeting: action({ description: "The configured greeting.", input: z.object({}), output: z.string(), run: () => this.config.greeting }),
  };

  override initialize(ctx: CallContext): Promise<void> {
    this.#seen.push(`initialize ${this.config.greeting}`);
    return perform(this.config.initialize, ctx);
  }

  override prefetch(ctx: CallContext): Promise<void> {
    this.#seen.push("prefetch");
    return perform(this.config.prefetch, ctx);
  }

  releaseModel(oldConfig: Config, newConfig: Config): void {
    this.#seen.push(`release model ${oldConfig.model} -> ${newConfig.model}, at ${this.config.model}`);
    if (newConfig.model === "stuck") throw new Error("cannot let go");
  }

  releaseVoicePack(oldConfig: Config, newConfig: Config): void {
    this.#seen.push(`release voice ${oldConfig.voice} -> ${newConfig.voice}`);
  }

  override reconfigure(oldConfig: Config | null, newConfig: Config, ctx: CallContext): Promise<void> {
    this.#seen.push(`reconfigure ${oldConfig?.greeting} -> ${newConfig.greeting}`);
    return perform(newConfig.reconfigure, ctx);
  }

  override onDisable(ctx: CallContext): Promise<void> {
    this.#seen.push("on_disable");
    return perform(this.config.on_disable, ctx);
  }

  override onEnable(ctx: CallContext): Promise<void> {
    this.#seen.push("on_enable");
    return perform(this.config.on_enable, ctx);
  }

  override configOptions(): ConfigOptions {
    if (this.config.options === "fail") throw new Error("told to fail");
    return {
      model: {
        options: [{ value: "small", label: "Small", metadata: { megabytes: 39 } }, { value: "large" }],
        constraints: { maxLength: 5 },
      },
      device: { options: [] },
    };
  }

  override cleanup(): void {
    this.#seen.push("cleanup");
    if (this.config.cleanup === "fail") throw new Error("told to fail");
  }
}

async function perform(mode: Mode, ctx: CallContext): Promise<void> {
  switch (mode) {
    case "plain":
      return;
    case "steps":
      for (let step = 1; step <= 4; step += 1) ctx.progress(step / 4, `step ${step}`);
      return;
    case "wait":
      for (;;) {
        ctx.progress(0.25, "waiting");
        ctx.throwIfCancelled();
        await sleep(5);
      }
    case "spin":
      for (;;) {
        ctx.progress(0.25, "waiting");
        ctx.throwIfCancelled();
      }
    case "fail":
      throw new Error("told to fail");
    default:
      mode satisfies never;
  }
}
