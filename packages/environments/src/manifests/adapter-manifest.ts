import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AdapterManifest, AdapterManifestSchema, CjmError, describeIssues, escapeNonAscii, formatTimestamp } from "@cjm/core";
import * as z from "zod";
import type { Step, StepRunner } from "../build/step-runner.ts";
import { CLEAN_PYTHON } from "../python/python-interpreter.ts";
import { createFile, replaceFile } from "../store/replace-file.ts";
import { type IntrospectionTarget, introspectArgs, lastJsonLine, pythonSdkFolder } from "./introspection.ts";

const PYTHON_SCRIPT = fileURLToPath(new URL("../../python/introspect_adapter.py", import.meta.url));
const FailureSchema = z.object({ error: z.object({ message: z.string(), hint: z.string().nullish() }) });

export interface AdapterTarget extends Pick<IntrospectionTarget, "name" | "kind" | "interpreter"> {
  /** Null for one that only its interpreter is known of. */
  readonly environmentPath: string | null;
  /** `module:Class`. */
  readonly implementation: string;
}

/** Asks an adapter in an environment what it is. */
export type AdapterIntrospector = (target: AdapterTarget, steps: StepRunner) => Promise<AdapterManifest>;

/** Whether a text is `module:Class`. Workers are given several with commas between them. */
export function isAdapterSpec(text: string): boolean {
  return /^[^\s,]+:[\w$]+$/.test(text);
}

/** @throws CjmError CJM_INTROSPECTION_FAILED in the author's terms when the target is no adapter */
export const introspectAdapter: AdapterIntrospector = async (target, steps) => {
  const { name, kind, implementation } = target;
  if (!isAdapterSpec(implementation)) {
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${name}: '${implementation}' names no adapter.`, {
      hint: "Write it as module:Class, such as my_adapters.generic:GenericVadAdapter, or my-adapters:Transcription for Node.",
    });
  }
  // Exit code 1 comes with a report that says what the author got wrong.
  const printed = await steps.run({
    title: `introspect ${implementation}`,
    accept: [0, 1],
    ...(kind === "node" ? askNode(target) : askPython(target)),
  });
  const report: unknown = JSON.parse(lastJsonLine(printed));
  const failure = FailureSchema.safeParse(report);
  if (failure.success) {
    const { message, hint } = failure.data.error;
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${name}: ${message.replace(/\.$/, "")}.`, {
      hint: hint ?? "Name a class with a task_name that is installed in that environment.",
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

type Question = Pick<Step, "argv" | "env">;

function askNode({ interpreter, environmentPath, implementation }: AdapterTarget): Question {
  const place = environmentPath === null ? [] : ["--environment", environmentPath];
  return {
    argv: [interpreter, ...introspectArgs("node"), "--adapter", implementation, ...place],
    env: { NODE_PATH: undefined },
  };
}

function askPython({ interpreter, implementation }: AdapterTarget): Question {
  const colon = implementation.lastIndexOf(":");
  const target = [implementation.slice(0, colon), implementation.slice(colon + 1)];
  return { argv: [interpreter, PYTHON_SCRIPT, pythonSdkFolder(), ...target], env: CLEAN_PYTHON };
}

/**
 * Writes `<folder>/adapter-<task>-<Class>.json`, or, where another adapter has that file, one whose name ends with the module.
 * @returns its path
 */
export async function writeAdapterManifest(
  folder: string,
  manifest: AdapterManifest,
  { environmentName, nowMs }: { readonly environmentName: string; readonly nowMs: number },
): Promise<string> {
  const files = filesOf(folder, manifest);
  await mkdir(folder, { recursive: true });
  const document = { ...manifest, generated_at: formatTimestamp(nowMs), conda_env: environmentName };
  const text = escapeNonAscii(JSON.stringify(document, null, 2));
  // Entries are installed side by side: of two adapters that come at once, the second must find the first.
  if ((await readAdapterManifest(files.own)) === null && (await createFile(files.usual, text))) return files.usual;
  const path = await pathAmong(files, manifest.name);
  await replaceFile(path, text);
  return path;
}

/** Null when there is none, or none that can be understood. */
export async function readAdapterManifest(path: string): Promise<AdapterManifest | null> {
  try {
    return AdapterManifestSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

interface AdapterFiles {
  readonly usual: string;
  readonly own: string;
}

function filesOf(folder: string, { task_name: task, class: className, module }: AdapterManifest): AdapterFiles {
  const file = (text: string): string => join(folder, `adapter-${text}.json`.replaceAll(/[/\\]/g, "_"));
  return { usual: file(`${task}-${className}`), own: file(`${task}-${className}-${module}`) };
}

/** Discovery takes the first file that has an adapter's name, so an adapter stays where it was. */
async function pathAmong({ usual, own }: AdapterFiles, name: string): Promise<string> {
  if ((await readAdapterManifest(own)) !== null) return own;
  const holder = await readAdapterManifest(usual);
  return holder === null || holder.name === name ? usual : own;
}
