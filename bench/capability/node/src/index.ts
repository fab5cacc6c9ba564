import { action, ToolCapability, z } from "@cjm/capability";

const Config = z.object({ label: z.string().default("bench") });
const Done = z.object({ ok: z.boolean() });

/** The measured tool: the same work as the original's, so that figures of both can stand side by side. */
export class BenchTool extends ToolCapability<typeof Config> {
  static override readonly config = Config;

  readonly #held: Buffer[] = [];

  readonly actions = {
    noop: action({ description: "Does nothing.", input: z.object({}), output: Done, idempotent: true, run: () => ({ ok: true }) }),
    echo: action({
      description: "Gives the payload back, and counts what it refers to.",
      input: z.object({ payload: z.string().default(""), refs: z.array(z.boolean()).default([]) }),
      output: Done.extend({ payload: z.string(), refs: z.int() }),
      idempotent: true,
      cache: "pure",
      run: ({ payload, refs }) => ({ ok: true, payload, refs: refs.length }),
    }),
    sleep_ms: action({
      description: "Blocks for so long.",
      input: z.object({ ms: z.number() }),
      output: Done,
      run: ({ ms }) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
        return { ok: true };
      },
    }),
    allocate_mb: action({
      description: "Takes memory and keeps it.",
      input: z.object({ mb: z.int() }),
      output: Done.extend({ held_mb: z.int() }),
      run: ({ mb }) => {
        this.#held.push(Buffer.alloc(mb * 1024 * 1024, "x"));
        return { ok: true, held_mb: this.#held.reduce((sum, block) => sum + block.length, 0) / (1024 * 1024) };
      },
    }),
    stream_n: action({
      description: "Streams so many chunks of so many characters.",
      input: z.object({ n: z.int(), chars: z.int().default(64) }),
      output: z.object({ i: z.int(), data: z.string() }),
      run: function* ({ n, chars }) {
        const data = "x".repeat(chars);
        for (let i = 0; i < n; i += 1) yield { i, data };
      },
    }),
  };
}
