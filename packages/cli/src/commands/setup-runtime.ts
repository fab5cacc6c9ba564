import { setupMicromamba } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { downloadBar } from "../install/size-text.ts";
import { StepLine } from "../install/step-line.ts";

interface SetupRuntimeOptions extends GlobalOptions {
  readonly force: boolean;
}

export const setupRuntimeCommand: Command<SetupRuntimeOptions> = {
  positionals: {},
  options: { force: { alias: "f", type: "boolean", default: false, describe: "Download although one is there" } },
  examples: [["$0 setup-runtime --conda-type micromamba", "where cjm.yaml does not say so"]],

  async run({ force }, { terminal, signal, config: configOf }): Promise<ExitCode> {
    const { config } = await configOf();
    const { condaType } = config.runtime;
    if (condaType !== "micromamba") {
      const reason = `The configured conda is ${condaType}, which its own installer installs; only micromamba is downloaded.`;
      if (terminal.json) terminal.printJson({ status: "not-needed", reason });
      else
        terminal.print(`${reason}\nFor micromamba say 'conda_type: micromamba' under 'runtime' in cjm.yaml, or --conda-type micromamba.`);
      return 0;
    }
    using line = new StepLine(terminal);
    line.say("Looking for micromamba");
    let isAnnounced = false;
    const outcome = await setupMicromamba({
      config,
      force,
      signal,
      onProgress: (progress) => {
        if (!isAnnounced) line.say("Downloading micromamba");
        isAnnounced = true;
        line.show(`micromamba ${downloadBar(progress)}`);
      },
    });
    if (terminal.json) terminal.printJson(outcome);
    else
      terminal.print(`micromamba ${outcome.version} ${outcome.status === "present" ? "is there" : "was downloaded"}: ${outcome.program}`);
    return 0;
  },
};
