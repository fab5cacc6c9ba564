import { spawn } from "node:child_process";
import {
  action,
  type CallContext,
  CapabilityCancelledError,
  CapabilityInputError,
  CapabilityTransientError,
  TaskAdapter,
  ToolCapability,
  wireValue,
  z,
} from "@cjm/capability";
import { contextActions, envelopeOf } from "./context-actions.ts";
import { errorActions } from "./error-actions.ts";
import { Gates } from "./gates.ts";
import { resultActions } from "./result-actions.ts";

const Config = z.object({
  greeting: z.string().default("hello").describe("What the probe says first"),
  slow_initialize_seconds: z.number().min(0).default(0).describe("How long initialize computes without yielding"),
});

const nothing = z.object({});
const Ending = z.enum(["return", "fail", "cancel"]).default("return");
const gates = new Gates();

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
    busy: action({
      description: "Says that it computes, and does so without yielding.",
      input: z.object({ seconds: z.number(), check: z.boolean().default(true) }),
      output: z.string(),
      run: ({ seconds, check }, ctx) => {
        console.log(`computing ${ctx.jobId}`);
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
      input: z.object({ units: z.record(z.string(), z.number()), ending: Ending }),
      output: z.null(),
      run: ({ units, ending }, ctx) => {
        ctx.reportUsage(units);
        return end(ending);
      },
    }),
    usage_twice: action({
      description: "Reports usage two times.",
      input: z.object({ first: z.record(z.string(), z.number()), second: z.record(z.string(), z.number()) }),
      output: z.null(),
      run: ({ first, second }, ctx) => {
        ctx.reportUsage(first);
        ctx.reportUsage(second);
        return null;
      },
    }),
    usage_then_gate: action({
      description: "Reports usage and waits at a gate.",
      input: z.object({ units: z.record(z.string(), z.number()), gate: z.string() }),
      output: z.null(),
      run: async ({ units, gate }, ctx) => {
        ctx.reportUsage(units);
        await gates.passed(gate, ctx.signal);
        return null;
      },
    }),
    odd_usage: action({
      description: "Reports usage with an amount that is none.",
      input: nothing,
      output: z.null(),
      run: (_input, ctx) => {
        ctx.reportUsage({ tokens: 1, endless: Number.POSITIVE_INFINITY });
        return null;
      },
    }),
    account: action({
      description: "Records accounts of a given size.",
      input: z.object({ count: z.int(), size: z.int(), ending: Ending }),
      output: z.null(),
      run: ({ count, size, ending }, ctx) => {
        for (let index = 0; index < count; index += 1) ctx.account("probe_account", { index, text: "x".repeat(size) });
        return end(ending);
      },
    }),
    gate: action({
      description: "Waits until a gate is opened.",
      input: z.object({ name: z.string() }),
      output: z.string(),
      run: async ({ name }, ctx) => {
        await gates.passed(name, ctx.signal);
        return "passed";
      },
    }),
    open_gate: action({
      description: "Opens a gate.",
      input: z.object({ name: z.string() }),
      output: z.null(),
      run: ({ name }) => {
        gates.open(name);
        return null;
      },
    }),
    beat: action({
      description: "Waits at two gates under a heartbeat, reporting progress between them.",
      input: z.object({ gate: z.string(), fraction: z.number().optional(), ending: Ending }),
      output: z.null(),
      run: async ({ gate, fraction, ending }, ctx) => {
        const work = async (): Promise<null> => {
          await gates.passed(`${gate}-1`, ctx.signal);
          ctx.progress(0.7, "unpacking");
          await gates.passed(`${gate}-2`, ctx.signal);
          return end(ending);
        };
        return ctx.heartbeat("loading", work, { intervalMs: 10, ...(fraction === undefined ? {} : { fraction }) });
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
    ...resultActions,
    ...errorActions,
    ...contextActions(gates),
  };

  override initialize(): void {
    if (this.config.slow_initialize_seconds > 0) console.log("computing initialize");
    spin(this.config.slow_initialize_seconds, null);
  }

  override cleanup(): void {
    console.log("cleaned up");
  }
}

export class ProbeAdapter extends TaskAdapter<Probe> {
  static override readonly taskName = "probing";
  readonly notCallable = 7;

  get broken(): never {
    throw new Error("cannot be read");
  }

  double({ value }: { value: number }): number {
    return 2 * value;
  }

  used({ units }: { units: Record<string, number> }, ctx: CallContext): null {
    ctx.reportUsage(units);
    return null;
  }

  whose(_named: object, ctx: CallContext): unknown {
    return envelopeOf(ctx);
  }

  typed(): unknown {
    return wireValue("probe.point", { x: 1 });
  }

  unserialisable(): unknown {
    return new Set([1]);
  }

  async wait({ gate }: { gate: string }, ctx: CallContext): Promise<void> {
    ctx.account("before_the_gate", {});
    await gates.passed(gate, ctx.signal);
  }

  refuse(): never {
    throw new CapabilityInputError("refused", { fields: ["value"] });
  }

  account({ count, size }: { count: number; size: number }, ctx: CallContext): null {
    for (let index = 0; index < count; index += 1) ctx.account("probe_account", { index, text: "x".repeat(size) });
    return null;
  }

  _hidden(): string {
    return "never reached";
  }
}

export class SecondAdapter extends TaskAdapter<Probe> {
  static override readonly taskName = "probing";

  double(): string {
    return "never reached";
  }
}

export class OtherAdapter extends TaskAdapter<Probe> {
  static override readonly taskName = "other-task";

  half({ value }: { value: number }): number {
    return value / 2;
  }
}

export class NamelessAdapter extends TaskAdapter<Probe> {}

export class FailingAdapter extends TaskAdapter<Probe> {
  static override readonly taskName = "failing";

  constructor(tool: Probe) {
    super(tool);
    throw new Error("cannot be made");
  }
}

export const greeting = "no class";

function end(ending: z.output<typeof Ending>): null {
  if (ending === "fail") throw new CapabilityTransientError("told to fail");
  if (ending === "cancel") throw new CapabilityCancelledError();
  return null;
}

function spin(seconds: number, ctx: CallContext | null): void {
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) ctx?.throwIfCancelled();
}
