/** What a test's context offers for skipping; vitest's does. */
interface SkippableContext {
  readonly task: { readonly name: string };
  skip(reason?: string): never;
}

/** Skips the running test and prints why, so that a log shows what was not proved. */
export function skip(context: SkippableContext, reason: string): never {
  console.info(`skipped '${context.task.name}': ${reason}`);
  return context.skip(reason);
}
