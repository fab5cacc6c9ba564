import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CjmError } from "@cjm/core";
import {
  type Introspection,
  type IntrospectionFailure,
  introspectArgs,
  introspectionAnswer,
  nodeSdkFolder,
  StepRunner,
} from "@cjm/environments";
import type { SourceTarget } from "./source-target.ts";

export interface ProbeOptions {
  /** How long importing and asking may take. */
  readonly limitMs: number;
  /** The class to take when the module has several. */
  readonly className: string | null;
  /** Interpreter of Python sources. */
  readonly python: string;
  /** Folders that imports of Node sources are looked up from when the source's own folder cannot serve them. */
  readonly fallbacks: readonly string[];
  readonly signal: AbortSignal;
}

/** What came of importing a capability's source and asking it what it is. */
export type ProbeOutcome =
  | { readonly kind: "report"; readonly report: Introspection }
  /** `output` is everything that was printed, stacks included. */
  | { readonly kind: "failure"; readonly failure: IntrospectionFailure; readonly output: string }
  | { readonly kind: "hang"; readonly output: string }
  | { readonly kind: "ended"; readonly output: string };

/** Beyond the limit, for the process to be started and to say where it stands; it ends itself, unless it is stuck. */
const GRACE_MS = 30_000;

/**
 * Imports a capability's source in a process of its own, which runs under a guard: it and all that it starts are gone
 * afterwards, also when this process dies.
 * @throws CjmError CJM_ENVIRONMENT_FAILED when the interpreter cannot be started, or the signal's reason
 */
export async function probeSource(target: SourceTarget, options: ProbeOptions): Promise<ProbeOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "cjm-validate-"));
  const logPath = join(folder, "log");
  const tooLong = AbortSignal.timeout(options.limitMs + GRACE_MS);
  try {
    let printed: string;
    {
      await using steps = await StepRunner.open({ entryName: target.module, logPath, signal: AbortSignal.any([options.signal, tooLong]) });
      printed = await steps
        .run({ title: `import ${target.module}`, accept: [0, 1, 13, 137], ...(await commandOf(target, options, folder)) })
        .catch((error: unknown) => {
          if (tooLong.aborted) return "";
          throw error;
        });
    }
    const output = await readFile(logPath, "utf8");
    return outcomeOf(printed, output, tooLong.aborted);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function outcomeOf(printed: string, output: string, wasEnded: boolean): ProbeOutcome {
  const answer = introspectionAnswer(printed);
  if (answer.kind === "report") return answer;
  if (answer.kind === "failure") return { ...answer, output };
  if (wasEnded || /^cjm-hangs-at: |^Timeout \(\d+:\d\d:\d\d|unsettled top-level await/m.test(output)) return { kind: "hang", output };
  if (answer.printed === null) return { kind: "ended", output };
  const message = `What it says of itself is not what a host understands: ${answer.faults.join("; ")}.`;
  return { kind: "failure", failure: { message, hint: null, mistakes: [] }, output };
}

interface ProbeCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

async function commandOf(target: SourceTarget, options: ProbeOptions, folder: string): Promise<ProbeCommand> {
  const { limitMs, className, fallbacks, python } = options;
  const what = ["--module", target.module, ...(className === null ? [] : ["--class", className]), "--environment", target.importFolder];
  const clean = { NODE_PATH: undefined, NODE_OPTIONS: undefined, PYTHONHOME: undefined, PYTHONPATH: undefined };
  if (target.language === "node") {
    const preload = new URL(`./load-source${import.meta.url.slice(-3)}`, import.meta.url).href;
    return {
      argv: [process.execPath, "--import", preload, ...introspectArgs("node"), ...what],
      env: {
        ...clean,
        CJM_SOURCE_LIMIT_MS: String(limitMs),
        CJM_SOURCE_FALLBACKS: JSON.stringify([...fallbacks, nodeSdkFolder()]),
      },
      cwd: target.folder,
    };
  }
  const loader = fileURLToPath(new URL("../../../src/validation/source/load_source.py", import.meta.url));
  const path = [target.importFolder, await metadataFolder(target, folder)].join(delimiter);
  return {
    argv: [python, loader, String(limitMs / 1000), ...introspectArgs("venv"), ...what],
    env: { ...clean, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1" },
    cwd: target.folder,
  };
}

/** What pip would have written of the project, so that name and version are those that an installed one has. */
async function metadataFolder({ project }: SourceTarget, folder: string): Promise<string> {
  const place = join(folder, "metadata");
  if (project === null) return place;
  const { name, version, description } = project;
  if (!/^[\w.-]+$/.test(name) || !/^[\w.+!-]+$/.test(version)) {
    throw new CjmError("CJM_INTROSPECTION_FAILED", `pyproject.toml: '${name}' ${version} are no name and version of a distribution.`, {
      hint: "Use letters, digits, '.', '-' and '_'.",
    });
  }
  const info = join(place, `${name.replaceAll(/[-.]/g, "_")}-${version}.dist-info`);
  await mkdir(info, { recursive: true });
  await writeFile(join(info, "METADATA"), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nSummary: ${description}\n`);
  return place;
}
