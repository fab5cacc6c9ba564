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

const FailureSchema = z.object({
  error: z.object({
    message: z.string(),
    hint: z.string().nullish(),
    mistakes: z.array(z.object({ member: z.string(), message: z.string(), hint: z.string() })).default([]),
  }),
});

/** Why a capability could not say what it is, in its author's terms; `mistakes` has each by itself where it is about members of the class. */
export type IntrospectionFailure = z.infer<typeof FailureSchema>["error"];

/** What introspecting printed: a report, a failure, or something that is neither. */
export type IntrospectionAnswer =
  | { readonly kind: "report"; readonly report: Introspection }
  | { readonly kind: "failure"; readonly failure: IntrospectionFailure }
  | { readonly kind: "neither"; readonly printed: unknown; readonly faults: readonly string[] };

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
  const answer = introspectionAnswer(printed);
  if (answer.kind === "report") return answer.report;
  if (answer.kind === "failure") {
    const { message, hint } = answer.failure;
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${target.name}: ${message}`, hint == null ? {} : { hint });
  }
  throw new CjmError("CJM_INTROSPECTION_FAILED", `${target.name}: the capability could not be introspected: ${answer.faults.join("; ")}.`, {
    hint: "The install log has everything it printed.",
  });
};

/** Reads what a process that introspects printed to its standard output. */
export function introspectionAnswer(output: string): IntrospectionAnswer {
  const text = lastJsonLine(output);
  const printed: unknown = JSON.parse(text);
  const failure = FailureSchema.safeParse(printed);
  if (failure.success) return { kind: "failure", failure: failure.data.error };
  const parsed = IntrospectionSchema.safeParse(printed);
  if (parsed.success) return { kind: "report", report: { ...parsed.data, hashes: shapeHashes(text) } };
  return { kind: "neither", printed, faults: describeIssues(parsed.error) };
}

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
