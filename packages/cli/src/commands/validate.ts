import { readFile, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { CjmError, dataLayout, fileFault, isCjmError } from "@cjm/core";
import type { Introspection } from "@cjm/environments";
import { discoverManifests } from "@cjm/host";
import { readCapabilitiesFile, readComposition, resolveConfig } from "@cjm/pipeline";
import { parseDocument } from "yaml";
import { lastValue, TIMER_SECONDS, wholeNumber } from "../arguments/option-values.ts";
import type { Command, CommandContext, ExitCode, GlobalOptions } from "../command.ts";
import { usageError } from "../usage-error.ts";
import { checkManifest } from "../validation/check-manifest.ts";
import { compositionWarnings } from "../validation/composition-warnings.ts";
import { DOCUMENT_KINDS, type DocumentKind, documentKind } from "../validation/document-kind.ts";
import { checkSource } from "../validation/source/check-source.ts";
import { reportLines } from "../validation/source/report-lines.ts";
import { isSourceFile } from "../validation/source/source-target.ts";

interface ValidateOptions extends GlobalOptions {
  readonly path: string;
  readonly kind?: string | undefined;
  readonly strict: boolean;
  readonly class?: string | undefined;
  readonly python?: string | undefined;
  readonly timeout?: string | undefined;
}

export const validateCommand: Command<ValidateOptions> = {
  positionals: {
    path: {
      type: "string",
      demandOption: true,
      describe: "File to check, or the folder of a capability; what it is shows by its name and keys",
    },
  },
  options: {
    kind: {
      alias: "format",
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: `Say what it is: ${DOCUMENT_KINDS.join(", ")}`,
    },
    strict: { type: "boolean", default: false, describe: "Warnings make the exit code 1, too" },
    class: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Of a capability's source: the class, when there are several",
    },
    python: { type: "string", requiresArg: true, coerce: lastValue, describe: "Of a capability's source: the Python that imports it" },
    timeout: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Of a capability's source: seconds that importing it may take  [default: 20]",
    },
  },
  examples: [
    ["$0 validate compositions/document-graph.yaml", "and whether its capabilities are installed and get what they need"],
    ["$0 validate capabilities/hello", "import a capability's source in a process of its own, and show what a host would see"],
  ],

  async run(args, context): Promise<ExitCode> {
    const { terminal } = context;
    const path = resolve(context.cwd, args.path);
    const subject = await subjectOf(path, args);
    try {
      const { warnings, report, language } = await check(subject, args, context);
      if (terminal.json) {
        terminal.printJson({ path, kind: subject.kind, valid: true, faults: [], warnings, ...(report === undefined ? {} : { report }) });
      } else {
        terminal.print(`${terminal.colors.green("ok")} ${path} is a valid ${TITLES[subject.kind]}.`);
        if (report !== undefined && language !== undefined) for (const line of reportLines(report, language)) terminal.print(`   ${line}`);
        for (const warning of warnings) terminal.print(`${terminal.colors.yellow("warning")} ${warning}`);
      }
      return args.strict && warnings.length > 0 ? 1 : 0;
    } catch (error) {
      const { faults, mistakes, output } = isCjmError(error) ? error.details : {};
      if (args.debug && typeof output === "string") terminal.alert(output);
      if (!terminal.json || faults === undefined) throw error;
      terminal.printJson({ path, kind: subject.kind, valid: false, faults, warnings: [], ...(mistakes === undefined ? {} : { mistakes }) });
      return 1;
    }
  },
};

const TITLES: Record<DocumentKind, string> = {
  composition: "composition",
  capabilities: "capabilities file",
  config: "configuration file",
  manifest: "manifest",
  capability: "capability",
};

interface Subject {
  readonly kind: DocumentKind;
  readonly path: string;
  /** Empty for a folder. */
  readonly text: string;
  readonly isFolder: boolean;
}

interface Checked {
  readonly warnings: readonly string[];
  /** What a host would see of a capability's source, and what it is written in. */
  readonly report?: Introspection;
  readonly language?: "node" | "python";
}

async function check({ kind, path, text, isFolder }: Subject, args: ValidateOptions, context: CommandContext): Promise<Checked> {
  switch (kind) {
    case "composition":
      return { warnings: compositionWarnings((await readComposition(path)).composition, await installed(context)) };
    case "capabilities":
      await readCapabilitiesFile(path);
      return { warnings: [] };
    case "config":
      return { warnings: (await resolveConfig({ cwd: context.cwd, env: {}, configPath: path })).warnings };
    case "manifest":
      checkManifest(text, path);
      return { warnings: [] };
    case "capability":
      return await checkSource(
        {
          path,
          isFolder,
          limitMs: wholeNumber("timeout", args.timeout ?? "20", TIMER_SECONDS) * 1000,
          className: args.class ?? null,
          python: args.python ?? null,
        },
        context,
      );
    default:
      return kind satisfies never;
  }
}

async function installed(context: CommandContext) {
  const { config } = await context.config();
  const { capabilities } = discoverManifests([dataLayout(config.dataDir).manifests]);
  return capabilities.map(({ name, manifest }) => ({ name, actions: manifest.code.actions ?? null }));
}

async function subjectOf(path: string, args: ValidateOptions): Promise<Subject> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const text = isFolder ? "" : await readText(path);
  const kind = isFolder && args.kind === undefined ? "capability" : kindOf(args.kind, path, text);
  if (isFolder && kind !== "capability") throw usageError(`${path} is a folder, and no ${TITLES[kind]}.`, "Name its file.");
  const aboutSource = (["class", "python", "timeout"] as const).find((option) => args[option] !== undefined);
  if (kind !== "capability" && aboutSource !== undefined) {
    throw usageError(`--${aboutSource} is for the source of a capability, and ${path} is a ${TITLES[kind]}.`);
  }
  return { kind, path, text, isFolder };
}

function kindOf(given: string | undefined, path: string, text: string): DocumentKind {
  const kind =
    given === undefined ? documentKind(path, topLevelKeys(path, text)) : (DOCUMENT_KINDS.find((known) => known === given) ?? null);
  if (kind !== null) return kind;
  const [fault] = given === undefined && isYaml(path) ? parseDocument(text, { logLevel: "silent" }).errors : [];
  if (fault !== undefined) {
    throw new CjmError("CJM_CONFIG_INVALID", `${path} is no YAML: ${fault.message.split("\n")[0]?.replace(/:$/, "") ?? ""}.`, {
      hint: "Mend that line first.",
    });
  }
  throw usageError(
    given === undefined ? `Neither name nor keys of ${path} say what it is.` : `There is no kind '${given}'.`,
    `Say it with --kind: ${DOCUMENT_KINDS.join(", ")}.`,
  );
}

function isYaml(path: string): boolean {
  return extname(path) === ".yaml" || extname(path) === ".yml";
}

function topLevelKeys(path: string, text: string): readonly string[] {
  if (extname(path) === ".json" || isSourceFile(path)) return [];
  const value: unknown = parseDocument(text, { logLevel: "silent" }).toJS();
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CjmError("CJM_CONFIG_INVALID", `${path} cannot be read: ${fileFault(error)}.`, {
      hint: "Check its name, and that you may read it.",
      cause: error,
    });
  }
}
