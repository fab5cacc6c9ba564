import { CjmError, didYouMean, type JsonValue } from "@cjm/core";
import type { ConfigValue, ResolvedConfig } from "@cjm/pipeline";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { textTable } from "../listing/text-table.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface ConfigOptions extends GlobalOptions {
  readonly key?: string | undefined;
}

export const configCommand: Command<ConfigOptions> = {
  positionals: { key: { type: "string", describe: "This value alone, or those of this section" } },
  options: {},
  looksAtAnyDataDir: true,
  examples: [
    ["$0 config", "every value, and the option, variable, file and line, or workspace that gave it"],
    ["$0 config data_dir", "one value, for a script"],
    ["$0 config substrate --json", "a section, for programs"],
  ],
  notes: "An option goes before an environment variable, that before cjm.yaml, that before the workspace, that before the default.",

  async run({ key }, { terminal, config: configOf }): Promise<ExitCode> {
    const resolved = await configOf();
    const values = key === undefined ? resolved.values : valuesOf(key, resolved.values);
    const [only] = values;
    if (terminal.json) terminal.printJson(configJson(resolved, values));
    else if (only !== undefined && values.length === 1 && only.key === key)
      terminal.print(only.value === null ? "" : valueText(only.value));
    else {
      if (key === undefined) showPlaces(resolved, terminal);
      showValues(values, terminal);
    }
    return 0;
  },
};

function valuesOf(key: string, values: readonly ConfigValue[]): readonly ConfigValue[] {
  const found = values.filter((value) => value.key === key || value.key.startsWith(`${key}.`));
  if (found.length > 0) return found;
  const known = values.map((value) => value.key);
  throw new CjmError("CJM_USAGE", `There is no configuration key '${key}'.${didYouMean(key, known) || byLastPart(key, known)}`, {
    hint: "'cjm-ctl config' shows all of them.",
  });
}

/** `conda_type` for `runtime.conda_type`. */
function byLastPart(key: string, known: readonly string[]): string {
  const found = known.find((name) => name.endsWith(`.${key}`));
  return found === undefined ? "" : ` Did you mean '${found}'?`;
}

function configJson({ file, workspace, warnings }: ResolvedConfig, values: readonly ConfigValue[]) {
  return { file, workspace, values, warnings };
}

function showPlaces({ file, workspace }: ResolvedConfig, terminal: Terminal): void {
  const { dim } = terminal.colors;
  terminal.print(`${dim("cjm.yaml ")} ${file ?? "none"}`);
  terminal.print(`${dim("workspace")} ${workspace === null ? "none" : `${workspace.name}, ${workspace.root}`}`);
  terminal.print();
}

function showValues(values: readonly ConfigValue[], terminal: Terminal): void {
  const { bold, dim } = terminal.colors;
  const rows = values.map(({ key, value, source, from }) => {
    const where = from ?? source;
    return [key, source === "default" ? dim(valueText(value)) : bold(valueText(value)), dim(where)];
  });
  const head = ["key", "value", "from"].map((title) => dim(title));
  for (const line of textTable([head, ...rows], terminal.columns)) terminal.print(line);
}

function valueText(value: JsonValue): string {
  if (value === null) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
