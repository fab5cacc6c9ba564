import { dirname, join, relative, resolve } from "node:path";
import { dataLayout } from "@cjm/core";
import { discoverManifests } from "@cjm/host";
import { readCapabilitiesFile } from "@cjm/pipeline";
import { allValues, lastValue } from "../arguments/option-values.ts";
import type { Command, CommandContext, ExitCode, GlobalOptions } from "../command.ts";
import { askChoice, askChoices, askText, Unanswered } from "../init/ask.ts";
import { capabilityNames } from "../init/capability-names.ts";
import { initCapability, LANGUAGES, type Language, TEST_COMMANDS } from "../init/init-capability.ts";
import { chosenCalls, initComposition, installedHint } from "../init/init-composition.ts";
import { initProject } from "../init/init-project.ts";
import { linkSdks } from "../init/sdk-link.ts";
import type { WrittenFile } from "../init/write-scaffold.ts";
import { usageError } from "../usage-error.ts";

interface InitOptions extends GlobalOptions {
  readonly what?: string | undefined;
  readonly name?: string | undefined;
  readonly language?: string | undefined;
  readonly dir?: string | undefined;
  readonly call: readonly string[];
  readonly hello: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** What was made, and the command lines that come next. */
interface Made {
  readonly files: readonly WrittenFile[];
  readonly next: readonly string[];
}

export const initCommand: Command<InitOptions> = {
  positionals: {
    what: { type: "string", describe: "Folder of the new project, else this one; or: capability, composition, sdk" },
    name: { type: "string", describe: "Name of the new capability or composition" },
  },
  options: {
    language: { alias: "l", type: "string", requiresArg: true, coerce: lastValue, describe: `Of the capability: ${LANGUAGES.join(", ")}` },
    dir: { type: "string", requiresArg: true, coerce: lastValue, describe: "Folder of the capability, or for the composition's file" },
    call: {
      type: "string",
      nargs: 1,
      coerce: allValues,
      default: [],
      defaultDescription: "none",
      describe: "What the composition calls, as capability or capability:action; may be given several times",
    },
    hello: { type: "boolean", default: false, describe: "With a project: a first capability, named hello" },
    force: { type: "boolean", default: false, describe: "Replace files of the names that are made; others stay" },
    "dry-run": { type: "boolean", default: false, describe: "Say what would be made, and make nothing" },
  },
  examples: [
    ["$0 init my-project", "a project: configuration, capabilities.yaml, compositions"],
    ["$0 init capability word-count --language python", "a package with one capability, its test, and its entry"],
    ["$0 init composition greet-all --call hello:greet", "a composition of installed capabilities"],
    ["$0 init sdk", "let tests and editors find the author SDK again, after a clone"],
  ],
  notes:
    "A project is a folder with cjm.yaml and capabilities.yaml; its data lie in .cjm, or where its cjm.yaml says. To mark a folder as a workspace, for runs and data alone, see 'cjm-ctl workspace-init'.",

  async run(args, context): Promise<ExitCode> {
    const { terminal, cwd } = context;
    let made: Made;
    try {
      made = await make(args, context);
    } catch (error) {
      if (error instanceof Unanswered) return 130;
      throw error;
    }
    if (terminal.json) {
      terminal.printJson({ dry_run: args.dryRun, files: made.files, next: made.next });
      return 0;
    }
    const shown = (path: string): string => (relative(cwd, path).startsWith("..") ? path : relative(cwd, path));
    for (const { path, change } of made.files) terminal.print(`${args.dryRun ? DRY_WORDS[change] : WORDS[change]} ${shown(path)}`);
    for (const [index, line] of made.next.entries()) terminal.note(`${index === 0 ? "Next:" : " then"} ${line}`);
    return 0;
  },
};

const WORDS: Record<WrittenFile["change"], string> = { created: "made     ", replaced: "changed  ", unchanged: "unchanged" };
const DRY_WORDS: Record<WrittenFile["change"], string> = { created: "would make  ", replaced: "would change", unchanged: "unchanged   " };

async function make(args: InitOptions, context: CommandContext): Promise<Made> {
  switch (args.what) {
    case "capability":
      refuse(args, "a capability", ["call", "hello"]);
      return await makeCapability(args, context);
    case "composition":
      refuse(args, "a composition", ["language", "hello"]);
      return await makeComposition(args, context);
    case "sdk":
      refuse(args, "the links to the author SDK", ["name", "language", "dir", "call", "hello", "force", "dryRun"]);
      return await relink(context);
    default:
      refuse(args, "a project", ["name", "dir", "call", ...(args.hello ? [] : (["language"] as const))]);
      return await makeProject(args, context);
  }
}

async function makeProject(args: InitOptions, { cwd }: CommandContext): Promise<Made> {
  const folder = resolve(cwd, args.what ?? ".");
  const language = languageOf(args.language) ?? "typescript";
  const { force, dryRun } = args;
  const files = await initProject({ folder, force, dryRun });
  const way = folder === cwd ? [] : [`cd ${shellWord(relative(cwd, folder))}`];
  if (!args.hello) return { files, next: [...way, "cjm-ctl init capability NAME"] };
  const capability = await initCapability({
    name: "hello",
    language,
    folder: join(folder, "capabilities/hello"),
    capabilitiesFile: join(folder, "capabilities.yaml"),
    force,
    dryRun,
  });
  return { files: merged([...files, ...capability]), next: [...way, "cjm-ctl install-all", "cjm-ctl call hello greet --arg name=Ada"] };
}

async function makeCapability(args: InitOptions, context: CommandContext): Promise<Made> {
  const without = "cjm-ctl init capability NAME --language LANGUAGE";
  const name = args.name ?? (await askText({ message: "Name of the capability", without }, context));
  capabilityNames(name);
  const language =
    languageOf(args.language) ??
    (await askChoice({ message: "Language of the capability", without: `Say --language: ${LANGUAGES.join(", ")}.` }, LANGUAGES, context));
  const { config } = await context.config();
  const { capabilitiesFile } = config;
  const folder = args.dir === undefined ? join(dirname(capabilitiesFile), "capabilities", name) : resolve(context.cwd, args.dir);
  const { force, dryRun } = args;
  const files = await initCapability({ name, language, folder, capabilitiesFile, force, dryRun });
  const place = relative(context.cwd, folder) || ".";
  return {
    files,
    next: [
      `cjm-ctl validate ${place}`,
      place === "." ? TEST_COMMANDS[language] : `(cd ${place} && ${TEST_COMMANDS[language]})`,
      `cjm-ctl install-all --only ${name}`,
      `cjm-ctl call ${name} greet --arg name=Ada`,
    ],
  };
}

async function makeComposition(args: InitOptions, context: CommandContext): Promise<Made> {
  const name =
    args.name ??
    (await askText({ message: "Name of the composition", without: "cjm-ctl init composition NAME --call CAPABILITY" }, context));
  const { config } = await context.config();
  const { capabilities } = discoverManifests([dataLayout(config.dataDir).manifests]);
  const installed = capabilities.map((capability) => ({ name: capability.name, actions: capability.manifest.code.actions ?? [] }));
  const choices = installed.flatMap((capability) => capability.actions.map((action) => `${capability.name}:${action.name}`));
  if (choices.length === 0) throw usageError("No installed capability has an action that a composition could call.", installedHint([]));
  const question = {
    message: "What shall it call",
    without: `Say it with --call, such as --call ${choices[0]}. There are ${choices.join(", ")}.`,
  };
  const wanted = args.call.length > 0 ? args.call : choices.length === 1 ? choices : await askChoices(question, choices, context);
  const folder = args.dir === undefined ? join(dirname(config.capabilitiesFile), "compositions") : resolve(context.cwd, args.dir);
  const { force, dryRun } = args;
  const files = await initComposition(name, chosenCalls(wanted, installed), { folder, force, dryRun });
  const file = relative(context.cwd, files[0]?.path ?? "");
  return { files, next: [`cjm-ctl validate ${file}`, `cjm-ctl run ${file} --dry-run`] };
}

async function relink({ config: configOf }: CommandContext): Promise<Made> {
  const { config } = await configOf();
  const { capabilities } = await readCapabilitiesFile(config.capabilitiesFile);
  const folders = capabilities.map((entry) => resolve(dirname(config.capabilitiesFile), entry.package));
  const links = await linkSdks(folders);
  return { files: links.map((path) => ({ path, change: "created" })), next: [] };
}

function languageOf(given: string | undefined): Language | null {
  if (given === undefined) return null;
  const short: Readonly<Record<string, Language>> = { ts: "typescript", js: "javascript", py: "python" };
  const language = LANGUAGES.find((known) => known === given) ?? short[given];
  if (language !== undefined) return language;
  throw usageError(`There is no template for '${given}'.`, `There are ${LANGUAGES.join(", ")}.`);
}

/** An option that would have no effect is a mistake of whoever typed it. */
function refuse(args: InitOptions, what: string, options: readonly (keyof InitOptions)[]): void {
  for (const option of options) {
    const value = args[option];
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw option === "name"
      ? usageError(`'${String(value)}' is one argument too many for ${what}.`, "To make a capability: cjm-ctl init capability NAME")
      : usageError(
          `--${option === "dryRun" ? "dry-run" : option} means nothing for ${what}.`,
          "'cjm-ctl init --help' shows what there is.",
        );
  }
}

/** A file that two steps wrote stands once, as the first one found it. */
function merged(files: readonly WrittenFile[]): readonly WrittenFile[] {
  return files.filter(({ path }, index) => files.findIndex((other) => other.path === path) === index);
}

/** As it has to be typed: in quotes where a shell would split or read it. */
function shellWord(text: string): string {
  return /^[\w./@%+,:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
