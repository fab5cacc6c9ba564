/** Calls a listener. Its failure is its own: it is shown as a warning of the process and breaks nothing of ours. */
export function tell<Args extends readonly unknown[]>(listener: ((...args: Args) => void) | undefined, ...args: Args): void {
  try {
    listener?.(...args);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
