import { CjmError, type Clock } from "@cjm/core";
import type { Progress } from "@cjm/protocol";
import { afterLook, NOT_STALLED, type ProgressLook } from "./stall-clock.ts";

const LOOK_MS = 1_000;

export interface WatchedOperation<Result> {
  /** With its article, such as `a prefetch`, for the message. */
  readonly name: string;
  readonly instanceId: string;
  /** Without progress for longer than this, it is given up. */
  readonly thresholdMs: number;
  /** Whether a worker that does not answer a look counts as standing still. */
  readonly silenceCounts: boolean;
  readonly clock: Clock;
  readonly run: () => Promise<Result>;
  /** Asks the worker; a rejection is silence. */
  readonly progress: () => Promise<Progress>;
  /** Calls back for progress that the worker pushes; the returned function ends that. */
  readonly onPushed: (listener: (progress: Progress) => void) => () => void;
  /** Ends the worker, which ends `run` too. */
  readonly giveUp: (reason: string) => Promise<unknown>;
  readonly lastOutput: () => readonly string[];
}

/**
 * Runs an operation that may take minutes, as long as it makes progress.
 * @throws CjmError CJM_WORKER_STALLED when it stood still for too long; then its worker has been ended
 */
export async function withStallWatch<Result>(operation: WatchedOperation<Result>): Promise<Result> {
  const { clock, thresholdMs, silenceCounts } = operation;
  const stalled = Promise.withResolvers<never>();
  stalled.promise.catch(() => {});
  let state = NOT_STALLED;
  let lookedMs = clock.monotonicMs();
  let cancelTimer = (): void => {};
  let over = false;
  let givenUp = false;

  const see = (look: ProgressLook): void => {
    const nowMs = clock.monotonicMs();
    state = afterLook(state, look, { elapsedMs: nowMs - lookedMs, longestSpanMs: 2 * LOOK_MS, silenceCounts });
    lookedMs = nowMs;
  };
  const look = async (): Promise<void> => {
    const seen = await operation.progress().then(
      ({ progress, message }): ProgressLook => ({ kind: "answered", progress, message }),
      (): ProgressLook => ({ kind: "silent" }),
    );
    if (over) return;
    see(seen);
    if (state.stillMs <= thresholdMs) {
      schedule();
      return;
    }
    givenUp = true;
    const error = stallError(operation, state.last);
    await operation.giveUp(`${operation.name} made no progress`).catch(() => {});
    stalled.reject(error);
  };
  const schedule = (): void => {
    cancelTimer = clock.schedule(LOOK_MS, () => void look());
  };

  const unsubscribe = operation.onPushed(({ progress, message }) => see({ kind: "answered", progress, message }));
  schedule();
  try {
    return await Promise.race([operation.run(), stalled.promise]);
  } catch (error) {
    // The end of the worker that the watch caused must not hide why it was ended.
    throw givenUp ? await stalled.promise.catch((reason: unknown) => reason) : error;
  } finally {
    over = true;
    cancelTimer();
    unsubscribe();
  }
}

function stallError(
  { name, instanceId, thresholdMs, lastOutput }: WatchedOperation<unknown>,
  last: { readonly progress: number; readonly message: string } | null,
): CjmError {
  const seen = last === null || last.message === "" ? "" : ` It last said: ${last.message}.`;
  const output = lastOutput()
    .map((line) => `\n  | ${line}`)
    .join("");
  return new CjmError(
    "CJM_WORKER_STALLED",
    `${name.charAt(0).toUpperCase()}${name.slice(1)} of ${instanceId} made no progress for ${thresholdMs / 1000} s, and its worker was ended.${seen}${output === "" ? "" : ` Its last output:${output}`}`,
    {
      hint: "If it only needs longer, let the capability report progress, or raise substrate.prefetch_stall_threshold_seconds in cjm.yaml.",
      details: { instanceId, thresholdMs, lastProgress: last?.progress ?? null },
    },
  );
}
