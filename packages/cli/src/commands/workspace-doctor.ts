import { CjmError } from "@cjm/core";
import { examineWorkspace, findWorkspace } from "@cjm/pipeline";
import { lastValue } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { showFindings } from "../workspace/show-findings.ts";

interface WorkspaceDoctorOptions extends GlobalOptions {
  readonly workspace?: string | undefined;
}

export const workspaceDoctorCommand: Command<WorkspaceDoctorOptions> = {
  positionals: {},
  options: {
    workspace: {
      alias: "w",
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Its root  [default: CJM_WORKSPACE, else the nearest upwards]",
    },
  },
  examples: [["$0 workspace-doctor", "whether marker, runs, data directory and sidecars are there and can be written"]],
  notes: "A workspace is a folder that 'cjm-ctl workspace-init' marked; for a project, and for a data directory, see 'cjm-ctl doctor'.",
  exitCodes: [[1, "there is no workspace, or something is wrong with it"]],

  async run({ workspace: named }, { terminal, cwd, env }): Promise<ExitCode> {
    const workspace = await findWorkspace({ cwd, env, ...(named === undefined ? {} : { workspace: named }) });
    if (workspace === null) {
      throw new CjmError("CJM_CONFIG_INVALID", `${cwd} is in no workspace.`, {
        hint: "'cjm-ctl workspace-init' makes it one; --workspace or CJM_WORKSPACE name another.",
      });
    }
    const findings = await examineWorkspace(workspace);
    const ok = findings.every((finding) => finding.ok);
    if (terminal.json) terminal.printJson({ ...workspace, ok, findings });
    else {
      terminal.note(`${workspace.name}, ${workspace.root}`);
      showFindings(findings, terminal);
      if (!ok) terminal.note(`'cjm-ctl workspace-init ${workspace.root}' makes what is missing.`);
    }
    return ok ? 0 : 1;
  },
};
