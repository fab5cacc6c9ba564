import { execFile } from "node:child_process";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { usageError } from "../usage-error.ts";
import { addEntry } from "./add-entry.ts";
import { type CapabilityNames, capabilityNames } from "./capability-names.ts";
import { changeFile, readIfThere } from "./change-file.ts";
import { linkSdk } from "./sdk-link.ts";
import { readTemplate } from "./template.ts";
import { type ScaffoldOptions, type WrittenFile, writeScaffold } from "./write-scaffold.ts";

export const LANGUAGES = ["typescript", "javascript", "python"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What runs the tests of a new capability, in its folder. */
export const TEST_COMMANDS: Record<Language, string> = {
  typescript: "node --test",
  javascript: "node --test",
  python: "python3 -m unittest",
};

export interface CapabilityScaffold extends Pick<ScaffoldOptions, "force" | "dryRun"> {
  readonly name: string;
  readonly language: Language;
  /** Absolute folder of the new package. */
  readonly folder: string;
  /** Absolute path of the capabilities.yaml that gets an entry; made when it is not there. */
  readonly capabilitiesFile: string;
}

/**
 * Makes a package with one capability and its test, and an entry for it.
 * @throws CjmError CJM_USAGE when the name will not do or something is in the way; nothing is written then
 */
export async function initCapability(scaffold: CapabilityScaffold): Promise<readonly WrittenFile[]> {
  const { language, folder, capabilitiesFile, force, dryRun } = scaffold;
  const names = capabilityNames(scaffold.name);
  if (language === "python") await refuseTakenModule(names);
  const before = await readIfThere(capabilitiesFile);
  const text = before ?? (await readTemplate("project")).find(({ path }) => path === "capabilities.yaml")?.text ?? "";
  const entry = {
    name: names.name,
    runtime: language === "python" ? "venv" : "node",
    package: packagePath(folder, capabilitiesFile),
  } as const;
  const after = addEntry(text, entry, capabilitiesFile);
  const written = await writeScaffold(await readTemplate(language, names), { folder, force, dryRun });
  if (!dryRun) {
    await linkSdk(folder, language === "python" ? "python" : "node");
    // Of its text as it is by now: another command may have added an entry meanwhile.
    await changeFile(capabilitiesFile, (now) => addEntry(now ?? text, entry, capabilitiesFile));
  }
  const change = before === null ? "created" : after === before ? "unchanged" : "replaced";
  return [...written, { path: capabilitiesFile, change }];
}

/** A path that `package` takes for one: relative to the file, beginning with a dot. */
function packagePath(folder: string, capabilitiesFile: string): string {
  const path = relative(dirname(capabilitiesFile), resolve(folder)).replaceAll("\\", "/");
  return path.startsWith("..") || isAbsolute(path) ? path : `./${path}`;
}

const IS_TAKEN =
  "import importlib.util, keyword, sys; sys.exit(9 if keyword.iskeyword(sys.argv[1]) or importlib.util.find_spec(sys.argv[1]) else 0)";

/** A package that has the name of another module would hide it, or never be found. */
async function refuseTakenModule({ name, moduleName }: CapabilityNames): Promise<void> {
  const code = await promisify(execFile)("python3", ["-I", "-c", IS_TAKEN, moduleName]).then(
    () => 0,
    (error: { readonly code?: unknown }) => error.code,
  );
  if (code === 9) throw usageError(`Python has something called '${moduleName}' already.`, `Choose another name, such as ${name}-tool.`);
}
