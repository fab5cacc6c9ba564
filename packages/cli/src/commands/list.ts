import { existsSync } from "node:fs";
import { dataLayout } from "@cjm/core";
import { type DiscoveredCapability, type DiscoveryReport, discoverManifests } from "@cjm/host";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { capabilityJson, capabilityLines } from "../listing/capability-details.ts";
import { noSuchCapability } from "../listing/no-such-capability.ts";
import { textTable } from "../listing/text-table.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface ListOptions extends GlobalOptions {
  readonly name?: string | undefined;
  readonly environments: boolean;
}

export const listCommand: Command<ListOptions> = {
  positionals: { name: { type: "string", describe: "Show this one with its actions and their arguments" } },
  options: {
    environments: {
      alias: ["envs", "e"],
      type: "boolean",
      default: false,
      describe: "Where each environment lies and whether it is there",
    },
  },
  examples: [["$0 list cjm-capability-documents", "what it can do"]],

  async run({ name, environments }, { terminal, config }): Promise<ExitCode> {
    const paths = [dataLayout((await config()).config.dataDir).manifests];
    const report = discoverManifests(paths);
    if (name !== undefined) showOne(name, report, terminal);
    else if (terminal.json) terminal.printJson({ ...report, capabilities: report.capabilities.map(capabilityJson) });
    else showAll(report, paths, environments, terminal);
    return 0;
  },
};

function showOne(name: string, report: DiscoveryReport, terminal: Terminal): void {
  const found = report.capabilities.find((capability) => capability.name === name);
  if (found === undefined) throw noSuchCapability(name, report);
  if (terminal.json) terminal.printJson(capabilityJson(found));
  else for (const line of capabilityLines(found, terminal.colors)) terminal.print(line);
}

function showAll(report: DiscoveryReport, paths: readonly string[], environments: boolean, terminal: Terminal): void {
  if (report.capabilities.length === 0) {
    terminal.note(`No capability is installed below ${paths.join(" or ")}; 'cjm-ctl install-all' installs what capabilities.yaml lists.`);
  } else {
    const { dim } = terminal.colors;
    const rows = report.capabilities.map((capability) => [
      capability.name,
      capability.version,
      capability.manifest.install.runtime,
      environments ? environmentText(capability, terminal) : dim(capability.description),
    ]);
    const head = ["name", "version", "runtime", environments ? "environment" : "description"].map((title) => dim(title));
    for (const line of textTable([head, ...rows], terminal.columns)) terminal.print(line);
  }
  for (const { path, reason } of report.broken)
    terminal.alert(`${terminal.noteColors.yellow("warning")} ${path} is no manifest: ${reason}`);
  for (const { name, path, by } of report.shadowed) terminal.note(`${path} is not used: ${name} is found in ${by} first.`);
  for (const { name, platforms } of report.otherPlatform) terminal.note(`${name} is for ${platforms.join(", ")} only.`);
}

function environmentText({ manifest: { install } }: DiscoveredCapability, terminal: Terminal): string {
  const path = install.environment_path ?? install.python_path;
  return existsSync(install.python_path) && existsSync(path) ? path : `${path} ${terminal.colors.red("(missing)")}`;
}
