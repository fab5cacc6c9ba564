import { relative } from "node:path";
import { CjmError, dataLayout } from "@cjm/core";
import type { Introspection } from "@cjm/environments";
import { discoverManifests } from "@cjm/host";
import type { CommandContext } from "../../command.ts";
import { readSources } from "./read-sources.ts";
import { judgeSource, type SourceFault } from "./source-faults.ts";
import { probeSource } from "./source-probe.ts";
import { type SourceTarget, sourceTarget } from "./source-target.ts";

export interface SourceCheck {
  /** Absolute: a package's folder, or a file. */
  readonly path: string;
  readonly isFolder: boolean;
  /** How long importing it may take. */
  readonly limitMs: number;
  readonly className: string | null;
  /** Interpreter of Python sources. @default that of the installed capability, else python3 */
  readonly python: string | null;
}

export interface CheckedSource {
  /** What a host would see. */
  readonly report: Introspection;
  readonly language: SourceTarget["language"];
  readonly warnings: readonly string[];
}

/**
 * Imports the source of a capability in a process of its own and says what a host would see of it.
 * @throws CjmError CJM_INTROSPECTION_FAILED with every mistake: `details.faults` as sentences, `details.mistakes` in parts
 */
export async function checkSource(check: SourceCheck, context: CommandContext): Promise<CheckedSource> {
  const { path, isFolder, limitMs, className } = check;
  const target = await sourceTarget(path, isFolder);
  const installed = await installedPlace(target, context);
  const outcome = await probeSource(target, {
    limitMs,
    className,
    python: check.python ?? (target.language === "python" ? installed?.interpreter : null) ?? "python3",
    fallbacks: target.language === "node" && installed !== null ? [installed.environment] : [],
    signal: context.signal,
  });
  const { faults, warnings } = judgeSource(outcome, { target, sources: await readSources(target), limitMs });
  const said = (fault: SourceFault): string => sentence(fault, context.cwd);
  if (outcome.kind === "report" && faults.length === 0) {
    return { report: outcome.report, language: target.language, warnings: warnings.map(said) };
  }
  const sentences = faults.map(said);
  throw new CjmError(
    "CJM_INTROSPECTION_FAILED",
    `The capability ${path} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${sentences.map((text) => `  - ${text}`).join("\n")}`,
    {
      details: {
        path,
        faults: sentences,
        mistakes: faults.map(({ place, message, hint }) => ({ file: place?.file ?? null, line: place?.line ?? null, message, hint })),
        output: outcome.kind === "report" ? "" : outcome.output,
      },
    },
  );
}

function sentence({ place, message, hint }: SourceFault, cwd: string): string {
  const file = place === null ? "" : relative(cwd, place.file).startsWith("..") ? place.file : relative(cwd, place.file);
  return `${place === null ? "" : `${file}${place.line === null ? "" : `:${place.line}`}: `}${message} ${hint}`;
}

/** Where the same capability is installed, whose environment has what the source needs; null when it is not. */
async function installedPlace(target: SourceTarget, context: CommandContext): Promise<{ environment: string; interpreter: string } | null> {
  const { config } = await context.config();
  const { capabilities } = discoverManifests([dataLayout(config.dataDir).manifests]);
  const found = capabilities.find(({ manifest }) => manifest.code.module === target.module);
  const environment = found?.manifest.install.environment_path ?? "";
  return found === undefined || environment === "" ? null : { environment, interpreter: found.manifest.install.python_path };
}
