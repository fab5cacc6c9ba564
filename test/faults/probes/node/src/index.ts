import { spawn } from "node:child_process";
import { once } from "node:events";
import { action, ToolCapability, z } from "@cjm/capability";

const Config = z.object({
  initialize: z.enum(["works", "hangs"]).default("works"),
  cleanup: z.enum(["works", "hangs"]).default("works"),
});

const nothing = z.object({});
const MIB = 1024 * 1024;

/** The twin of `fault_probe.py`: a capability that works, and misbehaves when it is told to. */
export class FaultProbe extends ToolCapability<typeof Config> {
  static override readonly config = Config;
  static override readonly capabilityName = "fault-probe";

  readonly actions = {
    echo: action({
      description: "Returns its value.",
      input: z.object({ value: z.unknown() }),
      output: z.unknown(),
      run: ({ value }) => value,
    }),
    work: action({
      description: "Says that it works, and how far it is until it is cancelled.",
      input: nothing,
      output: z.null(),
      run: async (_input, ctx) => {
        say("working");
        await new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
        return null;
      },
    }),
    hang: action({
      description: "Never returns and never asks whether it is cancelled.",
      input: nothing,
      output: z.null(),
      run: () => hang("hanging"),
    }),
    stream: action({
      description: "Streams numbers and then hangs.",
      input: z.object({ count: z.int() }),
      output: z.int(),
      async *run({ count }) {
        for (let index = 0; index < count; index += 1) yield index;
        say("streamed");
        await new Promise(() => {});
      },
    }),
    start: action({
      description: "Runs a shell line that starts processes and may stay; returns the pids that its first line says.",
      input: z.object({ line: z.string() }),
      output: z.array(z.int()),
      run: async ({ line }) => {
        // Its standard error is the worker's own: what is started there holds that open.
        const shell = spawn("sh", ["-c", line], { stdio: ["ignore", "pipe", "inherit"] });
        const [printed] = (await once(shell.stdout, "data")) as [Buffer];
        return printed.toString("utf8").trim().split(" ").map(Number);
      },
    }),
    print: action({
      description: "Prints so many MiB of lines to the standard output, or of one line to the standard error.",
      input: z.object({ mib: z.int(), stream: z.enum(["stdout", "stderr"]) }),
      output: z.null(),
      run: ({ mib, stream }) => {
        const block = stream === "stdout" ? `${"x".repeat(1023)}\n`.repeat(1024) : "x".repeat(MIB);
        for (let printed = 0; printed < mib; printed += 1) process[stream].write(block);
        if (stream === "stdout") for (let line = 1; line <= 3; line += 1) say(`the end, line ${line}`);
        return null;
      },
    }),
  };

  override initialize(): void {
    if (this.config.initialize === "hangs") hang("initialising");
  }

  override cleanup(): void {
    if (this.config.cleanup === "hangs") hang("cleaning up");
  }
}

/** Never becomes ready. */
export class NeverReady extends FaultProbe {
  constructor() {
    super();
    hang("still loading");
  }
}

/** Fails to start. */
export class CannotStart extends FaultProbe {
  constructor() {
    super();
    say("about to fail");
    throw new Error("there is no model here");
  }
}

function say(text: string): void {
  console.log(text);
}

function hang(text: string): null {
  say(text);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return null;
}

export { MarkingProbe } from "./marking-probe.ts";
