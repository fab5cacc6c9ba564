/**
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> pending
 *   pending --> running
 *   pending --> cancelled
 *   pending --> failed
 *   running --> completed
 *   running --> failed
 *   running --> cancelled
 * ```
 */
export const JOB_TRANSITIONS = {
  pending: ["running", "cancelled", "failed"],
  running: ["completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type JobStatus = keyof typeof JOB_TRANSITIONS;
export type TerminalJobStatus = "completed" | "failed" | "cancelled";

export function isTerminal(status: JobStatus): status is TerminalJobStatus {
  return JOB_TRANSITIONS[status].length === 0;
}

export function canTransition(from: JobStatus, to: JobStatus): boolean {
  return (JOB_TRANSITIONS[from] as readonly JobStatus[]).includes(to);
}
