import { join } from "node:path";
import { dataLayout } from "@cjm/core";

/** Where the whole output of the steps of an environment goes, named for its entry or for what entries share. */
export function installationLog(dataDir: string, label: string): string {
  return join(dataLayout(dataDir).logs, `install-${label.replaceAll(/[^\w.-]/g, "_")}.log`);
}
