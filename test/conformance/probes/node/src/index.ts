import { spawn } from "node:child_process";
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
  static override readonly capabilityName = "probe";
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
        throw new Error("something broke");
      },
    }),
    busy: action({
      description: "Computes without yielding.",
      input: z.object({ seconds: z.number(), check: z.boolean().default(true) }),
      output: z.string(),
      run: ({ seconds, check }, ctx) => {
        spin(seconds, check ? ctx : null);
        return "done";
      },
    }),
    progress_steps: action({
      description: "Reports progress step by step.",
      input: z.object({ steps: z.int() }),
      output: z.int(),
      run: ({ steps }, ctx) => {
        for (let step = 1; step <= steps; step += 1) ctx.progress(step / steps, `step ${step}`);
        return steps;
      },
    }),
    usage: action({
      description: "Reports usage.",
      input: z.object({ units: z.record(z.string(), z.number()) }),
      output: z.null(),
      run: ({ units }, ctx) => {
        ctx.reportUsage(units);
        return null;
      },
    }),
    account: action({
      description: "Records accounts of a given size.",
      input: z.object({ count: z.int(), size: z.int() }),
      output: z.null(),
      run: ({ count, size }, ctx) => {
        for (let index = 0; index < count; index += 1) ctx.account("probe_account", { index, text: "x".repeat(size) });
        return null;
      },
    }),
    stream: action({
      description: "Streams objects, and fails at one if told to.",
      input: z.object({ count: z.int(), fail_at: z.int().nullish() }),
      output: z.unknown(),
      *run({ count, fail_at }, ctx) {
        for (let index = 0; index < count; index += 1) {
          ctx.throwIfCancelled();
          if (index === fail_at) throw new CapabilityInputError(`failed at ${index}`, { fields: ["fail_at"] });
          yield { index, text: "a\u2028b" };
        }
      },
    }),
    log: action({
      description: "Logs one line.",
      input: z.object({ message: z.string(), level: z.enum(["DEBUG", "INFO", "WARNING", "ERROR"]).default("INFO") }),
      output: z.null(),
      run: ({ message, level }, ctx) => {
        const write = { DEBUG: ctx.log.debug, INFO: ctx.log.info, WARNING: ctx.log.warning, ERROR: ctx.log.error };
        write[level](message);
        return null;
      },
    }),
    print_lines: action({
      description: "Prints lines to the standard output.",
      input: z.object({ lines: z.array(z.string()) }),
      output: z.null(),
      run: ({ lines }) => {
        for (const line of lines) console.log(line);
        return null;
      },
    }),
    crash: action({
      description: "Ends the process.",
      input: z.object({ code: z.int() }),
      output: z.null(),
      run: ({ code }) => {
        console.log("about to crash");
        process.exit(code);
      },
    }),
    spawn_child: action({
      description: "Starts a child that sleeps, perhaps in a session of its own, and returns its pid.",
      input: z.object({ setsid: z.boolean().default(false) }),
      output: z.unknown(),
      run: ({ setsid }) => spawn("sleep", ["1000"], { detached: setsid }).pid,
    }),
    unserialisable: action({
      description: "Returns what JSON cannot hold.",
      input: nothing,
      output: z.unknown(),
      run: () => new Set([1, 2, 3]),
    }),
    envelope: action({
      description: "Returns whose call it is.",
      input: nothing,
      output: z.unknown(),
      run: (_input, ctx) => envelopeOf(ctx),
    }),
  };

  override initialize(): void {
    spin(this.config.slow_initialize_seconds, null);
  }

  override cleanup(): void {
    console.log("cleaned up");
  }
}

export class ProbeAdapter extends TaskAdapter<Probe> {
  static override readonly taskName = "probing";
  readonly notCallable = 7;

  double({ value }: { value: number }): number {
    return 2 * value;
  }

  refuse(): never {
    throw new CapabilityInputError("refused", { fields: ["value"] });
  }

  _hidden(): string {
    return "never reached";
  }
}

function spin(seconds: number, ctx: CallContext | null): void {
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) ctx?.throwIfCancelled();
}

function typedError(category: string, message: string): Error {
  switch (category) {
    case "user_input":
      return new CapabilityInputError(message, { fields: ["field"] });
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
