/** How a worker process ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** We ended it ourselves, for this reason; null when it ended on its own. */
  readonly endedBy: string | null;
}

/** `exit code 3`, `signal SIGSEGV`. */
export function describeExit(exit: WorkerExit): string {
  return exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
}

/** Why it ended, for the journal: our reason, or how it died. */
export function reasonOfExit(exit: WorkerExit): string {
  return exit.endedBy ?? `it died by itself (${describeExit(exit)})`;
}

/** The original's `returncode`: the exit code, or the negative number of the signal; null when neither is known. */
export function returnCode(exit: WorkerExit, signalNumbers: Readonly<Record<string, number>>): number | null {
  if (exit.signal === null) return exit.code;
  const number = signalNumbers[exit.signal];
  return number === undefined ? null : -number;
}
