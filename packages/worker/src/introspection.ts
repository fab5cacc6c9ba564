import { adapterDocument } from "./capability/adapter-document.ts";
import { AuthorError } from "./capability/author-error.ts";
import { writeDirectly, writeFully } from "./capability/direct-output.ts";
import { EnvironmentModules } from "./capability/environment-modules.ts";
import { loadAdapter } from "./capability/load-adapter.ts";
import { loadCapability } from "./capability/load-capability.ts";
import { structuralSurface } from "./capability/structural-surface.ts";
import { type AdapterArguments, parseIntrospectionArguments, type TargetArguments, UsageError } from "./worker-arguments.ts";

/**
 * Prints what a capability or a task adapter says of itself as one line of JSON, or `{"error": {"message", "hint", "mistakes"?}}` with exit code 1. What
 * the capability itself prints goes to the error output. Ends the process: a capability may have left things open.
 */
export async function printIntrospection(argv: readonly string[]): Promise<never> {
  writeDirectly(process.stdout, 2);
  try {
    print(await introspect(parseIntrospectionArguments(argv)));
    process.exit(0);
  } catch (error) {
    if (error instanceof UsageError) {
      writeFully(2, Buffer.from(`${error.message}\n`));
      process.exit(2);
    }
    const reason = error instanceof Error ? error : new Error(String(error));
    if (!(reason instanceof AuthorError)) writeFully(2, Buffer.from(`${reason.stack ?? reason.message}\n`));
    print({ error: failureOf(reason) });
    process.exit(1);
  }
}

function failureOf(reason: Error): object {
  if (!(reason instanceof AuthorError)) return { message: reason.message, hint: "See the stack in the error output." };
  const { message, hint, mistakes } = reason;
  return { message, hint, ...(mistakes.length === 0 ? {} : { mistakes }) };
}

async function introspect(target: TargetArguments | AdapterArguments): Promise<unknown> {
  const modules = new EnvironmentModules(target.environment);
  if ("adapter" in target) return adapterDocument(await loadAdapter(modules, target.adapter));
  const { className, cls, declaration, identity } = await loadCapability(modules, target);
  return {
    name: identity.name,
    version: identity.version,
    description: identity.description,
    module: target.module,
    class: className,
    config_schema: declaration.configSchema,
    worker_env: declaration.workerEnv,
    structural_surface: structuralSurface(cls),
    actions: declaration.actions,
    runtime: { language: "node", version: process.versions.node },
  };
}

function print(report: unknown): void {
  writeFully(1, Buffer.from(`${JSON.stringify(report)}\n`));
}
