import { setImmediate as nextTurn } from "node:timers/promises";
import { action, type CallContext, z } from "@cjm/capability";
import type { Gates } from "./gates.ts";

const nothing = z.object({});

/** What a call knows of itself and says, and what happens when it is told to stop. */
export function contextActions(gates: Gates) {
  return {
    envelope: action({
      description: "Returns whose call it is.",
      input: nothing,
      output: z.unknown(),
      run: (_input, ctx) => envelopeOf(ctx),
    }),
    envelope_elsewhere: action({
      description: "Returns whose call it is, asked for by work that the call has started.",
      input: nothing,
      output: z.unknown(),
      run: async (_input, ctx) => {
        await nextTurn();
        ctx.log.info("from elsewhere");
        return envelopeOf(ctx);
      },
    }),
    stream_envelope: action({
      description: "Streams whose call it is, waiting at a gate between two chunks.",
      input: z.object({ gate: z.string() }),
      output: z.unknown(),
      async *run({ gate }, ctx) {
        yield envelopeOf(ctx);
        await gates.passed(gate, ctx.signal);
        yield envelopeOf(ctx);
      },
    }),
    stream_gate: action({
      description: "Streams a chunk, waits at a gate, streams on; says when it is closed.",
      input: z.object({ gate: z.string() }),
      output: z.unknown(),
      async *run({ gate }, ctx) {
        try {
          yield { n: 0 };
          await gates.passed(gate, ctx.signal);
          for (let n = 1; n < 1000; n += 1) {
            ctx.throwIfCancelled();
            yield { n };
          }
        } finally {
          console.log(`closed ${gate}, ${ctx.cancelled ? "cancelled" : "not cancelled"}`);
        }
      },
    }),
    stream_account: action({
      description: "Streams one chunk and records an account.",
      input: nothing,
      output: z.unknown(),
      *run(_input, ctx) {
        ctx.account("streamed", {});
        yield 1;
      },
    }),
    odd_account: action({
      description: "Records accounts that JSON cannot hold.",
      input: nothing,
      output: z.null(),
      run: (_input, ctx) => {
        const cyclic: Record<string, unknown> = { plain: 1 };
        cyclic["self"] = cyclic;
        ctx.account("set", { set: new Set([1]), plain: 1 });
        ctx.account("number", { nan: Number.NaN, low: Number.NEGATIVE_INFINITY, plain: 1 });
        ctx.account("text", { text: "größe \u2028 \u{1f600}" });
        ctx.account("cycle", cyclic);
        return null;
      },
    }),
    changed_account: action({
      description: "Changes what it has recorded already.",
      input: nothing,
      output: z.null(),
      run: (_input, ctx) => {
        const payload = { step: 1 };
        ctx.account("step", payload);
        payload.step = 2;
        return null;
      },
    }),
    report: action({
      description: "Reports one progress; without a fraction, one that is no number.",
      input: z.object({ fraction: z.number().nullable(), message: z.string().optional() }),
      output: z.null(),
      run: ({ fraction, message }, ctx) => {
        ctx.progress(0.3, "before");
        if (message === undefined) ctx.progress(fraction ?? Number.NaN);
        else ctx.progress(fraction ?? Number.NaN, message);
        return null;
      },
    }),
    on_cancel: action({
      description: "Registers callbacks for its cancellation and waits at a gate.",
      input: z.object({ gate: z.string() }),
      output: z.null(),
      run: async ({ gate }, ctx) => {
        for (const name of ["first", "second"]) ctx.signal.addEventListener("abort", () => console.log(`${gate}: ${name} callback`));
        ctx.progress(0.1, "registered");
        await gates.passed(gate, ctx.signal);
        return null;
      },
    }),
    meet: action({
      description: "Opens its own gate and waits at the other's.",
      input: z.object({ own: z.string(), other: z.string() }),
      output: z.string(),
      run: async ({ own, other }, ctx) => {
        gates.open(own);
        await gates.passed(other, ctx.signal);
        return "met";
      },
    }),
  };
}

export function envelopeOf(ctx: CallContext): Record<string, unknown> {
  const { jobId, runId, compositionId, nodeId, actor, control } = ctx;
  return { job_id: jobId, run_id: runId, composition_id: compositionId, node_id: nodeId, actor, control };
}
