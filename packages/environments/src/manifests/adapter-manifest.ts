import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AdapterManifest, AdapterManifestSchema, CjmError, describeIssues, escapeNonAscii, formatTimestamp } from "@cjm/core";
import * as z from "zod";
import type { StepRunner } from "../build/step-runner.ts";
import { CLEAN_PYTHON } from "../python/python-interpreter.ts";
import { replaceFile } from "../store/replace-file.ts";
import { type IntrospectionTarget, lastJsonLine } from "./introspection.ts";

const SCRIPT = fileURLToPath(new URL("../../python/introspect_adapter.py", import.meta.url));
const FailureSchema = z.object({ error: z.object({ message: z.string() }) });

export interface AdapterTarget extends Pick<IntrospectionTarget, "name" | "kind" | "interpreter"> {
  /** `module:Class`. */
  readonly implementation: string;
}

/** Asks an adapter in an environment what it is. */
export type AdapterIntrospector = (target: AdapterTarget, steps: StepRunner) => Promise<AdapterManifest>;

/** @throws CjmError CJM_INTROSPECTION_FAILED when the target is no adapter, or the environment is not one of Python */
export const introspectAdapter: AdapterIntrospector = async ({ name, kind, interpreter, implementation }, steps) => {
  const [module, className] = implementation.split(":");
  if (module === undefined || className === undefined || module === "" || className === "") {
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${name}: '${implementation}' names no adapter.`, {
      hint: "Write it as module:Class, such as my_adapters.generic:GenericVadAdapter.",
    });
  }
  if (kind === "node") {
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${name}: manifests of adapters are made in environments of Python alone.`, {
      hint: "Write methods of a Node capability as actions of its own.",
    });
  }
  const worker = join(dirname(fileURLToPath(import.meta.resolve("@cjm/worker-python/package.json"))), "python");
  const printed = await steps.run({
    title: `introspect ${implementation}`,
    argv: [interpreter, SCRIPT, worker, module, className],
    accept: [0, 1],
    env: CLEAN_PYTHON,
  });
  const report: unknown = JSON.parse(lastJsonLine(printed));
  const failure = FailureSchema.safeParse(report);
  if (failure.success) {
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${name}: ${failure.data.error.message}.`, {
      hint: "Name a class with a task_name that is installed in that environment.",
    });
  }
  const parsed = AdapterManifestSchema.safeParse(report);
  if (parsed.success) return parsed.data;
  throw new CjmError(
    "CJM_INTROSPECTION_FAILED",
    `${name}: ${implementation} could not be introspected: ${describeIssues(parsed.error).join("; ")}.`,
    {
      hint: "The install log has everything it printed.",
    },
  );
};

/** Writes `<folder>/adapter-<task>-<Class>.json`. @returns its path */
export async function writeAdapterManifest(
  folder: string,
  manifest: AdapterManifest,
  { environmentName, nowMs }: { readonly environmentName: string; readonly nowMs: number },
): Promise<string> {
  const file = `adapter-${manifest.task_name}-${manifest.class}.json`;
  const path = join(folder, file.replaceAll(/[/\\]/g, "_"));
  await mkdir(folder, { recursive: true });
  const document = { ...manifest, generated_at: formatTimestamp(nowMs), conda_env: environmentName };
  await replaceFile(path, escapeNonAscii(JSON.stringify(document, null, 2)));
  return path;
}
