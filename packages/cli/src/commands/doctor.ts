import { type CjmConfig, dataLayout, errorMessage } from "@cjm/core";
import type { Command, CommandContext, ExitCode, GlobalOptions } from "../command.ts";
import { checkCapabilities, checkDataDirectory, checkFiles, checkPermissions } from "../doctor/check-data.ts";
import { checkEnvironments, checkHosts, checkOpenWork, checkWorkers } from "../doctor/check-leftovers.ts";
import { checkGpu, checkPrograms } from "../doctor/check-programs.ts";
import type { Finding } from "../doctor/finding.ts";
import { findingLines, type Treated } from "../doctor/finding-lines.ts";

interface DoctorOptions extends GlobalOptions {
  readonly repair: boolean;
}

export const doctorCommand: Command<DoctorOptions> = {
  positionals: {},
  looksAtAnyDataDir: true,
  options: {
    repair: { type: "boolean", default: false, describe: "Mend what can be mended without losing anything, and say what was done" },
  },
  examples: [
    ["$0 doctor", "programs, GPU, disk, permissions, databases, and what a crash left behind"],
    ["$0 doctor --repair", "after a crash: sockets, workers and half-made environments of the dead go"],
  ],

  exitCodes: [[1, "something is wrong, and was not mended"]],

  async run({ repair }, { terminal, env, config: configOf }): Promise<ExitCode> {
    const { config } = await configOf();
    const findings = await examine(config, env);
    const treated: Treated[] = [];
    for (const finding of findings) treated.push(repair ? await mended(finding) : { ...finding, repaired: null });
    const isWell = treated.every(({ level, repaired }) => level !== "wrong" || repaired !== null);
    if (terminal.json) {
      terminal.printJson({
        ok: isWell,
        findings: treated.map(({ repair: mend, ...finding }) => ({ ...finding, repairable: mend !== null })),
      });
    } else for (const line of findingLines(treated, terminal.colors)) terminal.print(line);
    return isWell ? 0 : 1;
  },
};

async function examine(config: CjmConfig, env: CommandContext["env"]): Promise<readonly Finding[]> {
  const { dataDir } = config;
  const files = checkFiles(dataDir);
  return [
    ...(await checkPrograms(config, dataLayout(dataDir).manifests, env)),
    await checkGpu(env),
    ...(await checkDataDirectory(dataDir)),
    ...(await checkPermissions(dataDir)),
    ...files,
    ...checkCapabilities(config),
    ...(await checkHosts(config)),
    ...(await checkOpenWork(config)),
    ...checkWorkers(config),
    ...(await checkEnvironments(config)),
  ];
}

/** A repair that fails leaves the finding as it was, with the reason. */
async function mended(finding: Finding): Promise<Treated> {
  if (finding.level !== "wrong" || finding.repair === null) return { ...finding, repaired: null };
  try {
    return { ...finding, repaired: await finding.repair() };
  } catch (error) {
    return { ...finding, text: `${finding.text} (not repaired: ${errorMessage(error)})`, repaired: null };
  }
}
