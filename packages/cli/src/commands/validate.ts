import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { CjmError, dataLayout, errorMessage, isCjmError } from "@cjm/core";
import { discoverManifests } from "@cjm/host";
import { readCapabilitiesFile, readComposition, resolveConfig } from "@cjm/pipeline";
import { parseDocument } from "yaml";
import { lastValue } from "../arguments/option-values.ts";
import type { Command, CommandContext, ExitCode, GlobalOptions } from "../command.ts";
import { usageError } from "../usage-error.ts";
import { checkManifest } from "../validation/check-manifest.ts";
import { compositionWarnings } from "../validation/composition-warnings.ts";
import { DOCUMENT_KINDS, type DocumentKind, documentKind } from "../validation/document-kind.ts";

interface ValidateOptions extends GlobalOptions {
  readonly path: string;
  readonly kind?: string | undefined;
}

export const validateCommand: Command<ValidateOptions> = {
  positionals: { path: { type: "string", demandOption: true, describe: "File to check; what it is shows by its name and keys" } },
  options: {
    kind: {
      alias: "format",
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: `Say what it is: ${DOCUMENT_KINDS.join(", ")}`,
    },
  },
  examples: [["$0 validate compositions/document-graph.yaml", "and whether its capabilities are installed"]],

  async run(args, context): Promise<ExitCode> {
    const { terminal } = context;
    const path = resolve(context.cwd, args.path);
    const text = await readText(path);
    const kind = kindOf(args.kind, path, text);
    try {
      const warnings = await check(kind, path, text, context);
      if (terminal.json) terminal.printJson({ path, kind, valid: true, faults: [], warnings });
      else {
        terminal.print(`${terminal.colors.green("ok")} ${path} is a valid ${TITLES[kind]}.`);
        for (const warning of warnings) terminal.print(`${terminal.colors.yellow("warning")} ${warning}`);
      }
      return 0;
    } catch (error) {
      const faults = isCjmError(error) ? error.details["faults"] : undefined;
      if (!terminal.json || faults === undefined) throw error;
      terminal.printJson({ path, kind, valid: false, faults, warnings: [] });
      return 1;
    }
  },
};

const TITLES: Record<DocumentKind, string> = {
  composition: "composition",
  capabilities: "capabilities file",
  config: "configuration file",
  manifest: "manifest",
};

async function check(kind: DocumentKind, path: string, text: string, context: CommandContext): Promise<readonly string[]> {
  switch (kind) {
    case "composition":
      return compositionWarnings((await readComposition(path)).composition, await installed(context));
    case "capabilities":
      await readCapabilitiesFile(path);
      return [];
    case "config":
      return (await resolveConfig({ cwd: context.cwd, env: {}, configPath: path })).warnings;
    case "manifest":
      checkManifest(text, path);
      return [];
    default:
      return kind satisfies never;
  }
}

async function installed(context: CommandContext) {
  const { config } = await context.config();
  const { capabilities } = discoverManifests([dataLayout(config.dataDir).manifests]);
  return capabilities.map(({ name, manifest }) => ({ name, actions: manifest.code.actions?.map((action) => action.name) ?? null }));
}

function kindOf(given: string | undefined, path: string, text: string): DocumentKind {
  const kind =
    given === undefined ? documentKind(path, topLevelKeys(path, text)) : (DOCUMENT_KINDS.find((known) => known === given) ?? null);
  if (kind !== null) return kind;
  throw usageError(
    given === undefined ? `Neither name nor keys of ${path} say what it is.` : `There is no kind '${given}'.`,
    `Say it with --kind: ${DOCUMENT_KINDS.join(", ")}.`,
  );
}

function topLevelKeys(path: string, text: string): readonly string[] {
  if (extname(path) === ".json") return [];
  const value: unknown = parseDocument(text, { logLevel: "silent" }).toJS();
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CjmError("CJM_CONFIG_INVALID", `${path} cannot be read: ${errorMessage(error)}.`, { hint: "Check its name.", cause: error });
  }
}
