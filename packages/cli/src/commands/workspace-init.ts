import { resolve } from "node:path";
import { examineWorkspace, startWorkspace } from "@cjm/pipeline";
import { lastValue } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { usageError } from "../usage-error.ts";
import { showFindings } from "../workspace/show-findings.ts";

interface WorkspaceInitOptions extends GlobalOptions {
  readonly folder: string;
  readonly name?: string | undefined;
}

export const workspaceInitCommand: Command<WorkspaceInitOptions> = {
  positionals: { folder: { type: "string", default: ".", describe: "Its root; made when it is not there" } },
  options: {
    name: { type: "string", requiresArg: true, coerce: lastValue, describe: "What it is called  [default: the name of the folder]" },
  },
  examples: [
    ["$0 workspace-init", "make this folder a workspace: its data directory is .cjm in it"],
    ["$0 workspace-init ~/interviews --name Interviews", "another one"],
  ],
  notes:
    "A workspace is any folder with the marker cjm-workspace.yaml: data (.cjm) and runs of whatever is done below lie in it. It needs no cjm.yaml and lists no capabilities; 'cjm-ctl init' begins a project, which does.\nNothing that is there is changed: what is missing is made, and a marker keeps the name that it has.",

  async run({ folder, name }, { terminal, cwd }): Promise<ExitCode> {
    if (name?.trim() === "")
      throw usageError("The name of a workspace cannot be empty.", "Leave --name out, and it is that of the folder.");
    const { workspace, made } = await startWorkspace(resolve(cwd, folder), name);
    const findings = await examineWorkspace(workspace);
    if (terminal.json) terminal.printJson({ ...workspace, made, findings });
    else {
      terminal.note(made.length === 0 ? `${workspace.root} is a workspace already.` : `Made ${made.join(", ")}.`);
      if (name !== undefined && name !== workspace.name)
        terminal.note(`Its marker keeps the name '${workspace.name}'; edit it to have another.`);
      showFindings(findings, terminal);
    }
    return 0;
  },
};
