import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  ActionSpecSchema,
  CjmError,
  canonicalHash,
  describeIssues,
  parseLosslessJson,
  type RuntimeKind,
  SurfaceSchema,
  WorkerEnvEntrySchema,
} from "@cjm/core";
import * as z from "zod";
import type { StepRunner } from "../build/step-runner.ts";

/** What a capability says of itself from inside its environment. */
export const IntrospectionSchema = z.object({
  name: z.string().min(1),
  version: z.string(),
  description: z
    .string()
    .nullish()
    .transform((value) => value ?? ""),
  module: z.string().min(1),
  class: z.string().min(1),
  config_schema: z.record(z.string(), z.unknown()).nullish(),
  worker_env: z.array(WorkerEnvEntrySchema).nullish(),
  structural_surface: SurfaceSchema.nullish(),
  actions: z.array(ActionSpecSchema).nullish(),
});

/** Hashes over what the capability printed, where `0.0` is not `0`; null for what it does not have. */
export interface ShapeHashes {
  readonly configSchema: string | null;
  readonly surface: string | null;
}

export type Introspection = z.infer<typeof IntrospectionSchema> & { readonly hashes: ShapeHashes };

const FailureSchema = z.object({ error: z.object({ message: z.string(), hint: z.string().nullish() }) });

/** Where a capability is to be found. */
export interface IntrospectionTarget {
  /** For messages. */
  readonly name: string;
  readonly kind: RuntimeKind;
  /** Absolute. */
  readonly interpreter: string;
  readonly environmentPath: string;
  readonly module: string;
  /** The only one of the module unless given. */
  readonly class?: string | undefined;
}

/** Asks the capability in an environment what it is. */
export type Introspector = (target: IntrospectionTarget, steps: StepRunner) => Promise<Introspection>;

/**
 * Runs our worker's introspection with the environment's own interpreter.
 * @throws CjmError CJM_INTROSPECTION_FAILED in the author's terms, CJM_ENVIRONMENT_FAILED when it could not be run
 */
export const introspect: Introspector = async (target, steps) => {
  const what = [
    "--module",
    target.module,
    ...(target.class === undefined ? [] : ["--class", target.class]),
    "--environment",
    target.environmentPath,
  ];
  // Exit code 1 comes with a report that says what the author got wrong.
  const printed = await steps.run({
    title: `introspect ${target.module}`,
    argv: [target.interpreter, ...introspectArgs(target.kind), ...what],
    accept: [0, 1],
    env: { PYTHONPATH: undefined, NODE_PATH: undefined },
  });
  const text = lastJsonLine(printed);
  const report: unknown = JSON.parse(text);
  const failure = FailureSchema.safeParse(report);
  if (failure.success) {
    const { message, hint } = failure.data.error;
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${target.name}: ${message}`, hint == null ? {} : { hint });
  }
  const parsed = IntrospectionSchema.safeParse(report);
  if (parsed.success) return { ...parsed.data, hashes: shapeHashes(text) };
  throw new CjmError(
    "CJM_INTROSPECTION_FAILED",
    `${target.name}: the capability could not be introspected: ${describeIssues(parsed.error).join("; ")}.`,
    { hint: "The install log has everything it printed." },
  );
};

/** What an interpreter of that kind is told so that it introspects; module, class and environment follow. */
export function introspectArgs(kind: RuntimeKind): readonly string[] {
  if (kind === "node") return ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.resolve("@cjm/worker/introspect"))];
  return [join(pythonSdkFolder(), "run_worker.py"), "--introspect"];
}

/** Where the Python author SDK and worker lie. */
export function pythonSdkFolder(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@cjm/worker-python/package.json"))), "python");
}

/** The report is the last line that is JSON; what a capability prints while it is imported comes before it. */
export function lastJsonLine(printed: string): string {
  for (const line of printed.trim().split("\n").reverse()) {
    try {
      JSON.parse(line);
      return line;
    } catch {
      // Not the report.
    }
  }
  return "null";
}

/** From the text itself: once numbers are JavaScript's, nobody can tell how they were written, and hosts compare these hashes. */
function shapeHashes(text: string): ShapeHashes {
  const report = parseLosslessJson(text) as Readonly<Record<string, unknown>>;
  const hashOf = (value: unknown): string | null => (value == null ? null : canonicalHash(value));
  return { configSchema: hashOf(report["config_schema"]), surface: hashOf(report["structural_surface"]) };
}
