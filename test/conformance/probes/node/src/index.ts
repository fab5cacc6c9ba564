import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import {
  action,
  type CallContext,
  CapabilityCancelledError,
  CapabilityFatalError,
  CapabilityInputError,
  CapabilityResourceError,
  CapabilityTransientError,
  TaskAdapter,
  ToolCapability,
  wireType,
  z,
} from "@cjm/capability";

const Config = z.object({
  greeting: z.string().default("hello").describe("What the probe says first"),
  slow_initialize_seconds: z.number().min(0).default(0).describe("How long initialize computes without yielding"),
});

const nothing = z.object({});

/** The twin of `probe.py` of the Python worker: the same actions, so that one suite can put both workers to the test. */
export class Probe extends ToolCapability<typeof Config> {
  static override readonly config = Config;
  static override readonly capabilityName = "conformance-probe";
  static override readonly workerEnv = [{ name: "PROBE_MODE", label: "Mode", description: "Not used", default: "plain" }];

  readonly actions = {
    echo: action({
      description: "Returns its value.",
      input: z.object({ value: z.unknown() }),
      output: z.unknown(),
      idempotent: true,
      cache: "pure",
      run: ({ value }) => value,
    }),
    add: action({
      description: "Adds two numbers.",
      input: z.object({ a: z.number(), b: z.number() }),
      output: z.number(),
      idempotent: true,
      cache: "pure",
      run: ({ a, b }) => a + b,
    }),
    fail: action({
      description: "Throws the typed error of a category.",
      input: z.object({ category: z.string(), message: z.string() }),
      output: z.unknown(),
      run: ({ category, message }) => {
        throw typedError(category, message);
      },
    }),
    raise_plain: action({
      description: "Throws an error that nobody typed.",
      input: nothing,
      output: z.unknown(),
      run: () => {
        throw new Error("plain");
      },
    }),
    busy: action({
      description: "Computes without yielding.",
      input: z.object({ seconds: z.number(), check: z.boolean().default(true) }),
      output: z.unknown(),
      run: ({ seconds, check }, ctx) => busy(seconds, check ? ctx : null),
    }),
    progress_steps: action({
      description: "Reports progress step by step.",
      input: z.object({ steps: z.int() }),
      output: z.unknown(),
      run: ({ steps }, ctx) => {
        for (let step = 1; step <= steps; step += 1) ctx.progress(step / steps, `step ${step}`);
        return { steps };
      },
    }),
    usage: action({
      description: "Reports usage.",
      input: z.object({ units: z.record(z.string(), z.number()) }),
      output: z.unknown(),
      run: ({ units }, ctx) => {
        ctx.reportUsage(units);
        return units;
      },
    }),
    account: action({
      description: "Records accounts of a given size.",
      input: z.object({ count: z.int(), size: z.int() }),
      output: z.unknown(),
      run: ({ count, size }, ctx) => {
        for (let index = 0; index < count; index += 1) ctx.account("probe_account", { index, text: "é".repeat(size) });
        return { count };
      },
    }),
    stream: action({
      description: "Streams objects, and fails at one if told to.",
      input: z.object({ count: z.int(), fail_at: z.int().nullish() }),
      output: z.unknown(),
      async *run(this: Probe, { count, fail_at }, ctx) {
        try {
          for (let index = 0; index < count; index += 1) {
            ctx.throwIfCancelled();
            if (index === fail_at) throw new CapabilityFatalError(`failed at ${index}`);
            yield { index, text: "a\u2028b" };
          }
        } finally {
          this.note("stream-closed");
        }
      },
    }),
    log: action({
      description: "Logs one line.",
      input: z.object({ message: z.string(), level: z.enum(["debug", "info", "warning", "error"]).default("info") }),
      output: z.unknown(),
      run: ({ message, level }, ctx) => {
        ctx.log[level](message);
        return null;
      },
    }),
    print_lines: action({
      description: "Prints lines to the standard output.",
      input: z.object({ lines: z.array(z.string()) }),
      output: z.unknown(),
      run: ({ lines }) => {
        for (const line of lines) console.log(line);
        return null;
      },
    }),
    crash: action({
      description: "Ends the process.",
      input: z.object({ code: z.int() }),
      output: z.unknown(),
      run: ({ code }) => process.exit(code),
    }),
    spawn_child: action({
      description: "Starts a child that sleeps and ignores SIGTERM, and returns its pid.",
      input: z.object({ setsid: z.boolean().default(false) }),
      output: z.unknown(),
      run: ({ setsid }) => {
        const child = spawn("sh", ["-c", "trap '' TERM; while :; do sleep 1; done"], { detached: setsid, stdio: "ignore" });
        child.unref();
        return child.pid;
      },
    }),
    unserialisable: action({
      description: "Returns what JSON cannot hold.",
      input: nothing,
      output: z.unknown(),
      run: () => new Set([1]),
    }),
    envelope: action({
      description: "Returns whose call it is.",
      input: nothing,
      output: z.unknown(),
      run: (_input, ctx) => envelopeOf(ctx),
    }),
    typed: action({
      description: "Returns a typed value.",
      input: nothing,
      output: wireType("probe.point", z.object({ x: z.int(), y: z.int() })),
      run: () => ({ x: 1, y: 2 }),
    }),
    greet: action({
      description: "Returns the configured greeting.",
      input: nothing,
      output: z.unknown(),
      run: () => this.config.greeting,
    }),
  };

  override initialize(ctx: CallContext): void {
    this.note("initialize");
    if (this.config.slow_initialize_seconds > 0) {
      ctx.progress(0.5, "initialising");
      busy(this.config.slow_initialize_seconds, null);
    }
  }

  override prefetch(ctx: CallContext): void {
    ctx.progress(1, "prefetched");
  }

  override reconfigure(_oldConfig: unknown, newConfig: z.output<typeof Config>): void {
    if (newConfig.greeting === "refuse") throw new CapabilityInputError("that greeting is refused", { fields: ["greeting"] });
  }

  override cleanup(): void {
    this.note("cleanup");
  }

  /** A line in a file outlives the process, so that a test can count what happened. */
  note(what: string): void {
    const folder = process.env["CAPABILITY_DATA_DIR"];
    if (folder !== undefined) appendFileSync(join(folder, "notes.txt"), `${what}\n`);
  }
}

export class ProbeTask extends TaskAdapter<Probe> {
  static override readonly taskName = "probing";
  readonly notCallable = 7;

  shout({ text }: { text: string }): string {
    return `${this.tool.config.greeting} ${text.toUpperCase()}`;
  }

  refuse(): never {
    throw new CapabilityTransientError("later", { retryAfterSeconds: 1.5 });
  }

  stop(): never {
    throw new CapabilityCancelledError();
  }

  _hidden(): string {
    return "never";
  }
}

export class SecondProbeTask extends TaskAdapter<Probe> {
  static override readonly taskName = "probing";

  shout(): string {
    return "the second adapter of a task";
  }
}

function busy(seconds: number, ctx: CallContext | null): { readonly done: true } {
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) ctx?.throwIfCancelled();
  return { done: true };
}

function typedError(category: string, message: string): Error {
  switch (category) {
    case "user_input":
      return new CapabilityInputError(message, { fields: ["category"] });
    case "transient":
      return new CapabilityTransientError(message, { retryAfterSeconds: 1.5 });
    case "resource":
      return new CapabilityResourceError(message, { shortfall: { resource: "gpu_vram_mb", needed: 6000, available: 3500 } });
    case "cancelled":
      return new CapabilityCancelledError(message);
    default:
      return new CapabilityFatalError(message);
  }
}

function envelopeOf(ctx: CallContext): Record<string, unknown> {
  const { jobId, runId, compositionId, nodeId, actor, control } = ctx;
  return { job_id: jobId, run_id: runId, composition_id: compositionId, node_id: nodeId, actor, control };
}
