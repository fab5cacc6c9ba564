import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { CjmError, fileFault, systemErrorCode } from "@cjm/core";
import type { ResolvedConfig } from "@cjm/pipeline";

/**
 * A data directory that is not there yet is made by whatever needs it. One that cannot be looked into would seem empty to
 * commands that only look.
 * @throws CjmError CJM_CONFIG_INVALID saying where its path comes from
 */
export async function requireDataFolder({ config: { dataDir }, values }: ResolvedConfig): Promise<void> {
  const reason = await whyUnusable(dataDir);
  if (reason === null) return;
  const chosen = values.find(({ key }) => key === "data_dir");
  const from = chosen?.from ?? chosen?.source ?? "default";
  const origin = from === "default" ? "Nobody has named another" : `Its path is from ${from}`;
  throw new CjmError("CJM_CONFIG_INVALID", `The data directory ${dataDir} cannot be used: ${reason}.`, {
    hint: `${origin}; name a folder with --data-dir, CJM_DATA_DIR or data_dir in cjm.yaml.`,
  });
}

async function whyUnusable(dataDir: string): Promise<string | null> {
  try {
    const facts = await stat(dataDir);
    if (!facts.isDirectory()) return "it is no folder";
    await access(dataDir, constants.R_OK | constants.X_OK);
    return null;
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? null : fileFault(error);
  }
}
